use super::*;
use crate::metrics::{Metrics, Summary};
use crate::train::Event;

/// The line of an event, a second after the one before.
pub fn line(second: u32, event: &impl Serialize) -> Entry {
    // with the digits that a log has
    let mut value: Value = serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap();
    value["time"] = format!("2026-11-30T17:{:02}:{:02}.000Z", second / 60, second % 60).into();
    Entry::parse(&value.to_string()).unwrap()
}

/// What a run of so many epochs opens its log with.
pub fn start(event: &str, epochs: u32, classes: &[String]) -> Value {
    serde_json::json!({
        "event": event, "schema": 1, "version": "0.1.0", "command": "lepton-gpu train photos --epochs 9", "directory": "/home/me",
        "device": {"name": "Radeon RX 7900 XTX", "kind": "discrete GPU", "backend": "vulkan", "driver": "radv 25.0"},
        "device_bytes": 47_395_635, "model": {"name": "seed-mnist", "input": [28, 28, 1], "parameters": 93_322},
        "task": "classify", "examples": "images",
        "data": {"name": "photos", "source": "/home/me/photos", "classes": classes,
                 "counts": {"training": 1000, "validation": 200, "test": 300}},
        "split": {"part": "training", "count": 200}, "best_by": "macro-f1", "epochs": epochs, "step": 0,
        "settings": {"epochs": epochs, "learning_rate": 0.01}
    })
}

pub fn progress(epoch: u32, step: usize, loss: f64) -> Event {
    let so_far = Metrics { loss, accuracy: Some(0.5), ..Metrics::default() };
    let (seen, images_left) = (step as u64 * 100, 1000 - step * 100);
    Event::Progress { epoch, step, steps: 10, images: 200, seen, images_left, seconds: 0.5, so_far }
}

pub fn epoch(epoch: u32, macro_f1: f64, best: bool, confusion: Option<Vec<Vec<u64>>>) -> Event {
    let train = Metrics { loss: 1.0 / f64::from(epoch), accuracy: Some(0.9), ..Metrics::default() };
    let more = Summary { macro_f1: Some(macro_f1), ..Summary::default() };
    let validation = Some(Metrics { loss: 0.5, accuracy: Some(0.8), more, ..Metrics::default() });
    Event::Epoch {
        epoch,
        global_step: u64::from(epoch) * 10,
        steps: 10,
        seconds: 3.0,
        learning_rate: 0.01,
        train,
        validation,
        best,
        confusion,
    }
}

/// A run of `epochs` epochs over these classes that is in the middle of the next one.
pub fn run(epochs: u32, classes: &[&str]) -> Watched {
    let names: Vec<String> = classes.iter().map(|name| name.to_string()).collect();
    let mut watched = Watched::default();
    watched.take(&line(0, &start("start", 9, &names)));
    watched.take(&line(1, &Event::FirstStep { seconds: 1.5 }));
    for number in 1..=epochs {
        (1..=5).for_each(|i| watched.take(&line(number * 3, &progress(number, i * 2, 2.0 / f64::from(number)))));
        let counts = |row: usize, column: usize| if row == column { 90 } else { (row * 7 + column * 3) as u64 % 10 };
        let count = classes.len();
        let matrix = (0..count).map(|row| (0..count).map(|column| counts(row, column)).collect()).collect();
        watched.take(&line(number * 3 + 3, &epoch(number, 0.1 * f64::from(number), true, Some(matrix))));
    }
    watched.take(&line(epochs * 3 + 4, &progress(epochs + 1, 2, 0.3)));
    watched.take(&line(epochs * 3 + 5, &progress(epochs + 1, 4, 0.2)));
    watched
}

#[test]
fn a_run_is_known_from_its_lines() {
    let watched = run(3, &["cat", "dog"]);
    assert_eq!(watched.stage, Stage::Training);
    let now = watched.now.as_ref().unwrap();
    assert_eq!((now.epoch, now.step, now.steps, now.images), (4, 4, 10, [400, 1000]));
    assert_eq!((now.so_far["loss"], now.so_far.get("epoch")), (0.2, None));
    let best = BestTold { epoch: 3, measure: "macro_f1".into(), value: 0.1 * 3.0 };
    assert_eq!((watched.best(), watched.is_improving()), (Some(best), Some(true)));
    assert_eq!((watched.pace.rate(), watched.pace.step_seconds()), (400.0, Some(0.25)));
    // 600 images at 400 a second, and five epochs of three seconds
    assert_eq!(watched.left(), Some(1.5 + 15.0));
    assert_eq!(watched.epoch_seconds, Some([2.5, 3.0]));
    assert_eq!(watched.saved, Some(30));
    let told = watched.confusion.as_ref().unwrap();
    assert_eq!((told.epoch, told.counts.as_slice()), (3, &[vec![90, 3], vec![7, 90]][..]));
    let texts: Vec<&str> = watched.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts[0], "started: lepton-gpu train photos --epochs 9");
    assert_eq!(texts[2], "epoch 1: loss 1.0000 acc 0.9000  val loss 0.5000 acc 0.8000 F1 0.1000 *");
    assert_eq!((texts.len(), watched.messages[2].clock().as_str()), (5, "17:00:06"));
    assert_eq!(watched.heading(), ["seed-mnist", "photos", "Radeon RX 7900 XTX"]);
}

#[test]
fn a_run_ends_with_its_test_and_its_verdict() {
    let mut watched = run(8, &["cat", "dog"]);
    watched.take(&line(40, &progress(9, 10, 0.1)));
    assert_eq!(watched.stage, Stage::Validating);
    watched.take(&line(41, &epoch(9, 0.3, false, None)));
    assert_eq!((watched.stage, watched.is_improving(), watched.left()), (Stage::Ending, Some(false), None));
    assert_eq!(watched.confusion.as_ref().unwrap().epoch, 8, "what was told last stays");
    let metrics = Metrics { loss: 0.25, accuracy: Some(0.75), ..Metrics::default() };
    watched.take(&line(42, &Event::Test { images: 300, metrics, classes: vec![], best: None }));
    assert_eq!(watched.messages.last().unwrap().text, "test: loss 0.2500 acc 0.7500");
    watched.take(&line(43, &Event::Verdict { seconds: 43.0, assessment: None }));
    assert_eq!((watched.stage, watched.now), (Stage::Finished, None));
    assert_eq!(watched.messages.last().unwrap().text, "finished after 43.0 s");
}

#[test]
fn a_run_that_goes_on_counts_an_epoch_once() {
    let mut watched = run(3, &["cat", "dog"]);
    watched.take(&line(60, &start("resume", 12, &["cat".into(), "dog".into()])));
    assert_eq!((watched.stage, watched.epochs(), watched.now.clone()), (Stage::Starting, Some(12), None));
    // in the middle of the third epoch
    watched.take(&line(61, &progress(3, 8, 0.4)));
    assert_eq!(watched.pace.step_seconds(), None, "how many steps that were is not known");
    watched.take(&line(62, &progress(3, 10, 0.4)));
    assert_eq!(watched.pace.step_seconds(), Some(0.5), "a second, of which two steps are known");
    watched.take(&line(63, &epoch(3, 0.9, true, None)));
    assert_eq!((watched.history.epochs().len(), watched.best().unwrap().value), (3, 0.9));
    assert_eq!(watched.times.map(|[began, last]| last - began), Some(63.0));
}

#[test]
fn lines_of_any_kind_are_taken() {
    let mut watched = Watched::default();
    for text in [
        r#"{"event":"progress"}"#,
        r#"{"event":"progress","epoch":-1,"step":1e30,"steps":0,"images":1e30,"seen":5,"images_left":1e300,"loss":null}"#,
        r#"{"event":"epoch","epoch":1e300,"confusion":[[1,2],[3]],"validation":7}"#,
        r#"{"event":"epoch","confusion":"none"}"#,
        r#"{"event":"start","epochs":"many","data":7,"model":[]}"#,
        r#"{"event":"head","steps":null}"#,
        r#"{"event":"verdict","seconds":"long"}"#,
        r#"{"event":"an event of a later version"}"#,
    ] {
        watched.take(&Entry::parse(text).unwrap());
        let _ = (watched.best(), watched.left(), watched.heading(), watched.classes(), watched.is_improving());
    }
    assert_eq!(watched.confusion, None, "what is no square is no matrix");
}

#[test]
fn a_step_is_split_where_it_was_profiled() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(step_split(folder.path()), None);
    let launch = |part: &str, seconds: [f64; 3]| serde_json::json!({"part": part, "seconds": seconds});
    let launches = [
        launch("input", [1.0, 1.0, 1.0]),
        launch("forward", [2.0, 9.0, 1.0]),
        launch("forward", [1.0; 3]),
        launch("gradients", [4.0; 3]),
    ];
    let profile = serde_json::json!({"steps": 3, "launches": launches});
    std::fs::write(folder.path().join("profile.json"), profile.to_string()).unwrap();
    let (parts, all) = step_split(folder.path()).unwrap();
    assert_eq!(all, 8.0);
    assert_eq!(parts, [("input".into(), 0.125), ("forward".into(), 0.375), ("gradients".into(), 0.5)]);
    std::fs::write(folder.path().join("profile.json"), r#"{"launches":[{"seconds":[1]}]}"#).unwrap();
    assert_eq!(step_split(folder.path()), None, "no name of a part");
}
