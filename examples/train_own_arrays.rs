//! Trains on arrays that the program makes itself, evaluates, and saves the model:
//! `cargo run --release --example train_own_arrays`.

use lepton_gpu::Run;
use lepton_gpu::data::{Dataset, Split, Targets};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::{ModelBuilder, layer};
use lepton_gpu::optim::AdamW;
use lepton_gpu::train::Event;

/// Grey images of 12x12 pixels with a bright bar, `[n, h, w, c]`, and whether the bar is upright (1) or lies (0).
fn bars(count: usize, mut seed: u32) -> (Vec<u8>, Vec<u32>) {
    let mut below = |limit: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % limit
    };
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (upright, place) = (below(2), below(12));
        for y in 0..12 {
            for x in 0..12 {
                let bright = if upright == 1 { x == place } else { y == place };
                pixels.push((if bright { 160 } else { 20 } + below(60)) as u8);
            }
        }
        labels.push(upright);
    }
    (pixels, labels)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let classes = ["lies", "upright"];
    let (pixels, labels) = bars(2000, 1);
    let (test_pixels, test_labels) = bars(500, 2);
    // lengths and labels are checked here: data that do not fit together never reach the device
    let test =
        Split::images([12, 12, 1], test_pixels, Targets::Classes { labels: test_labels, classes: classes.len() })?;
    let data = Dataset::from_images([12, 12, 1], pixels, labels, classes)?.with_test(test)?;

    let model = ModelBuilder::images("bars", [12, 12, 1])
        .layer(layer("conv2d").with("filters", 8).with("kernel", 3).with("activation", "relu"))
        .layer(layer("global_max_pool"))
        .layer(layer("linear").with("units", "classes"))
        .build()?;

    let gpu = Gpu::open(&Default::default())?;
    let mut trained = Run::new(model)
        .optimizer(AdamW { weight_decay: 0.05, ..AdamW::default() })
        .learning_rate(0.01)
        .epochs(5)
        .on_event(|event| {
            if let Event::Epoch { epoch, train, .. } = event {
                println!("epoch {epoch}: loss {:.4}", train.loss);
            }
        })
        .train(&gpu, &data)?;

    let test = trained.evaluate()?.expect("the data have test images");
    println!("test: loss {:.4}, accuracy {:.3}", test.loss, test.accuracy.expect("there are classes"));
    let path = std::env::temp_dir().join("bars.safetensors");
    trained.save(&path)?;
    println!("saved to {}", path.display());
    Ok(())
}
