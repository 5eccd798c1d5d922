//! Waiting for a device: futures that a callback completes, and a thread that blocks until they are.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Waits for a future that needs nobody's help to finish, such as the opening of a device.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    pollster::block_on(future)
}

/// Waits for a future that finishes once `drive` was called often enough, such as one that a device completes while it is
/// polled; `drive` may block.
///
/// # Errors
/// Those of the future, and of `drive`, after which nobody would complete the future.
pub(crate) fn block_on_with<T, E>(
    future: impl Future<Output = Result<T, E>>,
    mut drive: impl FnMut() -> Result<(), E>,
) -> Result<T, E> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        drive()?;
    }
}

/// A thread that polls a device until this is dropped, or the device is lost.
#[must_use = "nothing polls the device once it is dropped"]
#[derive(Debug)]
pub struct Driver(Arc<AtomicBool>);

/// Starts a [`Driver`]: calls `drive`, which blocks while there is something to wait for, until it says that it is over.
pub(crate) fn drive(drive: impl Fn() -> bool + Send + 'static) -> Driver {
    let over = Arc::new(AtomicBool::new(false));
    let heard = over.clone();
    std::thread::spawn(move || {
        while !heard.load(Ordering::Relaxed) && drive() {
            // nothing is under way: look again soon
            std::thread::sleep(Duration::from_micros(200));
        }
    });
    Driver(over)
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A value that a callback brings, to be awaited.
#[derive(Debug)]
pub(crate) struct Arrival<T>(Arc<Mutex<(Option<T>, Option<Waker>)>>);

impl<T: Send + 'static> Arrival<T> {
    /// The arrival, and the callback that completes it.
    pub(crate) fn new() -> (Self, impl FnOnce(T) + Send + 'static) {
        let shared = Arc::new(Mutex::new((None, None::<Waker>)));
        let arrival = Arrival(shared.clone());
        let deliver = move |value| {
            let mut slot = shared.lock().expect("no one panics while holding it");
            slot.0 = Some(value);
            if let Some(waker) = slot.1.take() {
                waker.wake();
            }
        };
        (arrival, deliver)
    }
}

impl<T> Future for Arrival<T> {
    type Output = T;

    fn poll(self: std::pin::Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut slot = self.0.lock().expect("no one panics while holding it");
        match slot.0.take() {
            Some(value) => Poll::Ready(value),
            None => {
                slot.1 = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrival_is_ready_once_it_was_delivered() {
        let (arrival, deliver) = Arrival::new();
        let mut deliver = Some(deliver);
        let mut polls = 0;
        let drive = || {
            polls += 1;
            if polls == 3 {
                deliver.take().expect("it is delivered once")(Ok(7));
            }
            if polls < 9 { Ok(()) } else { Err("nobody delivers") }
        };
        assert_eq!(block_on_with(arrival, drive), Ok(7));
    }

    #[test]
    fn an_error_of_the_driver_ends_the_wait() {
        assert_eq!(block_on_with(std::future::pending::<Result<(), _>>(), || Err("lost")), Err("lost"));
    }

    #[test]
    fn an_executor_is_woken() {
        let (arrival, deliver) = Arrival::new();
        let thread = std::thread::spawn(move || deliver("there"));
        assert_eq!(block_on(arrival), "there");
        thread.join().unwrap();
    }
}
