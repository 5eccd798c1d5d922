use super::ConvTranspose2d;
use crate::case::Fill;
use crate::gemm::Relu;
use crate::{Case, Padding, Window};

const UNEVEN: Padding = Padding::Explicit { top: 2, bottom: 0, left: 0, right: 1 };

fn op(kernel: [usize; 2], stride: [usize; 2], padding: Padding) -> ConvTranspose2d {
    let window = Window { padding, ..Window::new(kernel, stride) };
    ConvTranspose2d { window, output_padding: [0, 0], groups: 1, relu: Relu::None, masked: false }
}

fn dilated(dilation: [usize; 2], mut op: ConvTranspose2d) -> ConvTranspose2d {
    op.window.dilation = dilation;
    op
}

pub(super) fn all() -> Vec<Case> {
    [products(), uncommon(), grouped(), depthwise()].into_iter().flatten().collect()
}

fn products() -> Vec<Case> {
    let relu = ConvTranspose2d { relu: Relu::Whole, ..op([3, 3], [2, 2], Padding::Same) };
    let relu6 = ConvTranspose2d { relu: Relu::Six, ..relu.clone() };
    let masked = ConvTranspose2d { masked: true, relu: Relu::Forward, ..op([2, 2], [2, 2], Padding::Valid) };
    let more = ConvTranspose2d { output_padding: [1, 2], ..op([3, 2], [2, 3], UNEVEN) };
    let between = ConvTranspose2d { output_padding: [1, 2], ..dilated([2, 3], op([2, 3], [1, 2], UNEVEN)) };
    vec![
        Case::new(relu, &[&[2, 5, 6, 8], &[3, 3, 12, 8], &[12]], "a decoder's stage: twice the size, bias and ReLU"),
        Case::new(relu6, &[&[2, 5, 6, 8], &[3, 3, 12, 8], &[12]], "bias and ReLU6"),
        Case::new(
            masked,
            &[&[2, 5, 7, 12], &[2, 2, 8, 12], &[8]],
            "between two ReLUs: dy comes masked, dx leaves masked",
        )
        .fill(0, Fill::Rectified),
        Case::new(
            more.clone(),
            &[&[2, 4, 5, 5], &[3, 2, 7, 5], &[7]],
            "strides 2 and 3, output padding, 5 to 7 channels",
        ),
        Case::new(
            ConvTranspose2d { masked: true, ..more },
            &[&[2, 4, 5, 6], &[3, 2, 3, 6]],
            "the same masked, no bias",
        )
        .fill(0, Fill::Rectified),
        Case::new(between, &[&[2, 5, 4, 4], &[2, 3, 6, 4], &[6]], "dilation, output padding within it"),
        Case::new(
            op([1, 1], [1, 1], Padding::Valid),
            &[&[2, 5, 3, 12], &[1, 1, 40, 12], &[40]],
            "pointwise: a plain product",
        ),
        Case::new(
            op([2, 1], [3, 2], Padding::Same),
            &[&[2, 4, 5, 4], &[2, 1, 8, 4], &[8]],
            "pixels that get the bias alone",
        ),
        Case::new(op([3, 4], [1, 1], UNEVEN), &[&[2, 6, 7, 8], &[3, 4, 10, 8], &[10]], "no stride, a window of 3 by 4"),
        Case::new(
            op([4, 4], [2, 2], Padding::Explicit { top: 1, bottom: 1, left: 1, right: 1 }),
            &[&[2, 7, 6, 40], &[4, 4, 36, 40], &[36]],
            "a generator's stage: many tiles both ways",
        ),
        Case::new(
            op([3, 3], [2, 2], Padding::Valid),
            &[&[4, 32, 29, 2], &[3, 3, 5, 2], &[5]],
            "a long K in grad_weight: slabs",
        ),
        Case::new(
            op([1, 3], [1, 2], Padding::Same),
            &[&[3, 1, 11, 6], &[1, 3, 4, 6], &[4]],
            "sequences: one pixel high",
        ),
    ]
}

/// Widths and sizes that no built-in model has.
fn uncommon() -> Vec<Case> {
    vec![
        Case::new(
            op([2, 2], [2, 2], Padding::Valid),
            &[&[1, 3, 4, 208], &[2, 2, 104, 208], &[104]],
            "208 channels to 104, twice the size",
        ),
        Case::new(
            ConvTranspose2d { groups: 5, ..op([3, 3], [2, 2], Padding::Same) },
            &[&[1, 3, 2, 440], &[3, 3, 6, 440], &[30]],
            "440 channels in groups of 88 to six each",
        ),
        Case::new(
            ConvTranspose2d { output_padding: [1, 0], ..op([3, 3], [2, 2], UNEVEN) },
            &[&[2, 5, 7, 3], &[3, 3, 1, 3], &[1]],
            "three channels to one, a row more than the stride gives",
        ),
        Case::new(
            op([3, 3], [1, 1], Padding::Same),
            &[&[1, 11, 12, 1], &[3, 3, 3, 1]],
            "one channel to three, more rows than a tile, no bias",
        ),
    ]
}

fn grouped() -> Vec<Case> {
    let grouped = |groups, op: ConvTranspose2d| ConvTranspose2d { groups, ..op };
    vec![
        Case::new(
            grouped(2, op([3, 3], [2, 1], Padding::Same)),
            &[&[2, 4, 5, 8], &[3, 3, 12, 8], &[24]],
            "two groups, vec4",
        ),
        Case::new(
            grouped(3, ConvTranspose2d { output_padding: [0, 1], ..op([2, 3], [1, 2], UNEVEN) }),
            &[&[2, 5, 6, 9], &[2, 3, 2, 9], &[6]],
            "three groups, scalar",
        ),
        Case::new(
            grouped(4, op([2, 2], [2, 2], Padding::Valid)),
            &[&[2, 3, 5, 4], &[2, 2, 2, 4], &[8]],
            "a group for each input",
        ),
    ]
}

fn depthwise() -> Vec<Case> {
    let each = |channels, op: ConvTranspose2d| ConvTranspose2d { groups: channels, ..op };
    vec![
        Case::new(
            ConvTranspose2d { relu: Relu::Whole, ..each(12, op([3, 3], [2, 2], Padding::Same)) },
            &[&[2, 5, 6, 12], &[3, 3, 1, 12], &[12]],
            "depthwise, runs of four channels, bias and ReLU",
        ),
        Case::new(
            ConvTranspose2d { masked: true, output_padding: [1, 0], ..each(5, op([3, 2], [2, 3], UNEVEN)) },
            &[&[2, 5, 4, 5], &[3, 2, 1, 5], &[5]],
            "depthwise, everything uneven, masked",
        )
        .fill(0, Fill::Rectified),
        Case::new(
            each(4, dilated([2, 3], op([2, 4], [1, 1], UNEVEN))),
            &[&[2, 6, 5, 4], &[2, 4, 1, 4]],
            "depthwise, dilation, no bias",
        ),
    ]
}
