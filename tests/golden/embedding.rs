//! Principal components beside numpy's, trustworthiness beside scikit-learn's; `embedding.py` made the file.

use lepton_gpu::explain::{embedding, trustworthiness};

#[derive(serde::Deserialize)]
struct File {
    features: Vec<f32>,
    scores: Vec<[f64; 2]>,
    explained: [f64; 2],
    trust_pca: f64,
    trust_tsne: f64,
}

#[test]
fn components_are_numpys_and_neighbours_stay_neighbours() {
    let file: File = serde_json::from_str(include_str!("embedding.json")).unwrap();
    let found = embedding(&file.features, 12);
    for (ours, theirs) in found.pca.iter().zip(&file.scores) {
        assert!((0..2).all(|k| (ours[k] - theirs[k]).abs() < 1e-6), "{ours:?} {theirs:?}");
    }
    for k in 0..2 {
        assert!((found.explained[k] - file.explained[k]).abs() < 1e-9, "{:?}", found.explained);
    }
    let trust = |places: &[[f64; 2]]| trustworthiness(&file.features, 12, places, 10);
    assert!((trust(&found.pca) - file.trust_pca).abs() < 1e-9, "{} {}", trust(&found.pca), file.trust_pca);
    // scikit-learn's t-SNE, which starts and steps otherwise, keeps as many neighbours
    assert!(trust(&found.tsne) > file.trust_tsne - 0.02, "{} {}", trust(&found.tsne), file.trust_tsne);
    let shuffled: Vec<[f64; 2]> = (0..90).map(|i| found.tsne[i % 5 * 18 + i / 5]).collect();
    // neighbours of other groups
    assert!(trust(&shuffled) < 0.6, "{}", trust(&shuffled));
    assert_eq!(embedding(&file.features, 12), found, "nothing is random");
}

#[test]
fn few_and_equal_examples_have_places_too() {
    for (features, count) in [(vec![1.0_f32, 2.0], 1), (vec![1.0, 2.0, 3.0, 5.0], 2), (vec![4.0; 20], 10)] {
        let found = embedding(&features, 2);
        assert_eq!([found.pca.len(), found.tsne.len()], [count; 2]);
        assert!(found.pca.iter().chain(&found.tsne).flatten().all(|value| value.is_finite()), "{found:?}");
    }
}
