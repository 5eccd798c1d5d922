//! Trains on a thread, draws progress on another, and cancels after three seconds, as a program with a window would:
//! `cargo run --release --example progress_and_cancel`.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::Event;
use lepton_gpu::{Run, data};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = Gpu::open(&Default::default())?;
    let (events, heard) = mpsc::channel();
    let run = Run::new(ModelSpec::open("seed-mnist")?).epochs(1000).on_event(move |event| {
        // a window that was closed hears nothing any more; that is no reason to stop
        let _ = events.send(event.clone());
    });
    let stop = run.stop_handle();
    let training = thread::spawn(move || -> Result<u64, String> {
        let data = data::load(None).map_err(|error| error.to_string())?;
        let trained = run.train(&gpu, &data).map_err(|error| error.to_string())?;
        println!("{:?}", trained.outcome());
        Ok(trained.into_trainer().state().step)
    });

    let begun = Instant::now();
    // the channel closes when training has ended
    for event in heard {
        if let Event::Progress { epoch, step, steps, so_far, .. } = event {
            println!("epoch {epoch}, step {step} of {steps}: loss {:.3}", so_far.loss);
        }
        if begun.elapsed() > Duration::from_secs(3) {
            stop.stop();
        }
    }
    let steps = training.join().expect("training does not panic")?;
    println!("stopped after {steps} steps; every step that was begun is whole");
    Ok(())
}
