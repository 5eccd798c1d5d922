//! Work on all processors, or on one in a build without threads.

#[cfg(feature = "threads")]
use rayon::prelude::*;

/// `work` on every item, in parallel, the results in the order of the items; the first error if there is one.
pub(crate) fn parallel<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Send + Sync,
) -> Result<Vec<R>, E> {
    #[cfg(feature = "threads")]
    let results = items.par_iter();
    #[cfg(not(feature = "threads"))]
    let results = items.iter();
    results.map(work).collect()
}

/// How many items [`parallel`] works on at the same time.
pub(crate) fn processors() -> usize {
    #[cfg(feature = "threads")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "threads"))]
    1
}
