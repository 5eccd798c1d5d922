//! Models to write: every preset and every type of layer, with weights that are nowhere what they would be by chance.

use lepton_gpu::checkpoint::{Checkpoint, DatasetFingerprint, NamedTensor, State};
use lepton_gpu::config::{LossConfig, NormalizeConfig, RunConfig};
use lepton_gpu::data::Vocabulary;
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::{Generator, InputKind, ModelSpec};
use lepton_gpu::plan::{Graph, Setting, parameters};
use lepton_gpu::tasks;
use lepton_kernels::{Mode, random};

/// Classes of the models that have any.
pub const CLASSES: usize = 7;
/// Words of the models of texts.
pub const WORDS: usize = 50;

/// A number from -1 to 1.
fn number(name: &str, i: usize) -> f32 {
    let salt = name.bytes().fold(7u32, |hash, byte| random::mix(hash ^ u32::from(byte)));
    random::mix(salt ^ random::mix(i as u32)) as f32 / u32::MAX as f32 * 2.0 - 1.0
}

/// Values of a parameter: weights as large as keeps activations in size, variances above 0, everything else around its start.
fn values(name: &str, shape: &[usize]) -> Vec<f32> {
    let count: usize = shape.iter().product();
    let inputs = (count / shape.last().copied().unwrap_or(1)).max(1);
    let value = |i: usize| {
        let x = number(name, i);
        if name.ends_with("running_var") {
            1.0 + 0.5 * x
        } else if shape.len() > 1 {
            x * (4.0 / inputs as f32).sqrt()
        } else if name.ends_with("bias") || name.ends_with("running_mean") {
            0.1 * x
        } else {
            1.0 + 0.2 * x
        }
    };
    (0..count).map(value).collect()
}

/// A preset with the loss that its layers are made for, on small images: weights and time grow with them, nodes do not.
pub fn preset(name: &str) -> (ModelSpec, LossConfig) {
    let mut model = ModelSpec::open(name).unwrap();
    // VGG's first linear layer grows with them
    let size = if name.starts_with("vgg") { 32 } else { 64 };
    if model.input[0] > size {
        model.input = [size, size, 3];
    }
    let loss = tasks::loss_of_model(&model);
    (model, loss)
}

/// Whether an adapter can bind a model's parameters; says so if it cannot.
pub fn fits(gpu: &Gpu, model: &ModelSpec) -> bool {
    let (bytes, limit) = (4 * parameters(model).unwrap(), gpu.limits().binding_bytes);
    let fits = bytes <= limit;
    if !fits {
        println!("skipped: {} has {bytes} bytes of parameters, and this adapter binds {limit}", model.name);
    }
    fits
}

/// A checkpoint of a model for a loss, as a run would have it.
pub fn checkpoint(model: &ModelSpec, loss: &LossConfig, normalize: &str) -> Checkpoint {
    let model = model.for_classes(CLASSES).for_texts(12, WORDS);
    let setting = Setting { mode: Mode::Train, ..Setting::new(1, 1, loss.clone()) };
    let graph = Graph::build(&model, &setting).unwrap_or_else(|error| panic!("{}: {error}", model.name));
    let tensor = |id| {
        let (name, shape) = (graph.parameter_name(id).to_string(), graph.parameter_shape(id).sizes().to_vec());
        let data = values(&name, &shape).iter().flat_map(|value| value.to_le_bytes()).collect();
        NamedTensor { name, shape, data }
    };
    let tensors: Vec<NamedTensor> = graph.parameters.ids().map(tensor).collect();
    assert!(model.generator.is_none() || tensors.iter().any(|t| t.name.starts_with(Generator::PREFIX)));
    let normalize = NormalizeConfig::parse(normalize).unwrap();
    let config = RunConfig { loss: loss.clone(), normalize, ..RunConfig::default() };
    let names: Vec<String> = (0..graph.classes()).map(|class| format!("class {class}")).collect();
    let words = || (0..WORDS).map(|word| format!("word{word}")).collect::<Vec<String>>();
    let vocabulary = (model.input_kind() == InputKind::Texts).then(|| Vocabulary::from(words()));
    let data = DatasetFingerprint { train: 1, test: 0, hash: 0, by_name: false };
    Checkpoint::new(&model, &config, &names, vocabulary.as_ref(), data, &State::default(), tensors)
}

/// A layer of each type, with options that are not the defaults where that is harder, and what it reads.
pub const LAYERS: &[(&str, &str)] = &[
    ("conv2d", "filters = 8\nkernel = [3, 2]\nstride = [2, 1]\npadding = \"same\"\ngroups = 2\nactivation = \"mish\""),
    ("conv2d", "filters = 4\nkernel = 3\npadding = [2, 0, 1, 1]\ndilation = [1, 2]\nactivation = \"gelu_tanh\""),
    ("linear", "units = 5\nactivation = \"elu\""),
    ("max_pool2d", "pool = [3, 2]\nstride = 2\npadding = \"same\""),
    ("avg_pool2d", "pool = 3\nstride = 2\npadding = [1, 1]"),
    ("avg_pool2d", "pool = 3\nstride = 2\npadding = [1, 1]\ncount_include_pad = true"),
    ("batch_norm", "epsilon = 1e-3"),
    ("batch_norm", "affine = false\nactivation = \"relu\""),
    ("layer_norm", ""),
    ("layer_norm", "over = \"image\""),
    ("layer_norm", "affine = false"),
    ("group_norm", "groups = 3"),
    ("group_norm", "groups = 2\naffine = false"),
    ("instance_norm", "affine = true"),
    ("instance_norm", ""),
    ("global_avg_pool", ""),
    ("relu", ""),
    ("leaky_relu", "negative_slope = 0.2"),
    ("elu", "alpha = 0.7"),
    ("gelu", ""),
    ("silu", ""),
    ("hardswish", ""),
    ("sigmoid", ""),
    ("tanh", ""),
    ("hardsigmoid", ""),
    ("relu6", ""),
    ("softplus", ""),
    ("mish", ""),
    ("prelu", ""),
    ("prelu", "slopes = \"channel\""),
    ("layer_scale", ""),
    ("softmax", ""),
    ("log_softmax", ""),
    ("dropout", "rate = 0.5"),
    ("spatial_dropout", "rate = 0.5"),
    ("stochastic_depth", "rate = 0.5"),
    ("squeeze_excite", "ratio = 2\nactivation = \"silu\"\ngate = \"hardsigmoid\""),
    ("add", ""),
    ("multiply", ""),
    ("concat", ""),
    ("flatten", ""),
    ("conv_transpose2d", "filters = 4\nkernel = 3\nstride = 2\npadding = \"same\"\ngroups = 2"),
    ("conv_transpose2d", "filters = 3\nkernel = [3, 2]\nstride = [2, 3]\npadding = 1\noutput_padding = [1, 2]"),
    ("conv_transpose2d", "filters = 3\nkernel = 2\nstride = 3\npadding = \"same\"\ndilation = 1"),
    ("separable_conv2d", "filters = 5\nkernel = 3\ndepth_multiplier = 2\npadding = \"same\""),
    ("depthwise_conv2d", "kernel = 3\nstride = 2"),
    ("conv1d", "filters = 4\nkernel = 3\npadding = \"causal\"\ndilation = 2"),
    ("conv_transpose1d", "filters = 4\nkernel = 3\nstride = 2\npadding = 1"),
    ("max_pool1d", "pool = 3\nstride = 2"),
    ("avg_pool1d", "pool = 2"),
    ("global_max_pool", ""),
    ("adaptive_avg_pool2d", "output = [4, 2]"),
    ("adaptive_avg_pool2d", "output = [3, 5]"),
    ("adaptive_max_pool2d", "output = [2, 3]"),
    ("adaptive_max_pool2d", "output = [3, 4]"),
    ("upsample", "scale_factor = [2, 3]"),
    ("upsample", "size = [11, 13]"),
    ("upsample", "scale_factor = 2\nmode = \"bilinear\""),
    ("upsample", "size = [11, 4]\nmode = \"bilinear\""),
    ("upsample", "scale_factor = 2\nmode = \"bilinear\"\nalign_corners = true"),
    ("upsample", "size = [5, 13]\nmode = \"bilinear\"\nalign_corners = true"),
    ("pixel_shuffle", "factor = 2"),
    ("pixel_unshuffle", "factor = 2"),
    ("zero_pad2d", "padding = [1, 0, 2, 1]"),
    ("crop2d", "cropping = [1, 0, 2, 1]"),
    ("pad_channels", "before = 1\nafter = 2"),
    ("subsample", "stride = [2, 3]"),
    ("reshape", "shape = [4, 4, -1]"),
    ("reshape", "shape = [-1]"),
    ("embedding", "vocabulary = \"auto\"\nfeatures = 6"),
];

/// A small model around a layer of this type.
pub fn model_of(kind: &str, options: &str) -> ModelSpec {
    let sequence = kind.ends_with("1d");
    let input = match kind {
        "embedding" => "tokens = 12".to_string(),
        _ if sequence => "input = [1, 12, 6]".into(),
        "pixel_shuffle" => "input = [8, 6, 8]".into(),
        _ => "input = [8, 6, 6]".into(),
    };
    let layer = |kind: &str, rest: &str| format!("[[layer]]\ntype = \"{kind}\"\n{rest}\n");
    let two = ["add", "multiply", "concat"].contains(&kind);
    let before = match kind {
        "linear" => layer("flatten", ""),
        "embedding" => String::new(),
        _ if two => {
            let side = |name: &str| layer("relu", &format!("name = \"{name}\"\ninputs = [\"input\"]"));
            [side("a"), layer("sigmoid", "name = \"b\"\ninputs = [\"input\"]")].concat()
        }
        _ => String::new(),
    };
    let reads = if two { "inputs = [\"a\", \"b\"]" } else { "" };
    let ends = [layer("flatten", ""), layer("linear", "units = \"classes\"")].concat();
    let text = format!(
        "name = \"sample\"\n{input}\n{before}{}{ends}",
        layer(kind, &format!("name = \"it\"\n{reads}\n{options}"))
    );
    ModelSpec::parse(&text, "sample").unwrap_or_else(|error| panic!("{kind}: {error}\n{text}"))
}
