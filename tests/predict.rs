//! The library as an application uses it: a run in a few lines that another thread can stop; and a trained model answers: the same numbers for one image as for many, from several threads, from bytes, files and texts; and
//! what it cannot answer is an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::{DynamicImage, GrayImage};

use lepton_gpu::Run;
use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{OptimizerConfig, RunConfig};
use lepton_gpu::data::{self, Dataset};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::session::InputError;
use lepton_gpu::train::{Control, Event, Outcome, Predictor, TrainError, Trainer};
use lepton_kernels::gemm::Family;
use lepton_kernels::op::Target;

mod common;

fn trained(gpu: &Gpu, data: &Dataset, model: &str) -> Checkpoint {
    let config = RunConfig { steps: Some(5), batch: 32, model: model.into(), ..RunConfig::default() };
    let mut trainer = Trainer::new(gpu, data, ModelSpec::open(model).unwrap(), config).unwrap();
    trainer.fit(|_, _| {}).unwrap();
    trainer.checkpoint().unwrap()
}

#[test]
fn an_answer_does_not_depend_on_how_many_are_asked_for() {
    let Some(own) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let checkpoint = trained(&own, &data, "seed-mnist");
    let images = &data.test().unwrap().bytes().unwrap()[..70 * 784];
    // as GPUs compute them, some products of one image are split along K
    let simt = own.with_target(Target::f32(Family::Simt)).unwrap();
    for gpu in [&simt, &own] {
        let predictor = Predictor::new(gpu, &checkpoint, None).unwrap();
        let all = predictor.predict(images).unwrap();
        assert_eq!((all.len(), all[0].names().len(), all[0].outputs.len()), (70, 10, 10));
        for (i, image) in images.chunks_exact(784).take(3).enumerate() {
            assert_eq!(predictor.predict(image).unwrap(), all[i..=i], "one alone");
        }
        assert_eq!(predictor.predict(&images[..5 * 784]).unwrap(), all[..5], "a few");
    }
    let predictor = Predictor::new(&own, &checkpoint, None).unwrap();
    let all = predictor.predict(images).unwrap();
    assert_eq!(predictor.predict(&[]).unwrap(), []);
    let best = all[0].best().unwrap();
    assert!(data.classes()[best.class] == best.name && best.probability > 0.1);
    let sum: f64 = all[0].probabilities.iter().sum();
    assert!((sum - 1.0).abs() < 1e-12);
}

#[test]
fn several_threads_share_a_predictor() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let bytes = trained(&gpu, &data, "linear").to_bytes();
    let images = data.test().unwrap().bytes().unwrap().to_vec();
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
    let pixels = data.test().unwrap().example(3).unwrap();
    let expected = predictor.predict(&pixels).unwrap().remove(0);
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

#[test]
fn a_run_trains_and_answers_in_a_few_lines() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let epochs = Arc::new(AtomicUsize::new(0));
    let heard = epochs.clone();
    let mut trained = Run::new(ModelSpec::open("linear").unwrap())
        .optimizer(OptimizerConfig::default())
        .epochs(2)
        .batch(50)
        .limit(500)
        .on_event(move |event| {
            heard.fetch_add(usize::from(matches!(event, Event::Epoch { .. })), Ordering::Relaxed);
        })
        .train(&gpu, &data)
        .unwrap();
    assert_eq!((trained.outcome(), epochs.load(Ordering::Relaxed)), (Outcome::Finished, 2));
    assert!(trained.evaluate().unwrap().unwrap().accuracy.unwrap() > 0.3);
    let file = tempfile::NamedTempFile::new().unwrap();
    trained.save(file.path()).unwrap();
    let image = data.test().unwrap().example(0).unwrap();
    let answer = trained.predictor(&gpu).unwrap().predict(&image).unwrap();
    assert_eq!(Predictor::load(&gpu, file.path()).unwrap().predict(&image).unwrap(), answer);
    assert_eq!(trained.checkpoint().unwrap().meta.config.loss, RunConfig::default().loss);
    // it goes on where it was
    let mut trainer = trained.into_trainer();
    assert_eq!((trainer.state().epoch, trainer.fit(|_, _| {}).unwrap()), (2, Outcome::Finished));
}

#[test]
fn another_thread_stops_a_run_between_steps() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let run = Run::new(ModelSpec::open("linear").unwrap()).epochs(1_000_000).batch(50).limit(500);
    let handle = run.stop_handle();
    let (begun, begins) = std::sync::mpsc::channel();
    let run = run.on_event(move |_| begun.send(()).unwrap_or_default());
    let stopper = std::thread::spawn(move || {
        begins.recv().unwrap();
        handle.stop();
    });
    let trained = run.train(&gpu, &data).unwrap();
    stopper.join().unwrap();
    assert_eq!(trained.outcome(), Outcome::Stopped);
    assert!(trained.checkpoint().unwrap().meta.state.step > 0);
}

#[test]
fn a_listener_may_stop_or_fail() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let run = || Run::new(ModelSpec::open("linear").unwrap()).epochs(2).limit(200);
    let stopped = run().on_event(|_| Control::Stop).train(&gpu, &data).unwrap();
    assert_eq!(stopped.outcome(), Outcome::Stopped);
    let failed = run().on_event(|_| Err::<(), _>("no room")).train(&gpu, &data).err().unwrap();
    assert!(matches!(failed, TrainError::Listener(_)) && failed.to_string() == "no room");
}
