//! A model, a loss, an optimiser and a batch size, compiled once into flat lists of steps. Pure and printable: the same
//! inputs give the same plan, and no device is needed.

mod adversarial;
mod error;
pub mod graph;
mod graphs;
mod input;
mod loss;
mod lower;
mod memory;
mod request;
mod rewrite;
mod rules;
mod states;
mod text;
mod update;

use std::sync::Arc;

use lepton_kernels::op::{Precision, Target};
use lepton_kernels::parameters::{Block, GradientPlace, Layout};
use lepton_kernels::tuning::Tuning;
use lepton_kernels::{Access, Kernel, data_set};

pub use adversarial::Half;
pub use error::{PlanError, mib};
pub use graph::{Graph, HISTORY, Resident, Setting};
pub use input::Input;
pub use loss::{KEPT, default_loss};
pub use lower::{Goal, Home};
pub use request::{Limits, Request};
pub use rewrite::{REWRITES, Rewrite};
pub use states::PlacedState;

use crate::config::LossConfig;
use graphs::Graphs;

/// A buffer on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Buffer {
    /// Shared by tensors that are not needed at the same time.
    Slot(usize),
    /// All parameters.
    Parameters,
    /// Their f16 copy, which products read.
    Shadow,
    /// All gradients, in slabs.
    Gradients,
    /// The sums of gradients where somebody needs them whole, laid out as the parameters.
    Sums,
    /// The moving average of the parameters, laid out as they are.
    Averages,
    /// The f16 copy of the averages.
    AverageShadow,
    /// The optimiser's state number `i`, laid out as the parameters.
    State(usize),
    /// Stays on the device.
    Resident(Resident),
}

/// A range of a buffer that a step binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Which buffer.
    pub buffer: Buffer,
    /// First byte.
    pub offset: u64,
    /// Size.
    pub bytes: u64,
    /// How the step uses it.
    pub access: Access,
}

/// One kernel launch of a list: all that a device needs to know.
#[derive(Clone, Debug)]
pub struct PlanStep {
    /// The layer it belongs to.
    pub layer: String,
    /// What runs.
    pub kernel: Arc<Kernel>,
    /// What it binds, in `@binding` order.
    pub bindings: Vec<Bound>,
    /// Names of the tensors bound.
    pub tensors: Vec<String>,
    /// Workgroups along x and y.
    pub groups: [u32; 2],
    /// Multiply-adds.
    pub multiply_adds: u64,
    /// For a matrix product: which tiles can compute it.
    pub tuning: Option<Tuning>,
}

impl PlanStep {
    /// Bytes of everything it binds, each operand once.
    pub fn bytes(&self) -> u64 {
        self.bindings.iter().map(|bound| bound.bytes).sum()
    }
}

/// A parameter's place.
#[derive(Clone, Debug)]
pub struct Placed {
    /// `conv1.weight`.
    pub name: String,
    /// Its shape.
    pub shape: lepton_kernels::Shape,
    /// How it starts.
    pub init: crate::model::Init,
    /// First word in the buffer of all parameters.
    pub offset_words: usize,
    /// Where its gradient lies.
    pub gradient: GradientPlace,
}

impl Placed {
    /// Its place, under its name with `prefix` before it; the same in all buffers that are laid out as the parameters.
    pub(crate) fn place(&self, prefix: &str) -> TensorPlace {
        let name = format!("{prefix}{}", self.name);
        TensorPlace { name, shape: self.shape.clone(), offset_words: self.offset_words }
    }
}

/// A tensor of f32 in a buffer.
#[derive(Clone, Debug)]
pub struct TensorPlace {
    /// Its name in a checkpoint.
    pub name: String,
    /// Its shape.
    pub shape: lepton_kernels::Shape,
    /// Its first word.
    pub offset_words: usize,
}

/// What helps where a batch is too large.
const SMALLER: &str = "a smaller --batch (--accumulate 2 with half of it learns at the same rate)";

/// A compiled model.
#[derive(Debug)]
pub struct Plan {
    /// The model's name.
    pub model: String,
    /// Images in a batch.
    pub batch: usize,
    /// Numbers that the model gives for an image: one for each class, if there are classes.
    pub classes: usize,
    /// The loss; its weights go to [`Resident::LossWeights`].
    pub loss: LossConfig,
    /// Parameters in the order of their layers.
    pub parameters: Vec<Placed>,
    /// Words of the buffer of parameters.
    pub arena_words: usize,
    /// What the workgroups of an update do; goes to [`Resident::Blocks`].
    pub blocks: Vec<Block>,
    /// The same of a generator's parameters, where it is trained in turn with a discriminator, whose `blocks` are; goes to
    /// [`Resident::GeneratorBlocks`].
    pub generator_blocks: Vec<Block>,
    /// What augmentation draws from; goes to [`Resident::Augment`].
    pub augment_table: Vec<u32>,
    /// The same for sums of gradients; goes to [`Resident::SumBlocks`].
    pub sum_blocks: Vec<Block>,
    /// What the optimiser keeps of the parameters.
    pub states: Vec<PlacedState>,
    /// Bytes of the images in each part of the data set.
    pub image_parts: Vec<u64>,
    /// Every buffer with its size.
    pub buffers: Vec<(Buffer, u64)>,
    /// Forward, backward, update.
    pub train: Vec<PlanStep>,
    /// Forward, backward, gradients added: what runs for all batches of an update but the last.
    pub accumulate: Vec<PlanStep>,
    /// Loss and right answers.
    pub evaluate: Vec<PlanStep>,
    /// Logits.
    pub predict: Vec<PlanStep>,
    /// What runs once after parameters were written.
    pub prepare: Vec<PlanStep>,
    /// What was fused, for people: `relu of conv1 into pool1`.
    pub fused: Vec<String>,
    /// The target it was made for.
    pub target: Target,
}

impl Plan {
    /// Compiles a plan.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn compile(request: &Request) -> Result<Self, PlanError> {
        adversarial::check(request)?;
        let precision = request.target.precision;
        let (images, part, loss) = (request.images, request.images_in_a_part(), request.loss.clone());
        let (keep, input) = (request.keep, request.input.clone());
        let setting = Setting { part, precision, keep, input, ..Setting::new(request.batch, images, loss) };
        let Graphs { training, inference, updates, fused } = Graphs::build(request, &setting)?;
        let trains = request.goals.contains(&Goal::Train);
        let wanted = |goal| match goal {
            Goal::Prepare => true,
            Goal::Accumulate => trains && request.update.accumulate > 1,
            goal => request.goals.contains(&goal),
        };
        let lists = Goal::ALL.map(|goal| match wanted(goal) {
            true if goal.learns() => lower::lower(&training, &updates, goal, &request.target),
            true => lower::lower(std::slice::from_ref(&inference), &updates, goal, &request.target),
            false => lower::Lowering::default(),
        });
        // only training knows the slabs of gradients; parameters lie alike in all lists
        let layout = match trains {
            true => lists[0].layout.clone(),
            false => lists[3].layout.clone(),
        };
        let graph = &training[0];
        let parameters = place_parameters(graph, &layout);
        let states = states::place(&request.optimizer.states(), &parameters, layout.parameter_words);
        let slots = memory::assign(&lists.each_ref());
        let finish = |i: usize| {
            let averaged = request.update.averages() && matches!(Goal::ALL[i], Goal::Evaluate | Goal::Predict);
            let weights = match averaged {
                true => [Buffer::Averages, Buffer::AverageShadow],
                false => [Buffer::Parameters, Buffer::Shadow],
            };
            finish(&lists[i], &slots.of[i], &parameters, &states, weights, request.limits)
        };
        let [train, evaluate, predict] = [finish(0)?, finish(1)?, finish(2)?];
        let [prepare, accumulate] = [finish(3)?, finish(4)?];
        let mut plan = Plan {
            model: request.model.name.clone(),
            batch: request.batch,
            classes: graph.classes(),
            loss: setting.loss.clone(),
            parameters,
            arena_words: layout.parameter_words,
            blocks: layout.blocks.clone(),
            generator_blocks: lists[0].generator_blocks.clone(),
            augment_table: augment_table(request),
            sum_blocks: lists[0].sum_blocks.clone(),
            states,
            image_parts: graph.image_parts(),
            buffers: Vec::new(),
            train,
            accumulate,
            evaluate,
            predict,
            prepare,
            fused,
            target: request.target.clone(),
        };
        plan.buffers = plan.all_buffers(&slots, &layout);
        plan.check_buffers(&request.limits)?;
        Ok(plan)
    }

    /// The steps of a goal.
    pub fn list(&self, goal: Goal) -> &[PlanStep] {
        match goal {
            Goal::Train => &self.train,
            Goal::Evaluate => &self.evaluate,
            Goal::Predict => &self.predict,
            Goal::Prepare => &self.prepare,
            Goal::Accumulate => &self.accumulate,
        }
    }

    /// Whether a table of tiles has a say in any of its products.
    pub fn is_tuned(&self) -> bool {
        let tiles = &self.target.tiles;
        self.train.iter().filter_map(|step| step.tuning.as_ref()).any(|tuning| tiles.get(&tuning.product).is_some())
    }

    fn all_buffers(&self, slots: &memory::Slots, layout: &Layout) -> Vec<(Buffer, u64)> {
        let mut buffers: Vec<(Buffer, u64)> =
            slots.bytes.iter().enumerate().map(|(i, &bytes)| (Buffer::Slot(i), bytes)).collect();
        let arena = self.arena_words as u64 * 4;
        buffers.push((Buffer::Parameters, arena));
        if self.target.precision == Precision::F16 {
            buffers.push((Buffer::Shadow, arena / 2));
        }
        if !self.train.is_empty() {
            buffers.push((Buffer::Gradients, layout.gradient_words as u64 * 4));
            let states = self.states.iter().enumerate();
            buffers.extend(states.map(|(i, state)| (Buffer::State(i), state.words as u64 * 4)));
        }
        let bound = |buffer| {
            Goal::ALL.iter().flat_map(|&g| self.list(g)).any(|s| s.bindings.iter().any(|b| b.buffer == buffer))
        };
        let arenas = [(Buffer::Sums, arena), (Buffer::Averages, arena), (Buffer::AverageShadow, arena / 2)];
        buffers.extend(arenas.into_iter().filter(|&(buffer, _)| bound(buffer)));
        for step in Goal::ALL.iter().flat_map(|&goal| self.list(goal)) {
            for bound in &step.bindings {
                if !buffers.iter().any(|(buffer, _)| *buffer == bound.buffer) {
                    buffers.push((bound.buffer, bound.bytes));
                }
            }
        }
        buffers
    }

    fn check_buffers(&self, limits: &Limits) -> Result<(), PlanError> {
        let limit = limits.binding_bytes.min(limits.buffer_bytes);
        for (buffer, bytes) in &self.buffers {
            if *bytes > limit {
                let (tensor, hint) = match buffer {
                    Buffer::Resident(Resident::Images(_)) => {
                        let bytes = self.image_parts.iter().sum();
                        let (tensor, hint) = ("the images of the data set".into(), "--limit with fewer images");
                        let limit = limit * data_set::PARTS as u64;
                        return Err(PlanError::TooLarge { tensor, bytes, limit, hint });
                    }
                    Buffer::Slot(_) | Buffer::Resident(_) => (buffer.to_string(), SMALLER),
                    _ => ("the parameters".into(), "a smaller model, or an adapter with larger bindings"),
                };
                return Err(PlanError::TooLarge { tensor, bytes: *bytes, limit, hint });
            }
        }
        Ok(())
    }

    /// Bytes of all buffers: the peak, since nothing is allocated later.
    pub fn bytes(&self) -> u64 {
        self.buffers.iter().map(|(_, bytes)| bytes).sum()
    }
}

fn augment_table(request: &Request) -> Vec<u32> {
    let [h, w, _] = request.model.input;
    request.input.augment.as_ref().map_or_else(Vec::new, |policy| policy.table([h, w]))
}

fn place_parameters(graph: &Graph, layout: &Layout) -> Vec<Placed> {
    let places = layout.parameters.iter().zip(&layout.gradients);
    let placed = graph.parameters.iter().zip(places).map(|(parameter, (&offset_words, &gradient))| {
        let tensor = &graph.tensors[parameter.tensor];
        let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
        Placed { name, shape, init: parameter.init, offset_words, gradient }
    });
    placed.collect()
}

/// Gives every launch its buffers, and checks them against the limits.
fn finish(
    list: &lower::Lowering,
    slots: &[Option<usize>],
    parameters: &[Placed],
    states: &[PlacedState],
    [weights, shadow]: [Buffer; 2],
    limits: Limits,
) -> Result<Vec<PlanStep>, PlanError> {
    let bind = |layer: &str, tensor: usize, access: Access| {
        let described = &list.tensors[tensor];
        if described.bytes > limits.binding_bytes && described.home == Home::Slot {
            let tensor = match described.name.starts_with(layer) {
                true => described.name.clone(),
                false => format!("{layer}: {}", described.name),
            };
            let hint = SMALLER;
            return Err(PlanError::TooLarge { tensor, bytes: described.bytes, limit: limits.binding_bytes, hint });
        }
        let (buffer, offset) = match described.home {
            Home::Slot => (Buffer::Slot(slots[tensor].expect("a bound tensor has a slot")), 0),
            Home::Parameter(i) => (weights, parameters[i].offset_words as u64 * 4),
            Home::Gradient(i) => (Buffer::Gradients, parameters[i].gradient.offset_words as u64 * 4),
            Home::Shadow(i) => (shadow, parameters[i].offset_words as u64 * 2),
            Home::Sum(i) => (Buffer::Sums, parameters[i].offset_words as u64 * 4),
            Home::StateOf(state, i) => (Buffer::State(state), states[state].offset_words(i) as u64 * 4),
            Home::AllParameters => (Buffer::Parameters, 0),
            Home::AllShadows => (Buffer::Shadow, 0),
            Home::AllGradients => (Buffer::Gradients, 0),
            Home::AllSums => (Buffer::Sums, 0),
            Home::AllAverages => (Buffer::Averages, 0),
            Home::AllAverageShadows => (Buffer::AverageShadow, 0),
            Home::State(i) => (Buffer::State(i), 0),
            Home::Resident(resident) => (Buffer::Resident(resident), 0),
        };
        Ok(Bound { buffer, offset, bytes: described.bytes, access })
    };
    list.launches
        .iter()
        .map(|launch| {
            if let Some(limit) = limits.iterations.filter(|&limit| launch.iterations >= limit) {
                let (layer, kernel) = (launch.layer.clone(), launch.kernel.name.to_string());
                return Err(PlanError::TooLong { layer, kernel, iterations: launch.iterations, limit });
            }
            Ok(PlanStep {
                layer: launch.layer.clone(),
                kernel: launch.kernel.clone(),
                bindings: launch.bindings.iter().map(|&(t, a)| bind(&launch.layer, t, a)).collect::<Result<_, _>>()?,
                tensors: launch.bindings.iter().map(|&(t, _)| list.tensors[t].name.clone()).collect(),
                groups: launch.groups,
                multiply_adds: launch.multiply_adds,
                tuning: launch.tuning.clone(),
            })
        })
        .collect()
}
