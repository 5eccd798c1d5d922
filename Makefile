# Everything a newcomer or CI runs. Each target installs what it lacks through scripts/setup.sh; beside make only Rust has
# to be there. `make` alone lists the targets.

SHELL := /bin/sh
# A shell that was open while Rust was installed does not have it on its PATH yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

target := $(or $(CARGO_TARGET_DIR),target)
release := $(target)/release/lepton-gpu

.PHONY: help demo test test-matrix lint release setup clean-runs
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

demo: release ## train a small network on real pictures, with a GPU or without, and draw what it predicts
	@rm -rf runs/demo
	$(release) train --model seed-mnist --epochs 2 --batch 64 --val-split 0.1 --out runs/demo
	$(release) predict runs/demo --grid runs/demo/grid.png
	@echo
	@echo "The run is in runs/demo. What the network saw and said: runs/demo/grid.png"

# Cheap checks first. The adapter is printed before the tests, so that a log says where they ran.
test: lint ## every check that CI makes: format, clippy, docs, tests
	cargo test --workspace --locked --no-run
	@$(target)/debug/lepton-gpu devices || echo "no adapter: tests that need one are skipped, or fail with LEPTON_REQUIRE_GPU=1"
# shaders run without run-time checks; that this is safe is tested with them
	LEPTON_CHECKED=1 cargo test --locked --test kernels --test whole_step
	cargo test --workspace --locked
	@$(MAKE) --no-print-directory test-matrix

# The runner's name is cargo's for the machines on which the script works; elsewhere it says so and nothing runs.
test-matrix: ## cooperative matrices without a GPU, on a Mesa that has them in software (x86-64 Debian)
	@code=0; scripts/mesa-coop.sh --install || code=$$?; \
	if [ $$code -eq 3 ]; then echo "skipped: cooperative matrices in software"; exit 0; fi; \
	[ $$code -eq 0 ] || exit $$code; \
	CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=$(CURDIR)/scripts/mesa-coop.sh LEPTON_REQUIRE_MATRIX=1 \
		cargo test --locked --test kernels --test tiles --test sabotage -- cooperative

lint: ## format, clippy and documentation, warnings denied
	@scripts/setup.sh --lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

release: setup ## the optimised binary, target/release/lepton-gpu
	cargo build --release --locked

setup: ## install what is missing: a linker, the Vulkan loader, a software Vulkan driver
	@scripts/setup.sh

clean-runs: ## remove runs/
	rm -rf runs
