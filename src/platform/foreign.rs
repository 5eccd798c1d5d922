//! What may panic and must not end the program: crates that panic where a file is damaged, and what is drawn after a run.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs what may panic, and says nothing about that on standard error.
///
/// # Errors
/// The message of the panic.
pub(crate) fn without_panic<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
    let was_quiet = QUIET.replace(true);
    // whatever was half done is dropped with it
    let outcome = catch_unwind(AssertUnwindSafe(run));
    QUIET.set(was_quiet);
    outcome.map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it cannot be read".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        assert_eq!(without_panic(|| 7), Ok(7));
        let empty: [u8; 0] = [];
        let error = without_panic(|| std::hint::black_box(&empty)[..].split_at(1).0.len()).unwrap_err();
        assert!(!error.is_empty());
        assert_eq!(without_panic(|| panic!("{} is wrong", 3)), Err::<(), _>("3 is wrong".into()));
        assert!(catch_unwind(|| panic!("a panic elsewhere stays one")).is_err());
    }
}
