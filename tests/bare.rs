//! The library without any feature: no files, no threads of its own, no command line. Own arrays are learned, and the
//! model answers from bytes: `cargo test --no-default-features --test bare`.

use lepton_gpu::Run;
use lepton_gpu::data::{Dataset, Split, Targets};
use lepton_gpu::gpu::{Gpu, GpuError, GpuOptions};
use lepton_gpu::model::{ModelBuilder, ModelSpec, layer};
use lepton_gpu::optim::AdamW;
use lepton_gpu::train::Predictor;

/// Images of 8x8 that are dark (0) or bright (1), with some noise.
fn shades(count: usize, seed: u32) -> (Vec<u8>, Vec<u32>) {
    let mut state = seed;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 26) as u8
    };
    let labels: Vec<u32> = (0..count).map(|i| (i % 2) as u32).collect();
    let pixels = labels.iter().flat_map(|&label| vec![60 + 100 * label as u8; 64]).map(|v| v + noise()).collect();
    (pixels, labels)
}

fn model() -> ModelSpec {
    let model = ModelBuilder::images("shades", [8, 8, 1])
        .layer(layer("conv2d").with("filters", 4).with("kernel", 3).with("activation", "relu"))
        .layer(layer("global_avg_pool"))
        .layer(layer("linear").with("units", "classes"));
    model.build().unwrap()
}

#[test]
fn own_arrays_are_learned_and_answered() {
    let gpu = match Gpu::open(&GpuOptions::default()) {
        Ok(gpu) => gpu,
        Err(GpuError::NoAdapter) if std::env::var("LEPTON_REQUIRE_GPU").as_deref() != Ok("1") => {
            eprintln!("skipped: no adapter");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let (pixels, labels) = shades(400, 1);
    let (test_pixels, test_labels) = shades(100, 2);
    let test =
        Split::images([8, 8, 1], test_pixels.clone(), Targets::Classes { labels: test_labels.clone(), classes: 2 });
    let data = Dataset::from_images([8, 8, 1], pixels, labels, ["dark", "bright"]).unwrap().with_test(test.unwrap());
    let mut trained = Run::new(model())
        .optimizer(AdamW::default())
        .learning_rate(0.05)
        .epochs(6)
        .train(&gpu, &data.unwrap())
        .unwrap();
    assert_eq!(trained.evaluate().unwrap().unwrap().accuracy, Some(1.0));

    let bytes = trained.checkpoint().unwrap().to_bytes();
    let predictor = Predictor::from_bytes(&gpu, &bytes).unwrap();
    let answers = predictor.predict(&test_pixels).unwrap();
    for (answer, &label) in answers.iter().zip(&test_labels) {
        assert_eq!(answer.best().unwrap().name, ["dark", "bright"][label as usize]);
    }
}

#[test]
fn data_that_do_not_fit_together_are_refused() {
    let (pixels, mut labels) = shades(4, 3);
    labels[2] = 2;
    let error = Dataset::from_images([8, 8, 1], pixels, labels, ["dark", "bright"]).unwrap_err().to_string();
    assert!(error.contains("label 2") && error.contains("number of classes, 2"), "{error}");
}

/// Whoever embeds the library gets few dependencies: those that no feature has to add.
#[test]
fn the_bare_library_has_few_dependencies() {
    let manifest: toml::Table = include_str!("../Cargo.toml").parse().unwrap();
    let direct = manifest["dependencies"].as_table().unwrap().iter();
    let bare: Vec<&str> = direct
        .filter(|(_, value)| value.get("optional").and_then(toml::Value::as_bool) != Some(true))
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(bare.len() < 15, "{bare:?}");
    for banned in ["clap", "indicatif", "plotters", "comfy-table", "ureq", "ctrlc", "tar"] {
        assert!(!bare.contains(&banned), "{banned} must be optional");
    }
}
