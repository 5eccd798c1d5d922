//! Images that come to the device batch by batch: while it works on a submission, those of the next ones are read.

use std::collections::VecDeque;
use std::sync::Arc;

use lepton_kernels::Step;

use super::images::Images;
use super::sampler::{Range, Sampler};
use crate::data::SourceError;
use crate::gpu::Program;
use crate::plan::WINDOW_ALIGN;
use crate::platform::Ahead;

/// A batch that comes, by its number in an epoch or in a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Coming {
    Train {
        epoch: u32,
        number: usize,
    },
    /// `then` is the batch of training behind the range: its epoch and number.
    Evaluate {
        range: Range,
        number: usize,
        then: Option<(u32, usize)>,
    },
}

/// A batch on its way: the step that it is for, and its bytes.
struct Batch {
    step: Step,
    bytes: Vec<u8>,
    outcome: Result<(), SourceError>,
}

/// The images of a session that holds a window of them on the device.
pub(crate) struct Stream {
    images: Arc<Images>,
    /// Whether a problem with them was told.
    has_told: bool,
    worker: Ahead<Batch, Batch>,
    /// Batches that are being read, in their order.
    under_way: VecDeque<Step>,
    /// The batch that was used last: another view of it needs nothing new.
    current: Option<Batch>,
    /// Memory for more of them.
    spare: Vec<Vec<u8>>,
    /// Batches that may be read ahead.
    most: usize,
    /// The one behind those under way.
    coming: Option<Coming>,
    /// Where training goes on after an evaluation.
    training: Option<(u32, usize)>,
    /// What is evaluated at the end of an epoch.
    validates: Option<Range>,
    /// Epochs that there are: behind the last one nothing is read ahead.
    epochs: u32,
}

/// How large a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WindowSize {
    /// Batches of a half.
    pub batches: usize,
    /// Images of the window.
    pub images: usize,
}

/// Copies of half a window that there are, at the most, on the host as on the device: the window itself, staging memory of the two
/// submissions under way and of the one that is filled, and what is read ahead.
const COPIES: u64 = 8;
/// Bytes of half a window that are enough to keep a device busy.
const ENOUGH: u64 = 64 << 20;

impl WindowSize {
    /// For batches of so many images of `each` bytes, within `memory` bytes on the host and on the device; one batch a half at the
    /// least.
    pub fn of(batch: usize, each: usize, memory: u64) -> Self {
        let stride = batch.next_multiple_of(WINDOW_ALIGN);
        let room = (memory / COPIES).min(ENOUGH) / (stride * each).max(1) as u64;
        let batches = (room as usize).clamp(1, super::STEPS);
        WindowSize { batches, images: 2 * batches * stride }
    }

    /// Bytes that this takes on the host at the most, for images of `each` bytes.
    pub fn bytes(self, each: usize) -> u64 {
        COPIES * (self.images / 2 * each) as u64
    }
}

/// Whether two steps are of the same images in the same order.
fn same_images(a: &Step, b: &Step) -> bool {
    let of = |step: &Step| {
        let Step { batch_start, batch_length, range_start, range_length, data_length, .. } = *step;
        ([batch_start, batch_length, range_start, range_length, data_length], step.shuffle_key, step.split_key)
    };
    of(a) == of(b)
}

impl Coming {
    fn step(&self, order: &Sampler, batch: usize) -> Step {
        match *self {
            Coming::Train { epoch, number } => order.training_step(epoch, batch, number),
            Coming::Evaluate { range, number, .. } => order.evaluation_step(&range, batch, number),
        }
    }

    /// The next one of training, whatever is evaluated between.
    fn in_training(self, order: &Sampler, batch: usize) -> Option<(u32, usize)> {
        match self {
            Coming::Train { epoch, number } if number + 1 < order.training_batches(batch).count() => {
                Some((epoch, number + 1))
            }
            Coming::Train { epoch, .. } => Some((epoch + 1, 0)),
            Coming::Evaluate { then, .. } => then,
        }
    }

    /// What comes after it, where `validates` is evaluated at the end of each epoch.
    fn next(self, order: &Sampler, batch: usize, validates: Option<Range>) -> Option<Self> {
        let then = self.in_training(order, batch);
        match (self, then, validates) {
            (Coming::Evaluate { range, number, .. }, ..) if (number + 1) * batch < range.length => {
                Some(Coming::Evaluate { range, number: number + 1, then })
            }
            (Coming::Train { .. }, Some((_, 0)), Some(range)) => Some(Coming::Evaluate { range, number: 0, then }),
            (_, Some((epoch, number)), _) => Some(Coming::Train { epoch, number }),
            (_, None, _) => None,
        }
    }
}

impl Stream {
    /// Nothing is read yet.
    pub fn new(images: Images, batches: usize) -> Self {
        let images = Arc::new(images);
        let read = {
            let images = Arc::clone(&images);
            move |mut batch: Batch| {
                batch.outcome = images.read(&batch.step, &mut batch.bytes);
                batch
            }
        };
        Stream {
            images,
            has_told: false,
            worker: Ahead::new(read),
            under_way: VecDeque::with_capacity(batches + 1),
            current: None,
            spare: vec![Vec::new(); batches + 1],
            most: batches,
            coming: None,
            training: None,
            validates: None,
            epochs: u32::MAX,
        }
    }

    /// What has made reading slower, the first time that this is asked after it happened.
    pub fn news(&mut self) -> Option<String> {
        let problem = self.images.problem().filter(|_| !self.has_told);
        self.has_told |= problem.is_some();
        problem
    }

    /// Batches of one submission, at the most.
    pub fn most(&self) -> usize {
        self.most
    }

    /// With what is evaluated at the end of each epoch, and how many of them there are.
    pub fn expect(&mut self, validates: Option<Range>, epochs: u32) {
        (self.validates, self.epochs) = (validates, epochs);
    }

    /// What is read behind a batch, if anything is.
    fn behind(&self, batch: Coming, order: &Sampler, size: usize) -> Option<Coming> {
        let is_over = |coming: &Coming| matches!(coming, Coming::Train { epoch, .. } if *epoch >= self.epochs);
        batch.next(order, size, self.validates).filter(|coming| !is_over(coming))
    }

    /// The batch of training that comes next.
    pub fn training(&self) -> Option<(u32, usize)> {
        self.training
    }

    /// Brings the images of these steps to the device, for its next submission, and says in them where they lie. `last` is the last
    /// one of them.
    ///
    /// # Errors
    /// [`SourceError`] with the first image that cannot be read.
    pub fn bring(
        &mut self,
        program: &mut Program,
        steps: &mut [Step],
        last: Coming,
        order: &Sampler,
        batch: usize,
    ) -> Result<(), SourceError> {
        let places = program.places().expect("a plan with a window");
        let stride = batch.next_multiple_of(WINDOW_ALIGN);
        let mut used = 0;
        let mut before: Option<Step> = None;
        for step in steps {
            if let Some(before) = before.filter(|before| same_images(before, step)) {
                step.window_start = before.window_start;
                continue;
            }
            self.fetch(step)?;
            let place = places.start + used * stride;
            let current = self.current.as_ref().expect("it was fetched");
            program.put_images(place, &current.bytes);
            step.window_start = place as u32;
            (used, before) = (used + 1, Some(*step));
        }
        self.read_ahead(last, order, batch);
        Ok(())
    }

    /// Makes the images of a step the current ones.
    fn fetch(&mut self, step: &Step) -> Result<(), SourceError> {
        if self.current.as_ref().is_some_and(|current| same_images(&current.step, step)) {
            return Ok(());
        }
        self.spare.extend(self.current.take().map(|batch| batch.bytes));
        let mut batch = if self.under_way.front().is_some_and(|front| same_images(front, step)) {
            self.oldest()
        } else {
            // what nobody expected: what is under way may come next
            let bytes = self.spare.pop().unwrap_or_default();
            self.worker.now(Batch { step: *step, bytes, outcome: Ok(()) })
        };
        std::mem::replace(&mut batch.outcome, Ok(()))?;
        self.current = Some(batch);
        Ok(())
    }

    fn oldest(&mut self) -> Batch {
        let step = self.under_way.pop_front().expect("something is under way");
        let gone = || SourceError {
            place: "images".into(),
            reason: "the thread that reads them has ended, and said why before".into(),
            can_be_skipped: false,
        };
        self.worker.take().unwrap_or_else(|| Batch { step, bytes: Vec::new(), outcome: Err(gone()) })
    }

    /// Starts to read what comes after the batch `last`, as far as there is memory for it.
    fn read_ahead(&mut self, last: Coming, order: &Sampler, batch: usize) {
        self.training = last.in_training(order, batch);
        let next = self.behind(last, order, batch);
        let expected = next.map(|next| next.step(order, batch));
        let fits = self.under_way.front().zip(expected.as_ref()).is_some_and(|(front, step)| same_images(front, step));
        if !fits {
            while !self.under_way.is_empty() {
                let stale = self.oldest();
                self.spare.push(stale.bytes);
            }
            self.coming = next;
        }
        while let (Some(coming), true) = (self.coming, self.under_way.len() < self.most) {
            let step = coming.step(order, batch);
            let bytes = self.spare.pop().unwrap_or_default();
            self.worker.start(Batch { step, bytes, outcome: Ok(()) });
            self.under_way.push_back(step);
            self.coming = self.behind(coming, order, batch);
        }
    }
}
