//! What a process is given and could end by: limits and variables.

#[cfg(unix)]
use std::sync::{Arc, atomic::AtomicBool};

use super::CliError;
use crate::platform::environment;

/// The variable that says how many threads work.
const THREADS: &str = "RAYON_NUM_THREADS";
/// The most of them; a machine would make more and never work.
const MOST: u64 = 1024;

/// Makes an error of what would end the process: a file that may not grow any more is an error of its write.
///
/// # Errors
/// [`CliError::Usage`] for a number of threads that no machine works with.
pub fn settle() -> Result<(), CliError> {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(rustix::process::Signal::XFSZ.as_raw(), Arc::new(AtomicBool::new(false)));
    match environment::text(THREADS) {
        Some(threads) if threads.parse().is_ok_and(|threads: u64| threads > MOST) => {
            let processors = std::thread::available_parallelism().map_or(1, usize::from);
            let most = format!("at most {MOST} threads can work\n  try: {THREADS}={processors}");
            Err(CliError::Usage(format!("{THREADS} is {threads}, but {most}")))
        }
        _ => Ok(()),
    }
}
