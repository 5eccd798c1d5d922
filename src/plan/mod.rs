//! A model, a loss, an optimiser and a batch size, compiled once into lists of launches. Pure and printable: the same inputs give
//! the same plan, and no device is needed.

mod adversarial;
mod bind;
mod buffer;
mod counts;
mod draft;
mod error;
mod explain;
mod frozen;
mod gradients;
pub mod graph;
mod ids;
mod input;
mod launch;
mod lists;
mod loss;
mod lower;
mod memory;
mod phases;
mod request;
mod rewrite;
mod rules;
mod states;
#[cfg(feature = "cli")]
mod summary;
mod text;
mod update;

use lepton_kernels::Shape;
use lepton_kernels::op::Target;
use lepton_kernels::parameters::{GradientPlace, Layout};

pub use buffer::{Buffer, Location};
pub use counts::{parameters, thousands};
pub use error::{PlanError, mib};
pub use explain::{Explain, Inspected};
pub use graph::{Graph, HISTORY, Setting};
pub use ids::{Id, Table};
pub use input::Input;
pub use launch::{Bound, Launch, PlanTensor, PlanTensorId};
pub use lists::{Goal, List, Lists};
pub use loss::{RECORDED, default_loss};
pub use memory::{Slot, SlotId};
pub use phases::Phase;
pub use request::{Limits, Request, Training, WINDOW_ALIGN};
pub use rewrite::{REWRITES, Rewrite};
pub use states::PlacedState;
#[cfg(feature = "cli")]
pub use summary::{LayerRow, layer_table, summary};

use crate::config::LossConfig;
use crate::model::{Init, InputKind, ModelSpec};
use phases::Graphs;

/// A parameter's place.
#[derive(Clone, Debug)]
pub struct Placed {
    /// `conv1.weight`.
    pub name: String,
    /// Its shape; elements lie in row-major order.
    pub shape: Shape,
    /// How its elements start.
    pub init: Init,
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
    /// Its shape; elements lie in row-major order.
    pub shape: Shape,
    /// Its first word in the buffer.
    pub offset_words: usize,
}

/// A compiled model as [`Plan::compile`] made it. It can be read and not changed, since kernels rest on what it says.
#[derive(Debug)]
pub struct Plan(Compiled);

impl std::ops::Deref for Plan {
    type Target = Compiled;

    fn deref(&self) -> &Compiled {
        &self.0
    }
}

/// What a [`Plan`] says.
#[derive(Debug)]
pub struct Compiled {
    /// The model's name.
    pub model: String,
    /// Images in a batch.
    pub batch: usize,
    /// The fewest images of a batch that can be learned: 2 where a layer normalises features over the batch.
    pub least_images: usize,
    /// Numbers that the model gives for an image: one for each class, if there are classes.
    pub classes: usize,
    /// The loss; its weights go to [`Buffer::LossWeights`].
    pub loss: LossConfig,
    /// Parameters in the order of their layers.
    pub parameters: Vec<Placed>,
    /// Words of the buffer of parameters.
    pub arena_words: usize,
    /// The phases of a training step; none where nothing is trained.
    pub phases: Vec<Phase>,
    /// What augmentation draws from; goes to [`Buffer::Augment`].
    pub augment_table: Vec<u32>,
    /// What the optimiser keeps of the parameters.
    pub states: Vec<PlacedState>,
    /// Where what an explanation asks for is left, if there is one.
    pub inspected: Option<Inspected>,
    /// Bytes of the images in each part of the data set.
    pub image_parts: Vec<u64>,
    /// Images of the window that these are, where the data set is streamed.
    pub window: Option<usize>,
    /// Every buffer with its size in bytes.
    pub buffers: Vec<(Buffer, u64)>,
    /// Every tensor that a launch binds.
    pub tensors: Table<PlanTensor>,
    /// The launches of each goal, in the order in which they run.
    pub lists: Lists<Launch<Bound>>,
    /// What was fused, for people: `relu of conv1 into pool1`.
    pub fused: Vec<String>,
    /// The target it was made for.
    pub target: Target,
    /// Whether an application's own layers, loss or optimiser are in it, whose ops are not known here: shaders check their indices
    /// then.
    pub foreign_ops: bool,
}

impl Plan {
    /// Compiles a plan for a model.
    ///
    /// # Errors
    /// If the layers do not fit together or do not give what the loss needs, if rules leave nothing to train, or if the adapter
    /// cannot bind or run what it takes.
    pub fn compile(model: &ModelSpec, request: &Request) -> Result<Self, PlanError> {
        let own_optimizer = request.training.as_ref().is_some_and(|training| !training.optimizer.is_listed());
        let foreign_ops = model.has_own_layers() || own_optimizer || !request.loss.is_listed();
        // nothing checks the indices of cooperative matrices
        let matrix = if foreign_ops { None } else { request.target.matrix };
        let request = &Request { target: Target { matrix, ..request.target.clone() }, ..request.clone() };
        let setting = Setting {
            window: request.window,
            part: request.images_in_a_part(model.input.iter().product()),
            precision: request.target.precision,
            record_predictions: request.record_predictions,
            input: request.input.clone(),
            ..Setting::new(request.batch, request.images, request.loss.clone())
        };
        let graphs = Graphs::build(model, request, &setting)?;
        let mut lowering = lower::lower(&graphs, request);
        let lists = lowering.draft.finish(graphs.phases.len());
        let slots = memory::assign(&lowering.draft.tensors, lists.all());
        let (graph, layout) = (graphs.any(), &lowering.layout);
        let parameters = place_parameters(graph, layout);
        let states = request.training.as_ref().map_or_else(Vec::new, |training| training.optimizer.states());
        let states = states::place(&states, &parameters, layout.parameter_words);
        let lists = bind::bind(&lists, &lowering, &slots, &states, request.limits)?;
        let [height, width, _] = model.input;
        let table = request.input.augment.as_ref().map(|policy| policy.table([height, width]));
        let mut plan = Plan(Compiled {
            model: model.name.clone(),
            batch: request.batch,
            least_images: graphs.least_images(),
            classes: graph.classes(),
            loss: setting.loss,
            parameters,
            arena_words: layout.parameter_words,
            phases: lowering.phases,
            augment_table: table.unwrap_or_default(),
            states,
            inspected: lowering.inspected,
            image_parts: graph.image_parts(),
            window: request.window.filter(|_| model.input_kind() == InputKind::Images),
            buffers: Vec::new(),
            tensors: lowering.draft.tensors,
            lists,
            fused: graphs.fused,
            target: request.target.clone(),
            foreign_ops,
        });
        plan.0.buffers = bind::buffers(&plan, &slots, layout.gradient_words);
        bind::check_buffers(&plan, request.limits)?;
        Ok(plan)
    }

    /// As [`compile`](Self::compile), in a batch that the adapter can bind: the one asked for, or half of it, and so on. For inference,
    /// whose answers are the same in any batch, to the bit if the target asks for it ([`Target::for_any_batch`]).
    ///
    /// # Errors
    /// As [`compile`](Self::compile); where even one example is too much, with the sizes of the batch asked for.
    pub fn compile_fitting(model: &ModelSpec, request: &Request) -> Result<Self, PlanError> {
        let mut first = None;
        let mut batch = request.batch;
        loop {
            match Self::compile(model, &Request { batch, ..request.clone() }) {
                Err(error @ PlanError::TooLarge { .. }) if batch > 1 => {
                    first.get_or_insert(error);
                    batch /= 2;
                }
                Err(error @ PlanError::TooLarge { .. }) => return Err(first.unwrap_or(error)),
                other => return other,
            }
        }
    }

    /// Whether a table of tiles has a say in any of its products.
    pub fn is_tuned(&self) -> bool {
        let tiles = &self.target.tiles;
        self.lists[Goal::Train]
            .iter()
            .filter_map(|launch| launch.tuning.as_ref())
            .any(|tuning| tiles.get(&tuning.product).is_some())
    }

    /// Bytes of all buffers: the peak, since nothing is allocated later.
    pub fn bytes(&self) -> u64 {
        self.buffers.iter().map(|(_, bytes)| bytes).sum()
    }
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
