//! Examples that are not in memory, and are read when they are needed.

use std::fmt::Debug;
use std::sync::Arc;

use thiserror::Error;

use crate::hint::{Hint, Hints};

/// Where the bytes of examples come from that are not in memory: files, a cache, whatever can give any of them at any time, from several
/// threads. It gives the same bytes for the same example every time.
pub trait Source: Debug + Send + Sync {
    /// Examples that it has; each has a number below this one.
    fn count(&self) -> usize;

    /// Reads the examples of these numbers, one after another, into `bytes`, which have room for exactly these.
    ///
    /// # Errors
    /// [`SourceError`] with the first of them that cannot be read.
    fn read(&self, numbers: &[u32], bytes: &mut [u8]) -> Result<(), SourceError>;

    /// Bytes that examples may take on the host, and on the device, at the same time.
    fn memory(&self) -> u64 {
        DEFAULT_MEMORY
    }

    /// What has happened while examples were read that makes this slower and changes no result, with a way out, as a line for people.
    /// A run tells it once.
    fn problem(&self) -> Option<String> {
        None
    }
}

/// Bytes that streamed examples take where nothing says how many.
const DEFAULT_MEMORY: u64 = 512 << 20;

/// An example that cannot be read any more, or never could.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{place}: {reason}")]
pub struct SourceError {
    /// The file, or what else names the example.
    pub place: String,
    /// What is wrong with it.
    pub reason: String,
    /// Whether a run could go on without it.
    pub can_be_skipped: bool,
}

impl Hints for SourceError {
    fn hints(&self) -> Vec<Hint> {
        match self.can_be_skipped {
            // a run that goes on needs the same images
            true => vec![
                Hint::advice("repair it and go on with --resume"),
                Hint::advice("a new run with --skip-damaged, which may start from this one's weights (--init RUN)"),
            ],
            // nothing says that it is damaged
            false => vec![Hint::set("resume", true)],
        }
    }
}

/// The bytes of a split's examples, `[n, ..input]`.
#[derive(Clone, Debug)]
pub(crate) enum Examples {
    /// In memory; clones share it.
    Resident(Arc<Vec<u8>>),
    /// Elsewhere: the number of each.
    Streamed(Arc<dyn Source>, Arc<Vec<u32>>),
}

impl Examples {
    /// Reads these examples of `each` bytes into `bytes`, one after another.
    ///
    /// # Errors
    /// [`SourceError`] with the first that cannot be read.
    ///
    /// # Panics
    /// If there is no example of such a number, or not room for exactly these.
    pub fn read(&self, each: usize, examples: &[usize], bytes: &mut [u8]) -> Result<(), SourceError> {
        assert_eq!(bytes.len(), examples.len() * each, "room for these examples");
        match self {
            Examples::Resident(all) => {
                for (&example, bytes) in examples.iter().zip(bytes.chunks_exact_mut(each)) {
                    bytes.copy_from_slice(&all[example * each..][..each]);
                }
                Ok(())
            }
            Examples::Streamed(source, numbers) => {
                let numbers: Vec<u32> = examples.iter().map(|&example| numbers[example]).collect();
                source.read(&numbers, bytes)
            }
        }
    }

    /// What has made reading them slower.
    pub fn problem(&self) -> Option<String> {
        if let Examples::Streamed(source, _) = self { source.problem() } else { None }
    }

    /// Keeps the first `count`.
    pub fn truncate(&mut self, each: usize, count: usize) {
        match self {
            Examples::Resident(all) => cut(all, count * each),
            Examples::Streamed(_, numbers) => cut(numbers, count),
        }
    }

    /// These examples, in this order.
    #[must_use]
    pub fn select(&self, each: usize, wanted: &[usize]) -> Self {
        match self {
            Examples::Resident(all) => {
                let mut bytes = Vec::with_capacity(wanted.len() * each);
                wanted.iter().for_each(|&i| bytes.extend_from_slice(&all[i * each..][..each]));
                Examples::Resident(bytes.into())
            }
            Examples::Streamed(source, numbers) => {
                let numbers: Vec<u32> = wanted.iter().map(|&i| numbers[i]).collect();
                Examples::Streamed(source.clone(), numbers.into())
            }
        }
    }
}

/// Keeps the first ones; of what others have as well, only these are copied.
fn cut<T: Copy>(shared: &mut Arc<Vec<T>>, count: usize) {
    if let Some(own) = Arc::get_mut(shared) {
        own.truncate(count);
    } else if count < shared.len() {
        *shared = shared[..count].to_vec().into();
    }
}

impl PartialEq for Examples {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Examples::Resident(a), Examples::Resident(b)) => a == b,
            (Examples::Streamed(a, i), Examples::Streamed(b, j)) => Arc::ptr_eq(a, b) && i == j,
            _ => false,
        }
    }
}
