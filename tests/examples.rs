//! The examples run, and do what they say.

use std::path::PathBuf;
use std::process::Command;

mod common;

/// The program of an example: cargo builds it beside the tests.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap().join("examples");
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: cargo build --examples", path.display());
    path
}

/// What an example prints; empty where there is no adapter.
fn printed(name: &str, arguments: &[&str]) -> String {
    if common::gpu().is_none() {
        return String::new();
    }
    let output = Command::new(program(name)).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Checks that an example, where it ran, printed all of this.
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.is_empty() || text.contains(part), "{text}\nshould say: {part}");
    }
}

#[test]
fn own_arrays_are_learned() {
    let text = printed("train_own_arrays", &[]);
    says(&text, &["epoch 5: loss", "test: loss", "saved to"]);
    if let Some(line) = text.lines().find(|line| line.starts_with("test:")) {
        let accuracy: f64 = line.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(accuracy > 0.95, "bars are easy: {line}");
    }
}

#[test]
fn images_are_classified() {
    says(&printed("classify", &[]), &["test image 0, a ", "test image 2, a ", " %"]);
}

#[test]
fn a_layer_of_ones_own_is_trained_and_opened_again() {
    says(&printed("custom_layer", &[]), &["type = \"residual\"", "test loss", "10 classes"]);
}

#[test]
fn a_loss_of_ones_own_is_learned_and_opened_again() {
    let text = printed("custom_loss", &[]);
    says(&text, &["test loss", "brightness of the first image"]);
    if let Some(line) = text.lines().find(|line| line.starts_with("test loss")) {
        let loss: f64 = line.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(loss < 0.005, "brightness is a mean: {line}");
    }
}

#[test]
fn a_loop_of_ones_own_stops_by_its_own_rule() {
    says(&printed("custom_training_loop", &[]), &["step 20: loss", "best validation loss"]);
}

#[test]
fn training_is_cancelled_from_another_thread() {
    says(&printed("progress_and_cancel", &[]), &["epoch 1, step", "Stopped", "stopped after"]);
}

#[test]
fn a_server_answers() {
    says(&printed("http_server", &["--once"]), &["HTTP/1.1 200 OK", "\"probability\""]);
}
