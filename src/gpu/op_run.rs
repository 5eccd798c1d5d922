//! One op on buffers of its own: how ops are verified, timed and shown outside of a plan.

use lepton_kernels::op::{Dtype, Precision};
use lepton_kernels::{Access, Dispatch, Lowered, Op, Operand, Step};

use super::device::Gpu;
use super::error::GpuError;
use super::guard::{BACK, FRONT, Guard, Stray};
use super::launch::{Encoded, Unbound};
use super::unchecked::Checks;

/// What a buffer holds before anything runs.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    /// Size of the buffer in bytes.
    pub bytes: u64,
    /// What is repeated from its start to its end, a multiple of four bytes; zeros if it is empty.
    pub pattern: Vec<u8>,
}

impl Content {
    /// A buffer that holds these bytes and no more.
    pub(crate) fn exactly(bytes: Vec<u8>) -> Self {
        Content { bytes: bytes.len() as u64, pattern: bytes }
    }

    /// So many bytes of zeros.
    pub(crate) fn zeros(bytes: u64) -> Self {
        Content { bytes, pattern: Vec::new() }
    }

    /// The same byte again and again.
    pub(crate) fn filled(bytes: u64, byte: u8) -> Self {
        let pattern = vec![byte; bytes.min(1 << 16).next_multiple_of(4) as usize];
        Content { bytes, pattern }
    }
}

/// Operands with what they hold, on which dispatches run.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpRun {
    /// Which buffer an operand is; of two entries for one operand the later one counts.
    places: Vec<(Operand, usize)>,
    contents: Vec<Content>,
    /// Whether guards stand around what operands hold.
    guarded: bool,
    strays: Vec<Stray>,
}

impl OpRun {
    /// Without operands yet; around those to come there are guards, and what is written there is known after
    /// [`run`](OpRun::run).
    pub(crate) fn guarded() -> Self {
        OpRun { guarded: true, ..OpRun::default() }
    }

    /// The operands beside which the last run wrote.
    pub(crate) fn strays(&self) -> &[Stray] {
        &self.strays
    }

    /// Gives an operand a buffer.
    pub(crate) fn add(&mut self, operand: Operand, content: Content) {
        self.places.push((operand, self.contents.len()));
        self.contents.push(content);
    }

    /// Gives an op's outputs buffers; those that it writes over an input share that input's. `content` says what output
    /// number `i` holds.
    pub(crate) fn add_outputs(&mut self, op: &dyn Op, count: usize, content: impl Fn(usize) -> Content) {
        for i in 0..count {
            match op.alias(i) {
                Some(input) => self.places.push((Operand::Y(i), self.buffer(Operand::X(input)))),
                None => self.add(Operand::Y(i), content(i)),
            }
        }
    }

    /// Gives what a lowering keeps for backward, and what it works in, buffers.
    pub(crate) fn add_working(&mut self, lowered: &Lowered, content: impl Fn(u64) -> Content) {
        let bytes = |words: usize| Dtype::U32.bytes(words, Precision::F32);
        for (i, &words) in lowered.saved.iter().enumerate() {
            self.add(Operand::Saved(i), content(bytes(words)));
        }
        for (i, &words) in lowered.scratch.iter().enumerate() {
            self.add(Operand::Scratch(i), content(bytes(words)));
        }
    }

    #[cfg(feature = "cli")]
    /// The size of the largest buffer.
    pub(crate) fn largest(&self) -> u64 {
        self.contents.iter().map(|content| content.bytes).max().unwrap_or(0)
    }

    /// What an operand holds: after [`run`](OpRun::run), what the device left there.
    pub(crate) fn bytes(&self, operand: Operand) -> &[u8] {
        &self.contents[self.buffer(operand)].pattern
    }

    fn buffer(&self, operand: Operand) -> usize {
        let place = self.places.iter().rfind(|(known, _)| *known == operand);
        place.unwrap_or_else(|| panic!("{operand:?} has a buffer")).1
    }

    /// Runs dispatches in order, and keeps what the buffers hold then.
    ///
    /// # Errors
    /// [`GpuError`]; [`GpuError::Unchecked`] where checks are on and a kernel's indices cannot be checked.
    pub(crate) fn run(
        &mut self,
        gpu: &Gpu,
        dispatches: &[Dispatch],
        step: &Step,
        checks: Checks,
    ) -> Result<(), GpuError> {
        let unchecked = |dispatch: &&Dispatch| dispatch.kernel.source.contains("wgpu_cooperative_matrix");
        if checks == Checks::On
            && let Some(dispatch) = dispatches.iter().find(unchecked)
        {
            return Err(GpuError::Unchecked { kernel: dispatch.kernel.name.to_string() });
        }
        gpu.block(self.run_async(gpu, dispatches, step, checks))
    }

    /// [`run`](OpRun::run), and does not wait.
    pub(super) async fn run_async(
        &mut self,
        gpu: &Gpu,
        dispatches: &[Dispatch],
        step: &Step,
        checks: Checks,
    ) -> Result<(), GpuError> {
        let buffers = self.buffers(gpu).await?;
        let bound = self.bind(gpu, &buffers, dispatches, step, checks).await?;
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        bound.record(&mut encoder.begin_compute_pass(&Default::default()));
        gpu.queue.submit([encoder.finish()]);
        self.strays.clear();
        for (i, buffer) in buffers.iter().enumerate() {
            let bytes = gpu.download(buffer, 0, self.buffer_bytes(i)).await?;
            self.contents[i] = Content::exactly(if self.guarded { self.open(i, bytes) } else { bytes });
        }
        Ok(())
    }

    /// Bytes of buffer number `i`, with its guards.
    fn buffer_bytes(&self, i: usize) -> u64 {
        self.contents[i].bytes + if self.guarded { (FRONT + BACK) as u64 } else { 0 }
    }

    /// Takes the guards off what buffer number `i` held, and notes it if they were written.
    fn open(&mut self, i: usize, bytes: Vec<u8>) -> Vec<u8> {
        let (tensor, stray) = Guard::of(i).open(bytes);
        let (operand, _) = self.places.iter().find(|(_, place)| *place == i).expect("every buffer is an operand's");
        self.strays.extend(stray.map(|byte| Stray { operand: *operand, byte }));
        tensor
    }

    /// The buffers, with what they hold.
    pub(super) async fn buffers(&self, gpu: &Gpu) -> Result<Vec<wgpu::Buffer>, GpuError> {
        let mut buffers = Vec::with_capacity(self.contents.len());
        for (i, content) in self.contents.iter().enumerate() {
            let guarded = self.guarded.then(|| Content::exactly(Guard::of(i).around(content)));
            buffers.push(gpu.filled(guarded.as_ref().unwrap_or(content)).await?);
        }
        Ok(buffers)
    }

    /// Dispatches of these operands, with everything bound.
    pub(super) async fn bind(
        &self,
        gpu: &Gpu,
        buffers: &[wgpu::Buffer],
        dispatches: &[Dispatch],
        step: &Step,
        checks: Checks,
    ) -> Result<BoundLaunches, GpuError> {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let uniform = gpu.buffer_with("step", Step::BYTES as u64, usage).await?;
        gpu.queue.write_buffer(&uniform, 0, bytemuck::cast_slice(&step.words()));
        let offset = if self.guarded { FRONT as u64 } else { 0 };
        let whole =
            |operand: Operand| wgpu::BufferBinding { buffer: &buffers[self.buffer(operand)], offset, size: None };
        let unbound = |dispatch: &'_ Dispatch| -> Vec<(wgpu::BufferBinding<'_>, Access)> {
            dispatch.bindings.iter().map(|binding| (whole(binding.operand), binding.access)).collect()
        };
        let launches: Vec<Unbound> =
            dispatches.iter().map(|d| Unbound { kernel: &d.kernel, bindings: unbound(d), groups: d.groups }).collect();
        let launches = gpu.encode(&launches, checks).await?;
        Ok(BoundLaunches { launches, step_group: gpu.step_group(&uniform) })
    }
}

/// Launches with everything bound, and their step.
pub(super) struct BoundLaunches {
    launches: Vec<Encoded>,
    step_group: wgpu::BindGroup,
}

impl BoundLaunches {
    /// Records all of them, in order.
    pub(super) fn record(&self, pass: &mut wgpu::ComputePass) {
        for launch in &self.launches {
            launch.record(pass, &self.step_group, 0);
        }
    }

    #[cfg(feature = "cli")]
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.launches.len()
    }
}

impl Gpu {
    /// A buffer with its content. What is repeated goes through the host once, and the device copies it.
    async fn filled(&self, content: &Content) -> Result<wgpu::Buffer, GpuError> {
        let buffer = self.buffer("operand", content.bytes).await?;
        let length = content.pattern.len() as u64;
        if length >= content.bytes {
            self.upload(&buffer, &[&content.pattern[..content.bytes as usize]]).await?;
        } else if length > 0 {
            let pattern = self.buffer("pattern", length).await?;
            self.upload(&pattern, &[&content.pattern]).await?;
            let mut encoder = self.device.create_command_encoder(&Default::default());
            let whole = buffer.size();
            for at in (0..whole).step_by(content.pattern.len()) {
                encoder.copy_buffer_to_buffer(&pattern, 0, &buffer, at, (whole - at).min(pattern.size()));
            }
            self.queue.submit([encoder.finish()]);
        }
        Ok(buffer)
    }
}
