//! A network learns: a stated accuracy on real pictures, not "the loss fell".

use lepton_gpu::config::RunConfig;
use lepton_gpu::data;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::{Event, Trainer};

mod common;

#[test]
fn one_epoch_on_ten_thousand_clothes_gives_four_of_five_right() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let config = RunConfig { epochs: 1, batch: 32, ..RunConfig::default() };
    let model = ModelSpec::open("seed-functional").unwrap();
    let mut trainer = Trainer::new(&gpu, &data, model, config).unwrap();
    trainer.fit(|_, _| {}).unwrap();
    let Some(Event::Test { images, metrics, .. }) = trainer.test().unwrap() else { panic!("no test images") };
    assert_eq!(images, 2000);
    let accuracy = metrics.accuracy.unwrap();
    assert!(accuracy >= 0.80, "{accuracy:.4} of the test images are right");
}
