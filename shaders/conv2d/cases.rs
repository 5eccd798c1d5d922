use super::Conv2d;
use crate::case::Fill;
use crate::gemm::Relu;
use crate::{Case, Padding, Window};

const UNEVEN: Padding = Padding::Explicit { top: 2, bottom: 0, left: 0, right: 1 };

fn conv(kernel: [usize; 2], stride: [usize; 2], padding: Padding) -> Conv2d {
    Conv2d { window: Window { padding, ..Window::new(kernel, stride) }, groups: 1, relu: Relu::None, masked: false }
}

pub(super) fn all() -> Vec<Case> {
    [windows(), products(), uncommon(), plain_3x3(), winograd(), depthwise()].into_iter().flatten().collect()
}

fn windows() -> Vec<Case> {
    let relu = Conv2d { relu: Relu::Whole, ..conv([3, 3], [1, 1], Padding::Valid) };
    let mut dilated = conv([3, 2], [1, 1], Padding::Same);
    dilated.window.dilation = [2, 3];
    let mut strided_dilated = conv([3, 4], [2, 4], Padding::Same);
    strided_dilated.window.dilation = [3, 2];
    vec![
        Case::new(conv([3, 3], [1, 1], Padding::Valid), &[&[2, 9, 7, 1], &[3, 3, 1, 32], &[32]], "first layer, grey"),
        Case::new(relu, &[&[2, 7, 6, 8], &[3, 3, 8, 20], &[20]], "vec4 channels, bias and ReLU"),
        Case::new(
            conv([3, 2], [2, 1], UNEVEN),
            &[&[2, 8, 7, 3], &[3, 2, 3, 10], &[10]],
            "uneven kernel, stride, padding",
        ),
        Case::new(
            Conv2d { masked: true, relu: Relu::Forward, ..conv([3, 3], [1, 1], Padding::Same) },
            &[&[2, 7, 9, 12], &[3, 3, 12, 16], &[16]],
            "between two ReLUs: dy comes masked, dx leaves masked",
        )
        .fill(0, Fill::Rectified),
        Case::new(
            Conv2d { masked: true, ..conv([3, 2], [2, 3], UNEVEN) },
            &[&[2, 8, 11, 5], &[3, 2, 5, 6]],
            "masked, in phases, nothing divides by four",
        )
        .fill(0, Fill::Rectified),
        Case::new(strided_dilated, &[&[2, 13, 15, 8], &[3, 4, 8, 36], &[36]], "phases whose taps lie apart"),
        Case::new(
            conv([3, 3], [2, 2], Padding::Same),
            &[&[4, 18, 17, 32], &[3, 3, 32, 64]],
            "the first convolution of a stage: four phases",
        ),
        Case::new(
            conv([2, 3], [3, 2], UNEVEN),
            &[&[2, 9, 8, 4], &[2, 3, 4, 8]],
            "strides 3 and 2 leave pixels unseen, no bias",
        ),
        Case::new(
            conv([4, 2], [1, 1], Padding::Same),
            &[&[1, 6, 5, 4], &[4, 2, 4, 12], &[12]],
            "even kernel, same padding",
        ),
        Case::new(dilated, &[&[2, 7, 9, 4], &[3, 2, 4, 7], &[7]], "dilation, unequal on the axes; 7 filters"),
    ]
}

fn products() -> Vec<Case> {
    let grouped = |groups, op: Conv2d| Conv2d { groups, ..op };
    vec![
        Case::new(
            conv([1, 1], [1, 1], Padding::Valid),
            &[&[2, 5, 3, 12], &[1, 1, 12, 40], &[40]],
            "pointwise: a plain product",
        ),
        Case::new(
            conv([1, 1], [1, 1], Padding::Valid),
            &[&[1, 7, 151, 6], &[1, 1, 6, 9], &[9]],
            "pointwise, so many pixels that grad_weight walks all of them as one row; they are odd",
        ),
        Case::new(
            Conv2d { relu: Relu::Six, ..conv([1, 1], [1, 1], Padding::Valid) },
            &[&[2, 5, 3, 12], &[1, 1, 12, 40], &[40]],
            "pointwise, with ReLU6",
        ),
        Case::new(
            conv([1, 1], [2, 2], Padding::Valid),
            &[&[2, 5, 7, 8], &[1, 1, 8, 16]],
            "the shortcut of a residual block",
        ),
        Case::new(
            grouped(2, conv([3, 3], [1, 2], Padding::Same)),
            &[&[2, 5, 6, 8], &[3, 3, 4, 24], &[24]],
            "two groups, vec4",
        ),
        Case::new(
            grouped(3, conv([2, 3], [1, 1], UNEVEN)),
            &[&[2, 5, 6, 6], &[2, 3, 2, 9], &[9]],
            "three groups, scalar",
        ),
        Case::new(
            conv([3, 3], [1, 1], Padding::Same),
            &[&[3, 12, 11, 36], &[3, 3, 36, 68], &[68]],
            "many tiles both ways",
        ),
        Case::new(
            conv([3, 3], [1, 1], Padding::Same),
            &[&[8, 45, 46, 8], &[3, 3, 8, 32], &[32]],
            "much to multiply: larger tiles",
        ),
        Case::new(
            conv([3, 3], [1, 1], Padding::Valid),
            &[&[5, 30, 29, 2], &[3, 3, 2, 6], &[6]],
            "a long K in grad_weight: slabs",
        ),
    ]
}

/// What software adapters compute in frequencies; every depth that rounds most has a case.
fn winograd() -> Vec<Case> {
    let relu = Conv2d { relu: Relu::Whole, ..conv([3, 3], [1, 1], Padding::Valid) };
    let relu6 = Conv2d { relu: Relu::Six, ..conv([3, 3], [1, 1], Padding::Valid) };
    let masked = Conv2d { masked: true, relu: Relu::Forward, ..conv([3, 3], [1, 1], Padding::Same) };
    vec![
        Case::new(relu, &[&[2, 6, 13, 16], &[3, 3, 16, 34], &[34]], "frequencies: bias and ReLU, the last tile cut"),
        Case::new(relu6, &[&[2, 6, 9, 16], &[3, 3, 16, 18], &[18]], "frequencies: bias and ReLU6"),
        Case::new(masked, &[&[3, 7, 9, 18], &[3, 3, 18, 16], &[16]], "frequencies: masked, tiles of three")
            .fill(0, Fill::Rectified),
        Case::new(
            conv([3, 3], [1, 1], UNEVEN),
            &[&[2, 5, 9, 17], &[3, 3, 17, 19], &[19]],
            "frequencies: uneven padding, odd channels",
        ),
        Case::new(
            conv([1, 3], [2, 1], Padding::Explicit { top: 0, bottom: 1, left: 2, right: 2 }),
            &[&[2, 7, 14, 16], &[1, 3, 16, 16]],
            "frequencies: strides along y, two pixels of padding, no bias",
        ),
        Case::new(
            conv([3, 3], [1, 1], Padding::Same),
            &[&[2, 6, 8, 256], &[3, 3, 256, 16], &[16]],
            "frequencies: deep in forward",
        ),
        Case::new(
            conv([3, 3], [1, 1], Padding::Same),
            &[&[2, 6, 8, 16], &[3, 3, 16, 256], &[256]],
            "frequencies: deep in grad_input",
        ),
        Case::new(
            conv([3, 3], [1, 1], Padding::Same),
            &[&[1, 5, 9, 256], &[3, 3, 256, 256]],
            "frequencies: as deep as tiles of four may be, and deeper than tiles of three",
        ),
        Case::new(
            conv([3, 3], [1, 1], Padding::Same),
            &[&[1, 5, 9, 128], &[3, 3, 128, 128]],
            "frequencies: tiles of three, as deep as they may be",
        ),
        Case::new(
            conv([3, 3], [1, 1], Padding::Same),
            &[&[8, 33, 31, 16], &[3, 3, 16, 16], &[16]],
            "frequencies: deep in grad_weight, slabs",
        ),
    ]
}

/// Widths and sizes that no built-in model has.
fn uncommon() -> Vec<Case> {
    let grouped = |groups, op: Conv2d| Conv2d { groups, ..op };
    let same = |kernel, stride| conv(kernel, stride, Padding::Same);
    let valid = |kernel, stride| conv(kernel, stride, Padding::Valid);
    vec![
        Case::new(
            valid([1, 1], [3, 2]),
            &[&[2, 8, 6, 104], &[1, 1, 104, 208], &[208]],
            "104 to 208 channels, pointwise; strides leave a rest on both axes",
        ),
        Case::new(
            Conv2d { masked: true, relu: Relu::Forward, ..grouped(26, same([3, 3], [2, 2])) },
            &[&[2, 5, 4, 208], &[3, 3, 8, 208], &[208]],
            "208 channels in groups of eight, stride 2, masked",
        )
        .fill(0, Fill::Rectified),
        Case::new(
            same([3, 3], [1, 1]),
            &[&[1, 4, 3, 440], &[3, 3, 440, 12], &[12]],
            "440 channels: a long K, more filters in grad_input than a tile has",
        ),
        Case::new(
            grouped(4, same([1, 3], [1, 1])),
            &[&[2, 3, 5, 440], &[1, 3, 110, 20], &[20]],
            "440 channels in four groups of 110 to five filters each",
        ),
        Case::new(
            same([7, 7], [2, 2]),
            &[&[2, 15, 13, 3], &[7, 7, 3, 24], &[24]],
            "three channels: the stem of a residual network on odd sizes",
        ),
        Case::new(
            conv([5, 5], [1, 1], Padding::Explicit { top: 2, bottom: 2, left: 2, right: 2 }),
            &[&[3, 11, 9, 1], &[5, 5, 1, 6]],
            "one channel, a window of 5 by 5, six filters, no bias",
        ),
        Case::new(
            valid([5, 4], [4, 3]),
            &[&[1, 28, 29, 3], &[5, 4, 3, 9], &[9]],
            "strides 4 and 3 leave three rows and a column unseen",
        ),
        Case::new(
            valid([2, 2], [1, 1]),
            &[&[1, 14, 11, 4], &[2, 2, 4, 132], &[132]],
            "two rows and four columns more than a tile of 128",
        ),
    ]
}

/// Windows of 3 by 3 with stride 1, for which there may be kernels of their own: sizes that their tiles do not divide.
fn plain_3x3() -> Vec<Case> {
    let padded = |by| conv([3, 3], [1, 1], Padding::Explicit { top: by, bottom: by, left: by, right: by });
    let mut dilated = padded(2);
    dilated.window.dilation = [2, 2];
    vec![
        Case::new(padded(0), &[&[4, 3, 3, 16], &[3, 3, 16, 24], &[24]], "3x3: one pixel is left of each image"),
        Case::new(padded(1), &[&[3, 1, 5, 12], &[3, 3, 12, 8], &[8]], "3x3: images one pixel high"),
        Case::new(
            Conv2d { masked: true, relu: Relu::Forward, ..padded(2) },
            &[&[2, 5, 6, 20], &[3, 3, 20, 28]],
            "3x3: outputs larger than inputs, masked, no bias",
        )
        .fill(0, Fill::Rectified),
        Case::new(padded(1), &[&[2, 6, 7, 104], &[3, 3, 104, 40], &[40]], "3x3: 104 channels to 40"),
        Case::new(Conv2d { groups: 2, ..padded(1) }, &[&[2, 5, 7, 24], &[3, 3, 12, 32], &[32]], "3x3: two groups"),
        Case::new(dilated, &[&[2, 9, 6, 8], &[3, 3, 8, 16], &[16]], "3x3: dilation 2, which shares no taps"),
    ]
}

fn depthwise() -> Vec<Case> {
    let op = |channels, op: Conv2d| Conv2d { groups: channels, ..op };
    let dilated = |dilation, mut op: Conv2d| {
        op.window.dilation = dilation;
        op
    };
    let same = |kernel, stride| conv(kernel, stride, Padding::Same);
    vec![
        Case::new(op(5, same([3, 3], [1, 1])), &[&[2, 6, 5, 5], &[3, 3, 1, 5], &[5]], "depthwise, channels one by one"),
        Case::new(
            Conv2d { relu: Relu::Whole, ..op(12, same([3, 3], [1, 1])) },
            &[&[3, 7, 9, 12], &[3, 3, 1, 12], &[12]],
            "depthwise, runs of four channels, bias and ReLU",
        ),
        Case::new(
            Conv2d { relu: Relu::Six, ..op(8, same([5, 5], [2, 2])) },
            &[&[2, 8, 9, 8], &[5, 5, 1, 8], &[8]],
            "depthwise, stride 2, bias and ReLU6",
        ),
        Case::new(
            Conv2d { masked: true, relu: Relu::Forward, ..op(8, same([3, 3], [2, 2])) },
            &[&[2, 11, 14, 8], &[3, 3, 1, 8], &[8]],
            "depthwise, stride 2, masked: pixels of each phase",
        )
        .fill(0, Fill::Rectified),
        Case::new(
            Conv2d { masked: true, ..op(3, conv([3, 2], [2, 3], UNEVEN)) },
            &[&[2, 8, 16, 3], &[3, 2, 1, 3]],
            "depthwise, everything uneven, masked, no bias; columns unseen",
        )
        .fill(0, Fill::Rectified),
        Case::new(
            op(4, dilated([2, 3], conv([2, 4], [1, 1], UNEVEN))),
            &[&[2, 9, 13, 4], &[2, 4, 1, 4], &[4]],
            "depthwise, dilation, blocks of two taps",
        ),
        Case::new(
            op(6, dilated([3, 2], same([3, 4], [2, 4]))),
            &[&[2, 13, 15, 6], &[3, 4, 1, 6], &[6]],
            "depthwise, stride and dilation: taps that no pixel of a phase sees",
        ),
        Case::new(
            op(4, dilated([2, 2], same([3, 3], [2, 2]))),
            &[&[2, 9, 11, 4], &[3, 3, 1, 4], &[4]],
            "depthwise, stride equal to dilation: phases that no tap reaches",
        ),
        Case::new(
            op(36, same([7, 5], [1, 1])),
            &[&[1, 8, 7, 36], &[7, 5, 1, 36], &[36]],
            "depthwise, a large kernel: blocks of taps both ways, columns in two workgroups",
        ),
        Case::new(
            op(8, same([3, 3], [1, 1])),
            &[&[2, 45, 7, 8], &[3, 3, 1, 8], &[8]],
            "depthwise, many rows: slabs, the last of them short",
        ),
        Case::new(
            op(7, conv([1, 1], [1, 1], Padding::Valid)),
            &[&[3, 4, 2, 7], &[1, 1, 1, 7], &[7]],
            "depthwise, one tap",
        ),
    ]
}
