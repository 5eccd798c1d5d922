//! Classifies image files with a trained run: `cargo run --release --example classify -- runs/photos-1 one.jpg two.png`.
//! Without arguments it trains a small model first, and classifies a test image from its raw pixels.

use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::{Answer, Predictor};
use lepton_gpu::{Run, data};

fn print(name: &str, answer: &Answer) {
    let likeliest: Vec<String> =
        answer.top(3).iter().map(|class| format!("{} {:.1} %", class.name, 100.0 * class.probability)).collect();
    println!("{name}: {}", likeliest.join(", "));
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = Gpu::open(&Default::default())?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((run, images)) = arguments.split_first() else {
        return train_and_classify(&gpu);
    };
    let predictor = Predictor::load(&gpu, run)?;
    for image in images {
        print(image, &predictor.predict_file(image)?);
    }
    Ok(())
}

fn train_and_classify(gpu: &Gpu) -> Result<(), Box<dyn std::error::Error>> {
    let data = data::load(None)?;
    let trained = Run::new(ModelSpec::open("seed-mnist")?).limit(2000).epochs(1).train(gpu, &data)?;
    // a program would keep these bytes in a file, or in itself with include_bytes!
    let bytes = trained.checkpoint()?.to_bytes();
    let predictor = Predictor::from_bytes(gpu, &bytes)?;

    let test = data.test().expect("the built-in data have test images");
    let three = test.range(0..3)?;
    for (image, answer) in predictor.predict(&three)?.iter().enumerate() {
        print(&format!("test image {image}, a {}", data.classes()[test.labels()[image] as usize]), answer);
    }
    Ok(())
}
