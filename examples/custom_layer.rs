//! A layer of one's own, made of existing ops: it is registered once, and then stands in models, checkpoints and model files
//! like any other. `cargo run --release --example custom_layer`.

use lepton_gpu::gpu::Gpu;
use lepton_gpu::kernels::add::Add;
use lepton_gpu::kernels::conv2d::Conv2d;
use lepton_gpu::kernels::{Padding, Shape, ShapeError, Window};
use lepton_gpu::model::{
    Activation, Build, Init, LayerBuilder, LayerType, ModelBuilder, OptionDoc, Reads, Value, layer, parse, register,
};
use lepton_gpu::train::Predictor;
use lepton_gpu::{Run, data};

/// A residual block with one convolution: `x + relu(conv(x))`, as many channels as it reads.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Residual {
    kernel: usize,
}

static RESIDUAL: LayerType = LayerType {
    name: "residual",
    summary: "what it reads plus a convolution of it",
    reads: Reads::Exactly(1),
    options: &[OptionDoc { name: "kernel", takes: "number", default: None, meaning: "side of the kernel, odd" }],
    parse: parse::<Residual>,
};

impl Build for Residual {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let x = Value::Input(0);
        let [_, _, _, c] = layer.shape(x).nhwc()?;
        let side = self.kernel;
        let window = Window { padding: Padding::Same, ..Window::new([side, side], [1, 1]) };
        let init = Init::GlorotUniform { fan_in: side * side * c, fan_out: side * side * c };
        let weight = layer.parameter("weight", Shape::new(&[side, side, c, c]), init);
        let bias = layer.parameter("bias", Shape::new(&[c]), Init::Constant(0.0));
        let y = layer.add_as("conv", Conv2d::new(window), &[x, weight, bias])?;
        let y = layer.activate(Activation::Relu, y)?;
        layer.add(Add::default(), &[x, y])
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    register(&RESIDUAL)?;
    let model = ModelBuilder::images("residual", [28, 28, 1])
        .layer(layer("conv2d").with("filters", 8).with("kernel", 5).with("stride", 2).with("activation", "relu"))
        .layer(layer("residual").with("kernel", 3))
        .layer(layer("residual").with("kernel", 3))
        .layer(layer("global_avg_pool"))
        .layer(layer("linear").with("units", "classes"))
        .build()?;
    println!("{}", model.to_toml());

    let gpu = Gpu::open(&Default::default())?;
    let data = data::load(None)?;
    let mut trained = Run::new(model).learning_rate(0.01).limit(4000).epochs(2).train(&gpu, &data)?;
    let test = trained.evaluate()?.expect("the built-in data have test images");
    println!("test loss {:.3}", test.loss);

    // a checkpoint names the layer, and opens where it is registered
    let predictor = Predictor::from_bytes(&gpu, &trained.checkpoint()?.to_bytes())?;
    println!("{} classes", predictor.names().len());
    Ok(())
}
