# Everything that newcomers and CI run. Each target installs what it needs with scripts/setup.sh; the only prerequisites are
# make and Rust. `make` alone lists the targets.

SHELL := /bin/sh
# A shell that was opened before Rust was installed does not have it on its PATH yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

target := $(or $(CARGO_TARGET_DIR),target)
release := $(target)/release/lepton-gpu

.PHONY: help demo test test-matrix test-shaders shaders lint release setup clean-runs
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

demo: release ## train a small network on real images, with or without a GPU, and draw its predictions
	@rm -rf runs/demo
	$(release) train --model seed-mnist --epochs 2 --batch 64 --val-split 0.1 --out runs/demo
	$(release) predict runs/demo --grid runs/demo/grid.png
	@echo
	@echo "The run is in runs/demo, and the predictions are in runs/demo/grid.png"

# Cheap checks first. The adapter is printed before the tests, so that a log says where they ran.
test: lint ## run all checks of CI: format, clippy, docs, tests
	@scripts/setup.sh --browser
	cargo test --workspace --locked --no-run
	@$(target)/debug/lepton-gpu devices || echo "no adapter: tests that need one are skipped, or fail with LEPTON_REQUIRE_GPU=1"
# shaders run without run-time checks; whole steps with checks test that they do not need them (kernels.rs tests each kernel)
	LEPTON_CHECKED=1 cargo test --workspace --locked --test whole_step
	cargo test --workspace --locked --no-fail-fast
# the library without features, then with those that leave out most lines; once as an application embeds it, without what only
# tests need
	cargo test --locked --no-default-features --test bare
	cargo check --locked --no-default-features --features text
	@for feature in files images; do \
		cargo check --locked --no-default-features --features $$feature --lib --test bare || exit 1; \
	done
	@$(MAKE) --no-print-directory test-matrix test-shaders

# The runner variable is for the platform on which the script works; elsewhere it prints a message and nothing runs.
test-matrix: ## test cooperative matrices without a GPU, on a Mesa that emulates them (x86-64 Debian)
	@code=0; scripts/mesa-coop.sh --install || code=$$?; \
	if [ $$code -eq 3 ]; then echo "skipped: cooperative matrices in software"; exit 0; fi; \
	[ $$code -eq 0 ] || exit $$code; \
	CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=$(CURDIR)/scripts/mesa-coop.sh LEPTON_REQUIRE_MATRIX=1 \
		cargo test --locked --lib --test kernels -- cooperative

# Both compile kernels for GPUs that are not there and compare them with tables: the short form, which is part of `make test`,
# takes a minute, with the download.
shaders: compare = $(if $(UPDATE),--update,--check)
test-shaders: compare = --check --short
shaders: ## compile the kernels for twelve GPUs and compare with benches/shaders; UPDATE=1 renews it (x86-64 Debian)
# with a test, dependencies have the features that they have in `make test`, which has built them
shaders test-shaders:
	cargo build --locked --bin lepton-gpu --test size_budget
	@! command -v python3 >/dev/null || python3 scripts/shader-stats/tests.py
	@code=0; scripts/shader-stats.sh $(compare) || code=$$?; \
	if [ $$code -eq 3 ]; then echo "skipped: kernels for GPUs that are not there"; exit 0; fi; exit $$code

lint: ## check format, clippy and documentation, with warnings denied
	@scripts/setup.sh --lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

release: setup ## build the optimised binary, target/release/lepton-gpu
	cargo build --release --locked

setup: ## install what is missing: a linker, the Vulkan loader, a software Vulkan driver
	@scripts/setup.sh

clean-runs: ## remove runs/
	rm -rf runs
