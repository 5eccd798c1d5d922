//! Single ops at shapes from real networks.

use lepton_kernels::adam::Adam;
use lepton_kernels::add::Add;
use lepton_kernels::avg_pool2d::AvgPool2d;
use lepton_kernels::batch_images::BatchImages;
use lepton_kernels::conv2d::Conv2d;
use lepton_kernels::gemm;
use lepton_kernels::global_avg_pool::GlobalAvgPool;
use lepton_kernels::linear::Linear;
use lepton_kernels::max_pool2d::MaxPool2d;
use lepton_kernels::parameters::{Block, Layout};
use lepton_kernels::relu::Relu;
use lepton_kernels::sgd::Sgd;
use lepton_kernels::softmax_cross_entropy::SoftmaxCrossEntropy;
use lepton_kernels::{Op, Padding, Shape, Window};

/// What an input of integers holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Integers {
    /// Any numbers from 0 to below this one.
    Below(u32),
    /// These numbers, in order.
    Exactly(Vec<u32>),
}

/// An op at a shape.
#[derive(Debug)]
pub struct Workload {
    /// The op with its options.
    pub op: Box<dyn Op>,
    /// Shapes of its inputs.
    pub shapes: Vec<Shape>,
    /// Where the shape is from: `resnet18 stage 1`.
    pub source: String,
    /// What its input of integers holds, with the input's number.
    pub integers: Option<(usize, Integers)>,
    /// Presets of this level and above measure it.
    pub level: u8,
    /// Presets of this level and above measure it in f16 too; above 2 is never.
    pub half: u8,
}

/// Never in f16: weights that an optimiser updates are f32 in both.
const NEVER: u8 = 3;

/// All of them, with batches for a processor or for a GPU. Shapes of convolutions are those of He et al. 2016 (ResNet; at
/// 32x32 as in CIFAR practice), Sandler et al. 2018 (MobileNetV2), Simonyan and Zisserman 2015 (VGG).
pub fn all(software: bool) -> Vec<Workload> {
    let n = |gpu: usize, processor: usize| if software { processor } else { gpu };
    let mut all = vec![
        conv("resnet18 stage 1", n(128, 4), [32, 64], [3, 64, 1, 1], 0, 0),
        conv("resnet18 stage 2", n(128, 4), [16, 128], [3, 128, 1, 1], 2, 2),
        conv("resnet18 stage 3", n(128, 4), [8, 256], [3, 256, 1, 1], 0, 1),
        conv("resnet18 stage 4", n(128, 4), [4, 512], [3, 512, 1, 1], 2, 2),
        conv("resnet18 stage 2 entry", n(128, 4), [32, 64], [3, 128, 2, 1], 1, 2),
        conv("resnet18 stage 2 shortcut", n(128, 4), [32, 64], [1, 128, 2, 1], 2, 2),
        conv("resnet50 stage 1", n(64, 1), [56, 256], [1, 64, 1, 1], 1, 2),
        conv("mobilenet-v2 block 2", n(64, 1), [56, 144], [3, 144, 1, 144], 1, 2),
        conv("resnet20 stem", n(256, 16), [32, 3], [3, 16, 1, 1], 2, 2),
        linear("vgg16 last layer", n(256, 32), 4096, 1000, 0, 1),
        linear("resnet18 last layer", n(256, 64), 512, 10, 2, 2),
    ];
    if !software {
        all.push(conv("vgg16 conv3", 16, [56, 256], [3, 256, 1, 1], 1, 1));
    }
    all.extend(others(software));
    all
}

/// What is bound by memory.
fn others(software: bool) -> Vec<Workload> {
    let n = |gpu: usize, processor: usize| if software { processor } else { gpu };
    let images = [n(256, 64), 32, 32, 64];
    let square = Window::new([2, 2], [2, 2]);
    let pool = MaxPool2d { window: square, relu: false };
    let mean = AvgPool2d { window: square, count_include_pad: false };
    let before_pool = [n(256, 16), 7, 7, 2048];
    let parameters = n(11_173_962, 1_200_000);
    let owner = if software { "a small net" } else { "resnet18" };
    vec![
        plain(pool, "vgg16 pool 1, 32x32 images", &[&images], 0, 2),
        plain(mean, "densenet transition 1", &[&[n(256, 64), 32, 32, 128]], 1, 2),
        plain(GlobalAvgPool, "resnet50 pool", &[&before_pool], 1, 2),
        plain(Relu, "resnet18 stage 1", &[&images], 1, 2),
        plain(Add { relu: true, ..Add::default() }, "resnet18 stage 1", &[&images, &images], 0, 1),
        Workload {
            integers: Some((1, Integers::Below(1000))),
            ..plain(SoftmaxCrossEntropy, "1000 classes", &[&[256, 1000], &[256], &[256]], 0, 2)
        },
        Workload {
            integers: Some((1, Integers::Below(1024))),
            ..plain(BatchImages, "cifar-10", &[&[1024, 32, 32, 3], &[1024], &[2, 3]], 1, 2)
        },
        optimizer(Adam::default(), Adam::STATES, owner, parameters, 0),
        optimizer(Sgd { momentum: 0.9, weight_decay: 5e-4, ..Sgd::default() }, 1, owner, parameters, 1),
    ]
}

fn plain(op: impl Op + 'static, source: &str, shapes: &[&[usize]], level: u8, half: u8) -> Workload {
    let shapes = shapes.iter().map(|sizes| Shape::new(sizes)).collect();
    Workload { op: Box::new(op), shapes, source: source.into(), integers: None, level, half }
}

/// A convolution with bias on `batch` images of `[side, channels]`; `[kernel, filters, stride, groups]`.
fn conv(source: &str, batch: usize, image: [usize; 2], window: [usize; 4], level: u8, half: u8) -> Workload {
    let ([side, channels], [kernel, filters, stride, groups]) = (image, window);
    let window = Window { padding: Padding::Same, ..Window::new([kernel; 2], [stride; 2]) };
    let op = Conv2d { window, groups, relu: gemm::Relu::None, masked: false };
    let weight = [kernel, kernel, channels / groups, filters];
    plain(op, source, &[&[batch, side, side, channels], &weight, &[filters]], level, half)
}

fn linear(source: &str, batch: usize, features: usize, units: usize, level: u8, half: u8) -> Workload {
    let op = Linear { relu: gemm::Relu::None, masked: false };
    plain(op, source, &[&[batch, features], &[features, units], &[units]], level, half)
}

/// An optimiser over one parameter of so many words, whose gradient is one slab.
fn optimizer(op: impl Op + 'static, states: usize, owner: &str, words: usize, level: u8) -> Workload {
    let layout = Layout::new(&[(words, 1)], true);
    let blocks: Vec<u32> = layout.blocks.iter().flat_map(Block::words).collect();
    let mut shapes = vec![Shape::new(&[blocks.len()]), Shape::new(&[layout.gradient_words])];
    shapes.extend((0..=states).map(|_| Shape::new(&[layout.parameter_words])));
    let integers = Some((0, Integers::Exactly(blocks)));
    Workload { op: Box::new(op), shapes, source: format!("{owner}, all parameters"), integers, level, half: NEVER }
}
