//! A whole training step on the device against the f64 twins: loss, right answers and the gradient of every parameter,
//! for a full batch and for a last one that is not full. And gradients of inputs and layers in inference.

use std::collections::HashMap;

use lepton_gpu::Hints;
use lepton_gpu::data;
use lepton_gpu::gpu::{Gpu, Program};
use lepton_gpu::model::{ModelSpec, initial_values};
use lepton_gpu::plan::{self, Buffer, Explain, Goal, Plan, PlanError, Request};
use lepton_gpu::reference::{self, Images};
use lepton_kernels::gemm::Family;
use lepton_kernels::op::Target;
use lepton_kernels::target::Splitting;
use lepton_kernels::{Array, Shape, Step, random};

mod common;

/// Branches that are joined, a pool over a ReLU, strides, groups, dilation, an average pool, a layer used twice.
const BRANCHED: &str = include_str!("models/branched.toml");

/// Activations, gates, layers side by side, dropout of everything that can go.
const GATED: &str = include_str!("models/gated.toml");

/// What mobile and residual networks are made of.
const MOBILE: &str = include_str!("models/mobile.toml");

/// Words to the first layer.
const TEXT: &str = "name = \"text\"\ntokens = 6\n\
    [[layer]]\nname = \"words\"\ntype = \"embedding\"\nvocabulary = 10\nfeatures = 4\n\
    [[layer]]\ntype = \"global_avg_pool\"\n[[layer]]\ntype = \"linear\"\nunits = 2\n";

/// Models that compute the same whether they are trained or not.
const BOTH: [Goal; 2] = [Goal::Evaluate, Goal::Train];

const BATCH: usize = 5;
const IMAGES: usize = 13;

fn check(gpu: &Gpu, model: &ModelSpec, batch_length: u32, goals: &[Goal]) {
    let data = data::load(None).unwrap().into_splits().train.unwrap();
    let pixels = &data.bytes().unwrap()[..IMAGES * data.example_bytes()];
    let labels = &data.labels()[..IMAGES];
    let request = Request { target: gpu.target(), limits: gpu.limits(), ..Request::new(BATCH, IMAGES) };
    let plan = Plan::compile(model, &request).unwrap();
    let mut program = Program::new(gpu, &plan).unwrap();
    let mut words = vec![0f32; plan.arena_words];
    let mut parameters = HashMap::new();
    for parameter in &plan.parameters {
        let mut values = initial_values(&parameter.name, &parameter.shape, parameter.init, 7);
        if parameter.name.ends_with("bias") {
            values = (0..values.len() as u64).map(|i| 0.1 * random::normal(7, 1, i) as f32).collect();
        }
        words[parameter.offset_words..][..values.len()].copy_from_slice(&values);
        parameters.insert(parameter.name.clone(), values);
    }
    program.write_parameters(bytemuck::cast_slice(&words)).unwrap();
    program.write_images(&[pixels]).unwrap();
    program.write(Buffer::Labels, bytemuck::cast_slice(labels)).unwrap();
    program.write(Buffer::Norm, bytemuck::cast_slice(&[0f32, 1.0])).unwrap();

    let step = Step {
        batch_start: BATCH as u32,
        batch_length,
        range_length: IMAGES as u32,
        data_length: IMAGES as u32,
        shuffle_key: random::key(1, 2, 3),
        noise_key: random::key(1, 3, 3),
        ..Step::default()
    };
    let want = reference::run(model, BATCH, Images { pixels, labels }, &parameters, &step).unwrap();
    for &goal in goals {
        let [loss, correct] = program.run(goal, &mut [step]).unwrap()[0];
        assert!((f64::from(loss) / want.loss - 1.0).abs() < 1e-5, "{goal:?}: loss {loss}, twins {}", want.loss);
        assert_eq!(correct as usize, want.correct, "{goal:?}: right answers");
    }
    for parameter in &plan.parameters {
        let got = program.gradient(parameter).unwrap();
        let worst = lepton_kernels::array::worst_error(&got, &want.gradients[&parameter.name].data);
        assert!(worst.error < 1e-4, "{}: {worst:?}", parameter.name);
    }
}

#[test]
fn a_step_is_what_the_twins_say() {
    let Some(gpu) = common::gpu() else { return };
    let model = ModelSpec::parse(BRANCHED, "branched").unwrap();
    for batch_length in [BATCH as u32, 3] {
        check(&gpu, &model, batch_length, &BOTH);
    }
    let gpu = gpu.with_target(Target::f32(Family::Simt)).expect("the adapter has it");
    check(&gpu, &model, 1, &BOTH);
}

#[test]
fn a_step_with_gates_and_dropout_is_what_the_twins_say() {
    let Some(gpu) = common::gpu() else { return };
    let model = |rate| ModelSpec::parse(&GATED.replace("rate = 0.0", rate), "gated").unwrap();
    check(&gpu, &model("rate = 0.0"), 3, &BOTH);
    check(&gpu, &model("rate = 0.3"), BATCH as u32, &[Goal::Train]);
    let gpu = gpu.with_target(Target::f32(Family::Simt)).expect("the adapter has it");
    check(&gpu, &model("rate = 0.3"), 3, &[Goal::Train]);
}

/// Products that are split along K whole networks through: what they leave is read by norms, pools, gates and other products.
#[test]
fn a_step_of_products_in_slabs_is_what_the_twins_say() {
    let Some(gpu) = common::gpu() else { return };
    let target = Target { splitting: Some(Splitting::ALWAYS), ..Target::f32(Family::Simt) };
    let gpu = gpu.with_target(target).expect("the adapter has it");
    for (text, name) in [(BRANCHED, "branched"), (GATED, "gated")] {
        let model = ModelSpec::parse(&text.replace("rate = 0.0", "rate = 0.3"), name).unwrap();
        let request = Request { target: gpu.target(), limits: gpu.limits(), ..Request::new(BATCH, IMAGES) };
        let plan = Plan::compile(&model, &request).unwrap();
        let split = |direction: &str| plan.lists.all().iter().any(|l| l.kernel.name.starts_with(direction));
        assert!(split("forward/add ") && split("grad_input/add "), "{name} has nothing to split");
        check(&gpu, &model, 3, &[Goal::Train]);
    }
    check_explanation(&gpu, &ModelSpec::parse(MOBILE, "mobile").unwrap(), None, true);
}

/// Numbers around 0 in which no value repeats.
fn normal(shape: &Shape, stream: u64) -> Vec<f32> {
    (0..shape.count() as u64).map(|i| random::normal(17, stream, i) as f32).collect()
}

/// Parameters of a plan that no layer leaves at 0 or 1; variances are positive.
fn parameters(plan: &Plan) -> (Vec<f32>, HashMap<String, Vec<f64>>) {
    let mut words = vec![0f32; plan.arena_words];
    let mut named = HashMap::new();
    for (number, parameter) in plan.parameters.iter().enumerate() {
        let mut values = initial_values(&parameter.name, &parameter.shape, parameter.init, 7);
        if parameter.shape.sizes().len() == 1 {
            let is_variance = parameter.name.ends_with("running_var");
            let near = |v: f32| if is_variance { 0.3 + v * v } else { 0.6 + 0.5 * v };
            values = normal(&parameter.shape, 40 + number as u64).into_iter().map(near).collect();
        }
        words[parameter.offset_words..][..values.len()].copy_from_slice(&values);
        named.insert(parameter.name.clone(), values.into_iter().map(f64::from).collect());
    }
    (words, named)
}

/// The outputs, what is inspected and its gradient, on the device and by the twins.
fn check_explanation(gpu: &Gpu, model: &ModelSpec, layer: Option<&str>, fuse: bool) {
    let asked = Explain { layer: layer.map(Into::into) };
    let what = format!("{}, {}{}", model.name, layer.unwrap_or("input"), if fuse { "" } else { ", not fused" });
    let request = Request::explanation(3, &Default::default(), asked.clone());
    let plan = Plan::compile(model, &Request { target: gpu.target(), limits: gpu.limits(), fuse, ..request }).unwrap();
    assert!(plan.lists[Goal::Explain].iter().all(|launch| !launch.kernel.name.contains("grad_weight")), "{what}");
    let mut program = Program::new(gpu, &plan).unwrap();
    let (words, named) = parameters(&plan);
    program.write_parameters(bytemuck::cast_slice(&words)).unwrap();
    let [h, w, c] = model.input;
    let exact = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let input_shape = Shape::new(&[3, h, w, c]);
    let output_shape = Shape::new(&[3, plan.classes]);
    let (input, counts) = (normal(&input_shape, 1), normal(&output_shape, 2));
    program.write(Buffer::Input, bytemuck::cast_slice(&input)).unwrap();
    program.write(Buffer::OutputGradient, bytemuck::cast_slice(&counts)).unwrap();
    let mut step = [Step { batch_length: 3, range_length: 3, ..Step::default() }];
    for goal in [Goal::Outputs, Goal::Explain] {
        program.run(goal, &mut step).unwrap();
    }
    let input = Array::new(input_shape, exact(&input));
    let counts = Array::new(output_shape, exact(&counts));
    let want = reference::explain_exact(model, &asked, &input, &named, &counts).unwrap();
    let places = plan.inspected.clone().unwrap();
    let buffers = [Buffer::Logits, places.value, places.gradient];
    for ((want, buffer), part) in want.iter().zip(buffers).zip(["outputs", "values", "gradient"]) {
        let bytes = program.read(buffer, 0, want.data.len() as u64 * 4).unwrap();
        let got: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
        let worst = lepton_kernels::array::worst_error(&got, &want.data);
        assert!(worst.error < 1e-4, "{what}: {part}: {worst:?}");
        assert!(want.data.iter().any(|v| v.abs() > 1e-3), "{what}: {part} are nothing");
    }
}

#[test]
fn gradients_of_inputs_and_layers_are_what_the_twins_say() {
    let Some(gpu) = common::gpu() else { return };
    for (text, name) in [(MOBILE, "mobile"), (BRANCHED, "branched"), (GATED, "gated")] {
        let model = ModelSpec::parse(text, name).unwrap();
        check_explanation(&gpu, &model, None, true);
        for layer in &model.layers {
            check_explanation(&gpu, &model, Some(&layer.name), true);
        }
    }
    let model = ModelSpec::parse(MOBILE, "mobile").unwrap();
    check_explanation(&gpu, &model, None, false);
    let gpu = gpu.with_target(Target::f32(Family::Simt)).expect("the adapter has it");
    check_explanation(&gpu, &model, None, true);
}

#[test]
fn gradients_of_inputs_are_finite_differences() {
    for (text, name) in [(MOBILE, "mobile"), (BRANCHED, "branched"), (GATED, "gated")] {
        let model = ModelSpec::parse(text, name).unwrap();
        let asked = Explain::default();
        let plan = Plan::compile(&model, &Request::explanation(2, &Default::default(), asked.clone())).unwrap();
        let (_, named) = parameters(&plan);
        let [h, w, c] = model.input;
        let array = |sizes: &[usize], stream| {
            let shape = Shape::new(sizes);
            let values = normal(&shape, stream).into_iter().map(f64::from).collect();
            Array::new(shape, values)
        };
        let (input, counts) = (array(&[2, h, w, c], 1), array(&[2, plan.classes], 2));
        let explain = |input: &Array| reference::explain_exact(&model, &asked, input, &named, &counts).unwrap();
        let [.., gradient] = explain(&input);
        for stream in 3..6 {
            let direction = array(&[2, h, w, c], stream);
            // small, so that hardly any ReLU or maximum changes sides
            let along = |by: f64| {
                let [outputs, ..] = explain(&input.zip(&direction, |x, d| x + by * d));
                outputs.data.iter().zip(&counts.data).map(|(output, count)| output * count).sum::<f64>()
            };
            let slope = (along(1e-7) - along(-1e-7)) / 2e-7;
            let want: f64 = gradient.data.iter().zip(&direction.data).map(|(g, d)| g * d).sum();
            assert!((slope / want - 1.0).abs() < 1e-4, "{name}: {slope} along a line, {want} by the gradient");
        }
    }
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let error = |model: &ModelSpec, layer: Option<&str>| {
        let asked = Explain { layer: layer.map(Into::into) };
        Plan::compile(model, &Request::explanation(1, &plan::default_loss(model), asked)).unwrap_err()
    };
    let refused = |model: &ModelSpec, layer: Option<&str>| error(model, layer).to_string();
    let way_out = |model: &ModelSpec| format!("{:?}", error(model, None).hints());
    let mobile = ModelSpec::parse(MOBILE, "mobile").unwrap();
    assert_eq!(refused(&mobile, Some("lats")), "the model has no layer `lats`");
    let image = ModelSpec::open("autoencoder").unwrap();
    assert!(refused(&image, None).contains("it answers with an image"));
    assert!(way_out(&image).contains("a model that gives classes, labels or numbers"));
    // no gradient passes an embedding, and there is one of what it gives
    let text = ModelSpec::parse(TEXT, "text").unwrap();
    assert!(matches!(error(&text, None), PlanError::NoGradient { layer } if layer == "input"));
    assert!(way_out(&text).contains("a later layer"));
    let asked = Explain { layer: Some("words".into()) };
    Plan::compile(&text, &Request::explanation(1, &plan::default_loss(&text), asked)).unwrap();
    let gan = ModelSpec::parse(include_str!("models/tiny-gan.toml"), "tiny-gan").unwrap();
    assert!(refused(&gan, None).contains("it makes images from noise"));
}
