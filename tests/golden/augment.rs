//! Augmented images as PyTorch and colorsys make them (`augment.py`).

use lepton_gpu::verify::verify_cases;
use lepton_kernels::augment::{Augment, Policy, TABLE};
use lepton_kernels::case::Fill;
use lepton_kernels::{Array, Case, Op, Shape, Step};

use super::{Golden, assert_close, common};

#[test]
fn augmentation_agrees_with_pytorch_and_colorsys() {
    let gpu = common::gpu();
    let golden = Golden::open("augment");
    let key = golden.attributes("key");
    let augment_key = [0, 1].map(|i| key[i].as_u64().unwrap() as u32);
    let cases = golden.cases();
    assert_eq!(cases.len(), 5);
    for (name, attributes) in cases {
        let policy: Policy = serde_json::from_value(attributes).unwrap();
        let (x, want) = (golden.array(&format!("{name}.x")), golden.array(&format!("{name}.y")));
        let [n, h, w, c] = x.shape.nhwc().unwrap();
        let step = Step { batch_length: n as u32, augment_key, ..Step::default() };
        let table = policy.table([h, w]).into_iter().map(f64::from).collect();
        let norm = (0..2 * c).map(|i| if i < c { 0.0 } else { 1.0 }).collect();
        let values = [x.data, (0..n).map(|i| i as f64).collect(), vec![0.0; n], norm, table];
        let sizes: [&[usize]; 5] = [&[n, h, w, c], &[n], &[n], &[2, c], &[TABLE]];
        let op = Augment::new(policy);
        let arrays: Vec<Array> =
            sizes.iter().zip(&values).map(|(size, data)| Array::new(Shape::new(size), data.clone())).collect();
        assert_close(&name, &op.twin(&arrays, &step)[0], &want, 3e-7);
        // the twin is the reference, so the adapter must be the twin
        if let Some(gpu) = &gpu {
            let case = Case::new(op, &sizes, "from PyTorch").step(step);
            let case = values.into_iter().enumerate().fold(case, |case, (i, data)| case.fill(i, Fill::Exactly(data)));
            let verdict = verify_cases(gpu, "augment", &[case]).unwrap();
            assert!(verdict.passed(), "{name}: {:?}", verdict.failures);
        }
    }
}
