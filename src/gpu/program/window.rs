//! The images of a plan that holds a window of its data set: each submission has a half of it, which is written before it runs.

use crate::plan::{Buffer, Plan, WINDOW_ALIGN};

use super::super::device::Gpu;
use super::super::flight::FLIGHTS;
use super::Program;

/// A window, and the way into it: staging memory that is used again and again.
pub(super) struct Window {
    /// Images that it holds.
    pub images: usize,
    /// Images of a half: those of one submission.
    half: usize,
    /// Bytes of an image.
    each: u64,
    belt: wgpu::util::StagingBelt,
    /// Copies of the next submission.
    copies: Option<wgpu::CommandEncoder>,
}

impl Window {
    /// That of a plan, if it has one.
    pub fn of(gpu: &Gpu, plan: &Plan) -> Option<Self> {
        let images = plan.window?;
        let half = images / FLIGHTS - images / FLIGHTS % WINDOW_ALIGN;
        let each = plan.image_parts.iter().sum::<u64>() / images as u64;
        let belt = wgpu::util::StagingBelt::new(gpu.device.clone(), (half as u64 * each).next_multiple_of(256));
        Some(Window { images, half, each, belt, copies: None })
    }
}

impl Program {
    /// The places in the window that the next submission has for its images; none where the plan holds the whole data set.
    pub(crate) fn places(&self) -> Option<std::ops::Range<usize>> {
        let window = self.window.as_ref()?;
        let first = self.next * window.half;
        Some(first..first + window.half)
    }

    /// Writes images into the window from `place` on, a multiple of [`WINDOW_ALIGN`], for the next submission.
    ///
    /// # Panics
    /// If the plan holds no window, or these places are not in it.
    pub(crate) fn put_images(&mut self, place: usize, bytes: &[u8]) {
        let window = self.window.as_mut().expect("a plan with a window");
        let (mut first, mut bytes) = (place as u64 * window.each, bytes);
        assert!(place.is_multiple_of(WINDOW_ALIGN) && first + bytes.len() as u64 <= window.images as u64 * window.each);
        let encoder = window.copies.get_or_insert_with(|| self.gpu.device.create_command_encoder(&Default::default()));
        for (part, &room) in self.image_parts.iter().enumerate() {
            if first >= room {
                first -= room;
                continue;
            }
            let (own, rest) = bytes.split_at(bytes.len().min((room - first) as usize));
            // buffers are a multiple of words long, and a batch begins at one
            let words = (own.len() as u64).next_multiple_of(4);
            let Some(size) = wgpu::BufferSize::new(words) else { return };
            let mut staging = window.belt.write_buffer(encoder, &self.buffers[&Buffer::Images(part)], first, size);
            staging.slice(..own.len()).copy_from_slice(own);
            (first, bytes) = (0, rest);
        }
    }

    /// Starts the copies of the images that were put, before what reads them.
    pub(super) fn send_images(&mut self) {
        let Some(window) = &mut self.window else { return };
        if let Some(copies) = window.copies.take() {
            window.belt.finish();
            self.gpu.queue.submit([copies.finish()]);
            window.belt.recall();
        }
    }
}
