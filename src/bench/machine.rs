//! The machine around the adapter, as far as the system tells without more rights than a program has.

use std::process::Command;

use super::Host;

/// What stands in a result.
pub fn host() -> Host {
    Host {
        os: std::env::consts::OS.into(),
        arch: std::env::consts::ARCH.into(),
        processor: processor(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
    }
}

fn processor() -> Option<String> {
    let name = match std::env::consts::OS {
        "linux" => {
            let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
            text.lines().find(|line| line.starts_with("model name"))?.split_once(':')?.1.to_string()
        }
        "macos" => {
            let output = Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output().ok()?;
            String::from_utf8(output.stdout).ok()?
        }
        _ => std::env::var("PROCESSOR_IDENTIFIER").ok()?,
    };
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_string())
}

/// Most bytes of memory that this process has had so far, where the system tells (Linux).
pub fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
