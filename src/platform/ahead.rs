//! Work that is done before anybody waits for it.

use std::collections::VecDeque;
use std::sync::{Arc, mpsc};

/// What is done with a job.
type Work<J, R> = Arc<dyn Fn(J) -> R + Send + Sync>;

/// Does jobs in their order on a thread of its own; in a build without threads, and where none can be had, when a result is asked for.
pub(crate) struct Ahead<J, R> {
    work: Work<J, R>,
    worker: Option<(mpsc::Sender<J>, mpsc::Receiver<R>)>,
    waiting: VecDeque<J>,
}

impl<J: Send + 'static, R: Send + 'static> Ahead<J, R> {
    /// A worker without a job.
    pub fn new(work: impl Fn(J) -> R + Send + Sync + 'static) -> Self {
        let work: Work<J, R> = Arc::new(work);
        Ahead { worker: worker(work.clone()), work, waiting: VecDeque::new() }
    }

    /// Hands a job over.
    pub fn start(&mut self, job: J) {
        let rest = match &self.worker {
            Some((jobs, _)) => jobs.send(job).err().map(|mpsc::SendError(job)| job),
            None => Some(job),
        };
        self.waiting.extend(rest);
    }

    /// The result of the oldest job, once it is there; `None` if there is no job, or it panicked.
    pub fn take(&mut self) -> Option<R> {
        match &self.worker {
            Some((_, results)) => results.recv().ok(),
            None => self.waiting.pop_front().map(|job| (self.work)(job)),
        }
    }

    /// A job that is done at once, by whoever asks.
    pub fn now(&self, job: J) -> R {
        (self.work)(job)
    }
}

#[cfg(feature = "threads")]
fn worker<J: Send + 'static, R: Send + 'static>(work: Work<J, R>) -> Option<(mpsc::Sender<J>, mpsc::Receiver<R>)> {
    let (jobs, to_do) = mpsc::channel();
    let (done, results) = mpsc::channel();
    // ends when either end of it is dropped
    let run = move || {
        let _ = to_do.into_iter().try_for_each(|job| done.send(work(job)).ok());
    };
    let spawned = std::thread::Builder::new().name("examples".into()).spawn(run);
    spawned.ok().map(|_| (jobs, results))
}

#[cfg(not(feature = "threads"))]
fn worker<J, R>(_work: Work<J, R>) -> Option<(mpsc::Sender<J>, mpsc::Receiver<R>)> {
    None
}
