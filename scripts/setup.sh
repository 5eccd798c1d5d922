#!/usr/bin/env bash
# Installs what lepton-gpu needs besides Rust, if it is missing: a linker for Rust (cc), the Vulkan loader, and Mesa's
# software Vulkan driver if there is no GPU driver. Works on Debian and Ubuntu; on other systems it says what to
# install and continues. Safe to run again: if everything is in place it prints nothing and finishes quickly.
#
#   scripts/setup.sh              install what building and running needs
#   scripts/setup.sh --lint       also install rustfmt and clippy
#   scripts/setup.sh --browser    install Chromium alone, in which tests open the pages that runs write (Debian; 81 MB and what it
#                                 needs). Where that is not possible it says so and succeeds: these tests are skipped then
#   scripts/setup.sh --check      print what is present and what is missing, without changing anything
set -euo pipefail

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
# Reads to the end, unlike grep -q: under pipefail, a writer whose reader has exited counts as a failure.
contains() { grep -F -- "$1" >/dev/null; }

# ---- what is present -------------------------------------------------------------------------------------------------

loader_present() {
    # ldconfig is in /sbin, which is not on every user's PATH
    PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | contains 'libvulkan.so.1'
}

# Driver manifests, in the places where the loader looks for them.
manifests() {
    local named="${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}"
    if [ -n "$named" ]; then
        tr ':' '\n' <<<"$named"
        return
    fi
    find -L /etc/vulkan/icd.d /usr/share/vulkan/icd.d /usr/local/etc/vulkan/icd.d /usr/local/share/vulkan/icd.d \
        /run/opengl-driver/share/vulkan/icd.d "${XDG_DATA_HOME:-${HOME:-/root}/.local/share}/vulkan/icd.d" \
        -maxdepth 1 -name '*.json' 2>/dev/null || true
}

# Whether the operating system exposes a GPU: NVIDIA, any DRM driver, or WSL.
gpu_present() { compgen -G '/dev/nvidia[0-9]*' >/dev/null || compgen -G '/dev/dri/renderD*' >/dev/null || [ -e /dev/dxg ]; }

# Whether a driver can work: the software driver, or any driver on a machine with a GPU. Manifests alone prove little: GPU
# images contain NVIDIA's even on machines without a GPU. A driver named in the environment is trusted.
driver_present() {
    local found
    found=$(manifests)
    [ -n "$found" ] || return 1
    [ -z "${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}" ] || return 0
    contains 'lvp_icd' <<<"$found" || gpu_present
}

# As the tests look for one (src/report/run/tests/browser.rs). Ubuntu's chromium-browser is a stub that installs a snap, which
# does not work in containers: it counts only where the snap is there.
browser_present() {
    local name
    [ -z "${LEPTON_CHROMIUM:-}" ] || return 0
    for name in chromium google-chrome google-chrome-stable chrome; do
        if have "$name"; then return 0; fi
    done
    have chromium-browser && [ -e /snap/bin/chromium ]
}

missing() {
    have cc || echo cc
    loader_present || echo loader
    driver_present || echo driver
}

# ---- Debian and Ubuntu -----------------------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -- "$@"
    fi
}

# Runs a command up to three times: a mirror that is busy, or the lock on apt's lists, is often free a moment later.
thrice() {
    local pause
    for pause in 5 20; do
        "$@" && return 0
        say "that failed; again in $pause s: $*"
        sleep "$pause"
    done
    "$@"
}

# Other programs may hold the lock on packages; downloads are tried again by apt, and whatever else fails by this.
apt() {
    thrice as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >&2
}

# Suite, component and mirror of all of apt's sources.
apt_sources() {
    # shellcheck disable=SC2016 # the names are apt's, not the shell's
    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages'
}

backports_have_driver() { apt-cache madison mesa-vulkan-drivers | contains 'bookworm-backports'; }

# Debian 12 ships Mesa 22.3. The version in backports runs our kernels several times faster and has no limit on loops.
# Adds backports from the mirror that the machine already uses, or leaves the sources unchanged.
enable_backports() {
    local list=/etc/apt/sources.list.d/lepton-gpu-backports.list keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    local mirror signed=''
    if backports_have_driver; then return 0; fi
    if apt_sources | contains 'bookworm-backports main'; then return 1; fi
    mirror=$(apt_sources | awk '$1 == "bookworm" && $2 == "main" && !mirror { mirror = $3 } END { print mirror }')
    [ -n "$mirror" ] || return 1
    if [ -e "$keyring" ]; then signed="[signed-by=$keyring] "; fi
    say "adding bookworm-backports ($list) for a faster software driver"
    printf 'deb %s%s bookworm-backports main\n' "$signed" "$mirror" | as_root tee "$list" >/dev/null
    apt update || true
    if backports_have_driver; then return 0; fi
    say "cannot reach bookworm-backports; falling back to Debian's own package, which is several times slower"
    as_root rm -f "$list"
    apt update || true
    return 1
}

install_with_apt() {
    local need="$1" packages=()
    if [ "$(id -u)" -ne 0 ] && ! have sudo; then
        die "root is needed to install what is missing ($need), and sudo is not available. As root, run:" \
            "apt-get install gcc libc6-dev libvulkan1 mesa-vulkan-drivers"
    fi
    say "installing: $need"
    case " $need " in *' cc '*) packages+=(gcc libc6-dev) ;; esac
    case " $need " in *' loader '*) packages+=(libvulkan1) ;; esac
    apt update || say "apt-get update failed; trying with the existing package lists"
    if [ ${#packages[@]} -gt 0 ]; then
        apt install --no-install-recommends "${packages[@]}" || die "could not install ${packages[*]} (see above)"
    fi
    case " $need " in *' driver '*) ;; *) return 0 ;; esac
    if [ "${ID:-}" = debian ] && [ "${VERSION_CODENAME:-}" = bookworm ] && enable_backports; then
        apt install --no-install-recommends -t bookworm-backports mesa-vulkan-drivers && return 0
        say "cannot install the package from backports; falling back to Debian's own"
    fi
    apt install --no-install-recommends mesa-vulkan-drivers || die "could not install mesa-vulkan-drivers (see above)"
}

# ---- everything else -------------------------------------------------------------------------------------------------

advise() {
    local need="$1"
    say "missing: $need. Automatic installation needs Debian or Ubuntu; please install these packages:"
    say "  Fedora   gcc vulkan-loader mesa-vulkan-drivers"
    say "  Arch     gcc vulkan-icd-loader vulkan-swrast"
    say "  openSUSE gcc libvulkan1 libvulkan_lvp"
    say "  Alpine   build-base vulkan-loader mesa-vulkan-swrast"
    say "continuing; without a Vulkan driver, lepton-gpu will report that it found no adapter."
}

linux() {
    local need
    need=$(missing | paste -sd ' ')
    [ -n "$need" ] || return 0
    ID='' ID_LIKE=''
    # shellcheck source=/dev/null
    if [ -r /etc/os-release ]; then . /etc/os-release; fi
    case " $ID $ID_LIKE " in
        *' debian '* | *' ubuntu '*) install_with_apt "$need" ;;
        *) advise "$need" && return 0 ;;
    esac
    need=$(missing | paste -sd ' ')
    if [ -n "$need" ]; then die "still missing after installation: $need"; fi
}

# Tests of pages need one; nothing else does, so what goes wrong here is no failure.
browser() {
    if browser_present; then return 0; fi
    ID=''
    # shellcheck source=/dev/null
    if [ -r /etc/os-release ]; then . /etc/os-release; fi
    if [ "$ID" != debian ]; then
        say "no Chromium or Chrome, so the tests that open pages are skipped; it is installed automatically only on Debian"
    elif [ "$(id -u)" -ne 0 ] && ! have sudo; then
        say "no Chromium or Chrome, so the tests that open pages are skipped. As root, run: apt-get install chromium"
    else
        say "installing: chromium"
        apt update || say "apt-get update failed; trying with the existing package lists"
        apt install --no-install-recommends chromium ||
            say "could not install chromium (see above), so the tests that open pages are skipped"
    fi
}

rust() {
    have cargo || die "Rust is missing: install it from https://rustup.rs, then run this again."
    [ "${1:-}" = --lint ] || return 0
    local part
    for part in fmt:rustfmt clippy:clippy; do
        if cargo "${part%:*}" --version >/dev/null 2>&1; then continue; fi
        have rustup || die "${part#*:} is missing and rustup is not available to add it; install your system's ${part#*:} package."
        say "adding ${part#*:}"
        thrice rustup component add "${part#*:}" >&2
    done
}

check() {
    local need
    need=$(missing | paste -sd ' ')
    echo "cc:       $(command -v cc || echo none)"
    echo "loader:   $(loader_present && echo present || echo none)"
    echo "gpu:      $(gpu_present && echo present || echo none)"
    echo "drivers:  $(manifests | paste -sd ' ')"
    echo "browser:  $(browser_present && echo present || echo none)"
    echo "missing:  ${need:-nothing}"
}

case "${1:-}" in
    '' | --lint | --browser | --check) ;;
    *) die "unknown argument $1; expected --lint, --browser or --check" ;;
esac
if [ "${1:-}" = --browser ]; then
    browser
    exit 0
fi
if [ "${1:-}" = --check ]; then
    check
    exit 0
fi
rust "${1:-}"
case "$(uname -s)" in
    Linux) linux ;;
    Darwin) have cc || say "a linker is missing: run xcode-select --install. Metal needs no installation." ;;
    *) say "nothing to install on this system. On Windows, the graphics driver provides DX12 or Vulkan; Rust needs the MSVC build tools." ;;
esac
