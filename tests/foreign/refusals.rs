//! Files that are refused, with what is nearest and a way out, and files that are nearly as they should be.

use std::collections::HashMap;

use half::{bf16, f16};
use lepton_gpu::Hints;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::weights::foreign::{ForeignError, ForeignFile, Translated, translate};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::file::Golden;
use super::{Network, bytes_of};

type Tensors = HashMap<String, (Vec<usize>, Vec<f32>)>;

fn tensors(name: &str) -> Tensors {
    Network::named(&Golden::open("foreign"), name).tensors()
}

fn read(tensors: &Tensors, model: Option<&str>) -> Result<Translated, ForeignError> {
    let bytes = bytes_of(tensors);
    let model = model.map(|name| ModelSpec::open(name).unwrap());
    translate(&ForeignFile::parse(&bytes, "net.safetensors")?, model.as_ref(), &[])
}

#[track_caller]
fn says(result: Result<Translated, ForeignError>, words: &[&str]) -> ForeignError {
    let error = match result {
        Ok(taken) => panic!("this must be refused, and not be {}", taken.source),
        Err(error) => error,
    };
    for word in words {
        assert!(error.to_string().contains(word), "{error}\nshould say: {word}");
    }
    error
}

#[test]
fn a_pickle_is_refused_by_name_with_the_line_that_converts_it() {
    for bytes in [&b"PK\x03\x04 and so on, for a while"[..], b"\x80\x02}q\x00(X\x0c\x00\x00\x00 and so on"] {
        let error = ForeignFile::parse(bytes, "nets/resnet18.pth").unwrap_err();
        assert!(matches!(error, ForeignError::Pickle { .. }), "{error}");
        let hint = format!("{:?}", error.hints());
        assert!(
            hint.contains("torch.load('nets/resnet18.pth'") && hint.contains("'nets/resnet18.safetensors'"),
            "{hint}"
        );
    }
    let error = ForeignFile::parse(b"nothing of the kind, really", "x").unwrap_err();
    assert!(matches!(error, ForeignError::Damaged { .. }) && error.to_string().contains("27 bytes"), "{error}");
}

#[test]
fn what_is_nearest_is_named_with_where_it_parts() {
    let mut net = tensors("chenyaofo.resnet20");
    net.insert("layer3.2.conv1.weight".into(), (vec![64, 64, 5, 5], vec![0.0; 64 * 64 * 25]));
    let error = says(
        read(&net, None),
        &[
            "its 107 tensors",
            "nearest: resnet20-projection (chenyaofo/pytorch-cifar-models names): 106 of 107 tensors fit",
            "`layer3.2.conv1.weight` is [64, 64, 5, 5], not [64, 64, 3, 3]",
        ],
    );
    assert!(matches!(error, ForeignError::Unknown { .. }));
    let error = says(
        read(&tensors("akamaster.resnet20"), Some("resnet32")),
        &["model `resnet32`", "there is no `layer1.3.conv1.weight`"],
    );
    assert!(matches!(error, ForeignError::OtherModel { .. }));
    let stranger = Tensors::from([("what.is.this".to_string(), (vec![2], vec![1.0, 2.0]))]);
    says(read(&stranger, None), &["its 1 tensors are those of no network"]);
    says(read(&Tensors::new(), None), &["its 0 tensors"]);
}

#[test]
fn tensors_that_fit_two_networks_need_a_name() {
    let net = tensors("timm.efficientnet_lite0");
    let error = says(read(&net, None), &["efficientnet-lite0-symmetric, efficientnet-lite0"]);
    assert_eq!(error.hints().len(), 2);
    let named = read(&net, Some("efficientnet-lite0-symmetric")).unwrap();
    assert_eq!(named.weights.model.unwrap().name, "efficientnet-lite0-symmetric");
    let bytes = bytes_of(&net);
    for (origin, name) in [
        ("hub/efficientnet_lite0.ra_in1k/model.safetensors", "efficientnet-lite0-symmetric"),
        ("hub/tf_efficientnet_lite0.in1k/model.safetensors", "efficientnet-lite0"),
    ] {
        let file = ForeignFile::parse(&bytes, origin).unwrap();
        assert_eq!(translate(&file, None, &[origin]).unwrap().weights.model.unwrap().name, name);
    }
}

#[test]
fn more_or_less_than_a_network_is_named() {
    let mut net = tensors("akamaster.resnet20");
    net.insert("teacher.fc.weight".into(), (vec![1], vec![0.5]));
    net.remove("linear.weight");
    net.remove("linear.bias");
    let taken = read(&net, None).unwrap();
    assert_eq!(taken.weights.unused, ["teacher.fc.weight"]);
    assert_eq!(taken.missing, ["classes.weight", "classes.bias"]);
    // a wrapper around all names is taken off
    let wrapped: Tensors =
        tensors("akamaster.resnet20").into_iter().map(|(name, t)| (format!("module.{name}"), t)).collect();
    assert_eq!(read(&wrapped, None).unwrap().weights.model.unwrap().name, "resnet20");
    let mut wild = tensors("akamaster.resnet20");
    wild.get_mut("bn1.weight").unwrap().1[3] = f32::NAN;
    says(read(&wild, None), &["element 3 of tensor `bn1.weight` is not a finite number"]);
}

#[test]
fn a_head_whose_tensors_do_not_fit_each_other_is_refused() {
    let net = tensors("akamaster.resnet20");
    let with = |name: &str, shape: &[usize]| {
        let mut net = net.clone();
        net.insert(name.into(), (shape.to_vec(), vec![0.25; shape.iter().product()]));
        net
    };
    for (name, shape, words) in [
        ("linear.bias", &[6][..], "`linear.bias` is [6], not [7]"),
        ("linear.bias", &[700], "`linear.bias` is [700], not [7]"),
        ("linear.weight", &[3, 64], "`linear.bias` is [7], not [3]"),
        ("linear.weight", &[0, 64], "`linear.weight` is [0, 64], not ["),
        ("linear.weight", &[64], "`linear.weight` is [64], not [64, 64]"),
        ("linear.weight", &[7, 64, 1, 1], "`linear.weight` is [7, 64, 1, 1], not [7, 64]"),
        ("linear.weight", &[7, 0], "`linear.weight` is [7, 0], not [7, 64]"),
        ("conv1.weight", &[16, 3, 7, 7], "`conv1.weight` is [16, 3, 7, 7], not [16, 3, 3, 3]"),
        ("conv1.weight", &[], "`conv1.weight` is [], not [16, 3, 3, 3]"),
        ("bn1.weight", &[0], "`bn1.weight` is [0], not [16]"),
    ] {
        says(read(&with(name, shape), Some("resnet20")), &[words]);
        says(read(&with(name, shape), None), &["those of no network"]);
    }
    let mut none = net.clone();
    none.insert("linear.weight".into(), (vec![0, 64], Vec::new()));
    none.insert("linear.bias".into(), (vec![0], Vec::new()));
    says(read(&none, Some("resnet20")), &["`linear.weight` is [0, 64], not ["]);
    // what nobody asks for may have any shape
    let mut more = with("teacher.scale", &[1, 2, 1, 2, 1, 2]);
    more.insert("teacher.none".into(), (vec![0, 5], Vec::new()));
    assert_eq!(read(&more, None).unwrap().weights.unused, ["teacher.none", "teacher.scale"]);
}

#[test]
fn half_precision_is_read_and_integers_are_not() {
    let net = tensors("akamaster.resnet20");
    let full = read(&net, None).unwrap().weights;
    let bytes_as = |convert: &dyn Fn(f32) -> Vec<u8>, dtype: Dtype| {
        let data: Vec<(String, Vec<usize>, Vec<u8>)> = net
            .iter()
            .filter(|(_, (shape, _))| !shape.is_empty())
            .map(|(name, (shape, values))| {
                (name.clone(), shape.clone(), values.iter().flat_map(|&v| convert(v)).collect())
            })
            .collect();
        let views = data.iter().map(|(name, shape, data)| (name, TensorView::new(dtype, shape.clone(), data).unwrap()));
        safetensors::serialize(views, None).unwrap()
    };
    for (bytes, step) in [
        (bytes_as(&|v| f16::from_f32(v).to_le_bytes().to_vec(), Dtype::F16), 2f32.powi(-11)),
        (bytes_as(&|v| bf16::from_f32(v).to_le_bytes().to_vec(), Dtype::BF16), 2f32.powi(-8)),
    ] {
        let half = translate(&ForeignFile::parse(&bytes, "half").unwrap(), None, &[]).unwrap().weights;
        for (half, full) in half.tensors.iter().zip(&full.tensors) {
            assert_eq!(half.name, full.name);
            let pairs = half.data.as_chunks::<4>().0.iter().zip(full.data.as_chunks::<4>().0);
            for (half, full) in pairs.map(|(&a, &b)| (f32::from_le_bytes(a), f32::from_le_bytes(b))) {
                assert!((half - full).abs() <= step * full.abs() + 1e-7, "{half} {full}");
            }
        }
    }
    let bytes = bytes_as(&|v| (v as i32).to_le_bytes().to_vec(), Dtype::I32);
    let error = translate(&ForeignFile::parse(&bytes, "whole").unwrap(), None, &[]).unwrap_err();
    assert!(matches!(error, ForeignError::Dtype { .. }), "{error}");
}
