//! What brings a driver to a machine that has none.

/// Advice by operating system, as Rust names it.
const DRIVERS: [(&str, &str); 3] = [
    (
        "linux",
        "install your GPU's Vulkan driver, or software Vulkan (Debian, Ubuntu: apt-get install mesa-vulkan-drivers; Fedora: dnf \
         install mesa-vulkan-drivers; Arch: pacman -S vulkan-swrast; openSUSE: zypper install libvulkan_lvp)",
    ),
    (
        "windows",
        "install the driver from the maker of your GPU (AMD, Intel, NVIDIA, Qualcomm), which brings DX12 and Vulkan",
    ),
    (
        "macos",
        "run it where Metal has a device: macOS needs no driver, but a virtual machine may have no graphics device",
    ),
];

/// What to do on this operating system if no adapter is found.
pub(crate) fn driver_advice() -> &'static str {
    advice_for(std::env::consts::OS)
}

fn advice_for(os: &str) -> &'static str {
    DRIVERS.iter().find(|(name, _)| *name == os).map_or("install a driver for Vulkan, Metal, DX12 or GL", |row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_managers_are_named_where_they_exist() {
        assert!(advice_for("linux").contains("apt-get install mesa-vulkan-drivers"));
        for os in ["windows", "macos", "freebsd"] {
            let advice = advice_for(os);
            assert!(["apt-get", "dnf", "pacman"].iter().all(|name| !advice.contains(name)), "{os}: {advice}");
        }
        assert!(DRIVERS.iter().any(|(os, _)| *os == std::env::consts::OS), "no advice for this system");
    }
}
