//! Work on all processors.

use rayon::prelude::*;

/// `work` on every item, in parallel, the results in the order of the items; the first error if there is one.
pub(crate) fn parallel<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Send + Sync,
) -> Result<Vec<R>, E> {
    items.par_iter().map(work).collect()
}
