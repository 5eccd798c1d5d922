//! Files that are damaged or hostile are refused in words: nothing panics, hangs or takes memory for what is not there.

use lepton_gpu::config::LossConfig;
use lepton_gpu::kernels::random;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::onnx::proto::{self, Attribute, Dimension, Entry, Node, Tensor, elem};
use lepton_gpu::onnx::{Options, Reading, export, import};
use prost::Message;

use crate::samples::checkpoint;

/// A small model with several kinds of layers as a file.
fn bytes() -> Vec<u8> {
    let layers = "[[layer]]\ntype = \"conv2d\"\nfilters = 4\nkernel = 3\npadding = \"same\"\nactivation = \"gelu\"\n\
        [[layer]]\ntype = \"batch_norm\"\n[[layer]]\ntype = \"max_pool2d\"\npool = 2\n[[layer]]\ntype = \"pixel_unshuffle\"\nfactor = 2\n\
        [[layer]]\ntype = \"flatten\"\n[[layer]]\ntype = \"linear\"\nunits = \"classes\"\n";
    let model = ModelSpec::parse(&format!("name = \"m\"\ninput = [8, 8, 3]\n{layers}"), "m").unwrap();
    export(&checkpoint(&model, &LossConfig::default(), "imagenet"), Options { pixels: true, half: false }).unwrap()
}

fn read(bytes: &[u8]) -> Result<(), String> {
    import(bytes, &Reading::default()).map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn damaged_bytes_are_refused_or_read_and_nothing_panics() {
    let whole = bytes();
    assert_eq!(read(&whole), Ok(()));
    let mut refused = 0;
    for length in (0..whole.len()).step_by(whole.len() / 150) {
        refused += usize::from(read(&whole[..length]).is_err());
    }
    assert!(refused >= 140, "{refused} of 150 beginnings were refused");
    let mut refused = 0;
    for round in 0..1500u32 {
        let mut damaged = whole.clone();
        for k in 0..1 + round % 3 {
            let draw = random::mix(round * 8 + k);
            let place = draw as usize % damaged.len();
            damaged[place] = (random::mix(draw) >> 8) as u8;
        }
        refused += usize::from(read(&damaged).is_err());
    }
    println!("{refused} of 1500 damaged files were refused");
    assert!(refused > 100);
}

/// The model of [`bytes`], changed.
fn changed(change: impl FnOnce(&mut proto::Model)) -> Result<(), String> {
    let mut model = proto::Model::decode(&bytes()[..]).unwrap();
    change(&mut model);
    read(&model.encode_to_vec())
}

fn graph(model: &mut proto::Model) -> &mut proto::Graph {
    model.graph.as_mut().unwrap()
}

fn node(op: &str, input: &[&str], output: &str) -> Node {
    let input = input.iter().map(|&name| name.into()).collect();
    Node { op_type: op.into(), input, output: vec![output.into()], ..Node::default() }
}

fn find<'a>(model: &'a mut proto::Model, op: &str) -> &'a mut Node {
    graph(model).node.iter_mut().find(|node| node.op_type == op).unwrap()
}

fn weight<'a>(model: &'a mut proto::Model, name: &str) -> &'a mut Tensor {
    graph(model).initializer.iter_mut().find(|tensor| tensor.name == name).unwrap()
}

/// Adds a constant list of whole numbers.
fn list(model: &mut proto::Model, name: &str, numbers: Vec<i64>) {
    graph(model).initializer.push(Tensor {
        dims: vec![numbers.len() as i64],
        data_type: elem::INT64,
        name: name.into(),
        int64_data: numbers,
        ..Tensor::default()
    });
}

type Change = fn(&mut proto::Model);
/// What is changed of a model, and what is said of it.
const WRONG: &[(Change, &str)] = &[
    (|m| m.graph = None, "no graph"),
    (|m| m.opset_import.clear(), "which opset"),
    (|m| graph(m).output.clear(), "no output"),
    (|m| graph(m).input.clear(), "0 inputs"),
    (|m| find(m, "Conv").op_type = "NonMaxSuppression".into(), "node NonMaxSuppression `conv2d_1/Conv`: no layer"),
    (|m| find(m, "Conv").domain = "com.example".into(), "of the set com.example"),
    (|m| graph(m).node.reverse(), "no earlier node gives"),
    (|m| find(m, "Conv").input[0] = "logits".into(), "no earlier node gives"),
    (|m| weight(m, "conv2d_1.weight").raw_data.truncate(7), "no whole number of elements"),
    (|m| weight(m, "conv2d_1.weight").raw_data.truncate(8), "has 2 elements, not 108"),
    (|m| weight(m, "conv2d_1.weight").dims = vec![1 << 40, 1 << 40], "more than"),
    (|m| weight(m, "conv2d_1.weight").dims = vec![-1, 3], "sizes [-1, 3]"),
    (|m| weight(m, "conv2d_1.weight").data_type = 8, "elements of type 8"),
    (|m| weight(m, "conv2d_1.weight").external_data.push(Entry::default()), "external data"),
    (|m| weight(m, "linear_1.weight").dims = vec![8, 56], "is no bias of 8 units"),
    (
        |m| {
            let input = graph(m).input[0].kind.as_mut().unwrap().tensor.as_mut().unwrap();
            let size = |size| Dimension { dim_value: Some(size), dim_param: None };
            input.shape.as_mut().unwrap().dim = [1, 1 << 40, 1 << 40, 3].map(size).to_vec();
        },
        "cannot be a model's input",
    ),
    (
        |m| graph(m).input[0].kind.as_mut().unwrap().tensor.as_mut().unwrap().elem_type = elem::BOOL,
        "elements of type 9",
    ),
    (
        |m| {
            let shape = Tensor {
                dims: vec![2],
                data_type: elem::INT64,
                name: "huge".into(),
                int64_data: vec![1 << 31, 1 << 31],
                ..Tensor::default()
            };
            graph(m).initializer.push(shape);
            graph(m).node.insert(0, node("ConstantOfShape", &["huge"], "zeros"));
            find(m, "Conv").input[1] = "zeros".into();
        },
        "ConstantOfShape `zeros`: a tensor [2147483648, 2147483648]",
    ),
    (
        |m| {
            let pads = find(m, "Conv").attribute.iter_mut().find(|a| a.name == "pads").unwrap();
            pads.ints = vec![i64::MAX, 0, 0, 0];
        },
        "pads",
    ),
    (|m| weight(m, "linear_1.weight").dims = vec![448], "[448] has no two axes"),
    (|m| weight(m, "linear_1.weight").dims = vec![8, 7, 8], "[8, 7, 8] has no two axes"),
    (|m| *find(m, "Conv") = node("Concat", &[], "conv2d_1/Conv"), "Concat `conv2d_1/Conv`: it joins nothing"),
    (
        |m| {
            list(m, "here", vec![4]);
            *find(m, "Conv") = node("Slice", &["pixels/Div", "here", "here", "axis"], "conv2d_1/Conv");
            list(m, "axis", vec![2]);
        },
        "Slice `conv2d_1/Conv`: its output [1, 3, 0, 8] has no elements",
    ),
    (
        |m| {
            list(m, "pads", vec![0, 0, i64::MIN, 0, 0, 0, 0, 0]);
            *find(m, "Conv") = node("Pad", &["pixels/Div", "pads"], "conv2d_1/Conv");
        },
        "of an axis of 8",
    ),
    (
        |m| {
            let more = Attribute { name: "output_padding".into(), ints: vec![i64::MAX, 0], ..Attribute::default() };
            weight(m, "conv2d_1.weight").dims = vec![3, 4, 3, 3];
            let conv = find(m, "Conv");
            conv.op_type = "ConvTranspose".into();
            conv.attribute.push(more);
        },
        "output_padding [9223372036854775807, 0]",
    ),
    (
        |m| {
            let loops = Attribute { name: "body".into(), kind: proto::kind::GRAPH, ..Attribute::default() };
            *find(m, "Conv") = Node { attribute: vec![loops], ..node("Loop", &["pixels/Div"], "conv2d_1/Conv") };
        },
        "Loop has branches",
    ),
];

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (change, words) in WRONG {
        let error = changed(change).expect_err(words);
        assert!(error.contains(words), "{error}\nshould say: {words}");
    }
}
