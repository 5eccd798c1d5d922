//! How much memory there is: the machine's, or less where a control group (a container, a service) has a limit of its own; and how
//! much of it this program takes.

#[cfg(target_os = "linux")]
use std::path::Path;

/// Bytes of memory, where the system tells.
pub(crate) fn memory() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let machine = of_machine(&text(Path::new("/proc/meminfo"))?)?;
        let groups = text(Path::new("/proc/self/cgroup")).unwrap_or_default();
        Some(limit(&groups, Path::new("/sys/fs/cgroup")).map_or(machine, |limit| limit.min(machine)))
    }
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(target_os = "linux")]
fn text(path: &Path) -> Option<String> {
    String::from_utf8(super::files::read(path).ok()?).ok()
}

#[cfg(target_os = "linux")]
fn of_machine(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

/// The least limit of a process's control groups, which `/proc/self/cgroup` lists, and of those above them: `memory.max` of version 2,
/// `memory.limit_in_bytes` of version 1. Without a limit the first says `max`, and the second a number beyond any machine.
#[cfg(target_os = "linux")]
fn limit(groups: &str, root: &Path) -> Option<u64> {
    let group = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?.trim_start_matches('/').to_string());
        match controllers {
            "" => Some((root.to_path_buf(), path, "memory.max")),
            of if of.split(',').any(|one| one == "memory") => {
                Some((root.join("memory"), path, "memory.limit_in_bytes"))
            }
            _ => None,
        }
    };
    let limits = groups.lines().filter_map(group).flat_map(|(root, path, name)| {
        let folder = root.join(path);
        let above = folder.ancestors().take_while(|folder| folder.starts_with(&root));
        above.filter_map(|folder| text(&folder.join(name))?.trim().parse::<u64>().ok()).collect::<Vec<_>>()
    });
    limits.min()
}

/// Bytes of memory that this program takes, where the system tells.
#[cfg(feature = "cli")]
pub(crate) fn resident() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let text = text(Path::new("/proc/self/status"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
    }
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_least_limit_of_all_control_groups_counts() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let second = "0::/user/app\n";
        assert_eq!(limit(second, root), None, "nothing is mounted");
        write("user/app/memory.max", "max\n");
        assert_eq!(limit(second, root), None);
        write("user/memory.max", "4096\n");
        assert_eq!(limit(second, root), Some(4096), "of the group above");
        write("user/app/memory.max", "1000\n");
        assert_eq!(limit(second, root), Some(1000));
        // in a container the group is the root, whatever its path outside
        write("memory.max", "500\n");
        assert_eq!(limit("0::/somewhere/else\n", root), Some(500));
        write("memory/memory.limit_in_bytes", "9223372036854771712\n");
        let first = "5:cpu,cpuacct:/\n4:memory:/\n1:name=systemd:/\n";
        assert_eq!(limit(first, root), Some(9_223_372_036_854_771_712), "more than any machine has");
        write("memory/memory.limit_in_bytes", "300\n");
        assert_eq!(limit(first, root), Some(300));
        assert_eq!(of_machine("MemTotal:       2048 kB\nMemFree: 1 kB\n"), Some(2 << 20));
        assert!(memory().unwrap() > 0);
    }
}
