//! Embedding against `torch.nn.functional.embedding` with `padding_idx=0`.

use lepton_gpu::verify::verify_cases;
use lepton_kernels::case::{Fill, Input};
use lepton_kernels::embedding::Embedding;
use lepton_kernels::{Array, Case, Op, Step};

use super::{STORED, assert_close, common, file::Golden};

#[test]
fn embedding_agrees_with_pytorch() {
    let gpu = common::gpu();
    let golden = Golden::open("text");
    let cases = golden.cases();
    assert_eq!(cases.len(), 4);
    for (name, _) in cases {
        let [tokens, table, dy] = ["x", "weight", "dy"].map(|part| golden.array(&format!("{name}.{part}")));
        let inputs: Vec<Array> = vec![tokens, table];
        let outputs = Embedding.twin(&inputs, &Step::default());
        assert_close(&format!("{name}.y"), &outputs[0], &golden.array(&format!("{name}.y")), STORED);
        let gradients = Embedding.twin_backward(&inputs, &outputs, &dy, &Step::default());
        let got = gradients[1].as_ref().expect("the table has a gradient");
        assert_close(&format!("{name}.dweight"), got, &golden.array(&format!("{name}.dweight")), STORED);
        assert!(got.data[..got.shape.sizes()[1]].iter().all(|&v| v == 0.0), "padding learns nothing");
        if let Some(gpu) = &gpu {
            let inputs = inputs.into_iter().map(|a| Input { shape: a.shape, fill: Fill::Exactly(a.data) }).collect();
            let op = Box::new(Embedding);
            let case = Case { op, inputs, step: Step::default(), only: None, reason: "from PyTorch" };
            let verdict = verify_cases(gpu, "embedding", &[case]).unwrap();
            assert!(verdict.passed(), "{name}: {:?}", verdict.failures);
        }
    }
}
