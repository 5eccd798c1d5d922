use super::Conv2d;
use crate::case::Fill;
use crate::gemm::Relu;
use crate::{Case, Padding, Window};

fn conv(kernel: [usize; 2], stride: [usize; 2], padding: Padding) -> Conv2d {
    Conv2d { window: Window { padding, ..Window::new(kernel, stride) }, groups: 1, relu: Relu::None, masked: false }
}

pub(super) fn all() -> Vec<Case> {
    let uneven = Padding::Explicit { top: 2, bottom: 0, left: 0, right: 1 };
    let relu = Conv2d { relu: Relu::Whole, ..conv([3, 3], [1, 1], Padding::Valid) };
    let mut dilated = conv([3, 2], [1, 1], Padding::Same);
    dilated.window.dilation = [2, 3];
    let mut strided_dilated = conv([3, 4], [2, 4], Padding::Same);
    strided_dilated.window.dilation = [3, 2];
    let grouped = |groups, op: Conv2d| Conv2d { groups, ..op };
    vec![
        Case::new(conv([3, 3], [1, 1], Padding::Valid), &[&[2, 9, 7, 1], &[3, 3, 1, 32], &[32]], "first layer, grey"),
        Case::new(relu, &[&[2, 7, 6, 8], &[3, 3, 8, 20], &[20]], "vec4 channels, bias and ReLU"),
        Case::new(
            conv([3, 2], [2, 1], uneven),
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
            Conv2d { masked: true, ..conv([3, 2], [2, 3], uneven) },
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
            conv([2, 3], [3, 2], uneven),
            &[&[2, 9, 8, 4], &[2, 3, 4, 8]],
            "strides 3 and 2 leave pixels unseen, no bias",
        ),
        Case::new(
            conv([4, 2], [1, 1], Padding::Same),
            &[&[1, 6, 5, 4], &[4, 2, 4, 12], &[12]],
            "even kernel, same padding",
        ),
        Case::new(dilated, &[&[2, 7, 9, 4], &[3, 2, 4, 7], &[7]], "dilation, unequal on the axes; 7 filters"),
        Case::new(
            conv([1, 1], [1, 1], Padding::Valid),
            &[&[2, 5, 3, 12], &[1, 1, 12, 40], &[40]],
            "pointwise: a plain product",
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
            grouped(3, conv([2, 3], [1, 1], uneven)),
            &[&[2, 5, 6, 6], &[2, 3, 2, 9], &[9]],
            "three groups, scalar",
        ),
        Case::new(grouped(5, conv([3, 3], [1, 1], Padding::Same)), &[&[2, 6, 5, 5], &[3, 3, 1, 5], &[5]], "depthwise"),
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
