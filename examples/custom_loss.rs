//! A loss of one's own: the logarithm of the hyperbolic cosine of each error, smooth near 0 and linear far from it. Its kernel
//! is a few lines of WGSL beside its definition in f64. `cargo run --release --example custom_loss`.

use lepton_gpu::Run;
use lepton_gpu::config::{LossConfig, Member};
use lepton_gpu::data::{Dataset, Split, Targets, Values};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::losses::{Form, Kind, Loss, OwnLoss, TargetKind, read};
use lepton_gpu::model::{ModelBuilder, layer};
use lepton_gpu::train::Predictor;

/// Log-cosh.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LogCosh {}

static LOG_COSH: Member<dyn Loss> =
    Member { name: "log_cosh", summary: "logarithm of the hyperbolic cosine", options: &[], read: read::<LogCosh> };

/// `log cosh d = |d| + log(1 + exp(-2 |d|)) - log 2`, which does not overflow; its derivative is `tanh d`.
static ELEMENT: OwnLoss = OwnLoss {
    name: "log_cosh",
    wgsl: "
fn of_element(v: f32, t: f32, positive: f32) -> vec2f {
    let d = v - t;
    return vec2f(abs(d) + log(1.0 + exp(-2.0 * abs(d))) - 0.6931472, tanh(clamp(d, -20.0, 20.0)));
}
",
    definition: |v, t| [(v - t).abs() + (-2.0 * (v - t).abs()).exp().ln_1p() - std::f64::consts::LN_2, (v - t).tanh()],
};

impl Loss for LogCosh {
    fn entry(&self) -> &'static Member<dyn Loss> {
        &LOG_COSH
    }

    fn target_kind(&self) -> TargetKind {
        TargetKind::Numbers
    }

    fn form(&self) -> Form {
        Form::Elements(Kind::Own(&ELEMENT))
    }
}

/// Grey images of 8x8 pixels, and how bright they are, 0 to 1.
fn shades(count: usize) -> (Vec<u8>, Vec<f32>) {
    let brightness: Vec<f32> = (0..count).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
    let pixels =
        brightness.iter().flat_map(|&b| (0..64).map(move |i| (b * 200.0) as u8 + (i * 7 % 50) as u8)).collect();
    (pixels, brightness)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    LossConfig::register(&LOG_COSH)?;
    let (pixels, brightness) = shades(808);
    let (test_pixels, test_brightness) = shades(101);
    let test =
        Split::images([8, 8, 1], test_pixels.clone(), Targets::Values(Values { width: 1, data: test_brightness }))?;
    let data = Dataset::from_images_with_values([8, 8, 1], pixels, brightness, ["brightness"])?.with_test(test)?;
    let model = ModelBuilder::images("brightness", [8, 8, 1])
        .layer(layer("global_avg_pool"))
        .layer(layer("linear").with("units", "classes"))
        .build()?;

    let gpu = Gpu::open(&Default::default())?;
    let mut trained = Run::new(model).loss(LogCosh {}).learning_rate(0.05).epochs(20).train(&gpu, &data)?;
    println!("test loss {:.5}", trained.evaluate()?.expect("the data have test images").loss);

    // a checkpoint names the loss, and opens where it is registered
    let predictor = Predictor::from_bytes(&gpu, &trained.checkpoint()?.to_bytes())?;
    println!("brightness of the first image: {:.2}", predictor.predict(&test_pixels[..64])?[0].outputs[0]);
    Ok(())
}
