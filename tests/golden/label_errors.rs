//! Doubted labels beside those of cleanlab; `label_errors.py` made the file.

use lepton_gpu::metrics::LabelErrors;

#[derive(serde::Deserialize)]
struct File {
    probabilities: Vec<Vec<f64>>,
    labels: Vec<usize>,
    joint: Vec<Vec<usize>>,
    doubted: Vec<usize>,
}

#[test]
fn the_labels_that_are_doubted_are_those_of_cleanlab() {
    let file: File = serde_json::from_str(include_str!("label_errors.json")).unwrap();
    let found = LabelErrors::find(&file.probabilities, &file.labels, 4);
    assert_eq!(found.joint, file.joint);
    let mut doubted: Vec<usize> = found.suspects.iter().map(|suspect| suspect.index).collect();
    doubted.sort_unstable();
    assert_eq!(doubted, file.doubted);
    assert!(doubted.len() > 15, "a file in which nothing is doubted would show nothing");
}
