//! How much memory the machine has.

/// Bytes of memory, where the system tells.
pub(crate) fn memory() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let text = String::from_utf8(super::files::read(std::path::Path::new("/proc/meminfo")).ok()?).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
    }
    #[cfg(not(target_os = "linux"))]
    None
}
