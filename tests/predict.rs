//! A trained model answers: the same numbers for one image as for many, from several threads, from bytes, files and texts; and
//! what it cannot answer is an error.

use image::{DynamicImage, GrayImage};

use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::RunConfig;
use lepton_gpu::data::{self, Dataset};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::session::InputError;
use lepton_gpu::train::{Predictor, TrainError, Trainer};

mod common;

fn trained(gpu: &Gpu, data: &Dataset, model: &str) -> Checkpoint {
    let config = RunConfig { steps: Some(5), batch: 32, model: model.into(), ..RunConfig::default() };
    let mut trainer = Trainer::new(gpu, data, ModelSpec::open(model).unwrap(), config).unwrap();
    trainer.fit(|_, _| {}).unwrap();
    trainer.checkpoint().unwrap()
}

#[test]
fn an_answer_does_not_depend_on_how_many_are_asked_for() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let checkpoint = trained(&gpu, &data, "seed-mnist");
    let images = &data.test.as_ref().unwrap().images[..70 * 784];
    let predictor = Predictor::new(&gpu, &checkpoint, None).unwrap();
    let all = predictor.predict(images).unwrap();
    assert_eq!((all.len(), all[0].names().len(), all[0].outputs.len()), (70, 10, 10));
    for (i, image) in images.chunks_exact(784).take(3).enumerate() {
        assert_eq!(predictor.predict(image).unwrap(), all[i..=i], "one alone");
    }
    assert_eq!(predictor.predict(&images[..5 * 784]).unwrap(), all[..5], "a few");
    assert_eq!(predictor.predict(&[]).unwrap(), []);
    let best = all[0].best().unwrap();
    assert!(data.classes[best.class] == best.name && best.probability > 0.1);
    let sum: f64 = all[0].probabilities.iter().sum();
    assert!((sum - 1.0).abs() < 1e-12);
}

#[test]
fn several_threads_share_a_predictor() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let bytes = trained(&gpu, &data, "linear").to_bytes();
    let images = data.test.unwrap().images;
    let predictor = Predictor::from_bytes(&gpu, &bytes).unwrap();
    drop(gpu);
    let expected = predictor.predict(&images[..40 * 784]).unwrap();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let (predictor, images) = (predictor.clone(), images.clone());
            std::thread::spawn(move || {
                (0..10)
                    .map(|i| predictor.predict(&images[(10 * thread + i) * 784..][..784]).unwrap().remove(0))
                    .collect()
            })
        })
        .collect();
    let answers: Vec<Vec<_>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(answers.concat(), expected);
}

#[test]
fn a_file_and_a_decoded_image_are_answered_as_their_pixels() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let checkpoint = trained(&gpu, &data, "linear");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("best.safetensors"), checkpoint.to_bytes()).unwrap();
    let predictor = Predictor::load(&gpu, folder.path()).unwrap();
    let pixels = data.test.as_ref().unwrap().image(3);
    let expected = predictor.predict(pixels).unwrap().remove(0);
    let picture = DynamicImage::from(GrayImage::from_raw(28, 28, pixels.to_vec()).unwrap());
    assert_eq!(predictor.predict_image(&picture).unwrap(), expected);
    let path = folder.path().join("image.png");
    picture.save(&path).unwrap();
    assert_eq!(predictor.predict_file(&path).unwrap(), expected);
    // any size is fitted
    predictor.predict_image(&DynamicImage::new_rgb8(100, 40)).unwrap();
    assert!(matches!(predictor.predict_file(folder.path().join("none.png")), Err(TrainError::Picture { .. })));
}

#[test]
fn what_cannot_be_answered_is_an_error() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let predictor = Predictor::new(&gpu, &trained(&gpu, &data, "linear"), None).unwrap();
    for length in [1, 783, 785] {
        match predictor.predict(&vec![0; length]) {
            Err(TrainError::Input(InputError::Bytes { bytes, each, .. })) => assert_eq!((bytes, each), (length, 784)),
            other => panic!("{length} bytes: {other:?}"),
        }
    }
    assert!(matches!(predictor.predict_text("a text"), Err(TrainError::Input(InputError::NoVocabulary { .. }))));
    assert!(Predictor::from_bytes(&gpu, b"no checkpoint").is_err());
    assert!(Predictor::load(&gpu, "/no/such/run").is_err());
}
