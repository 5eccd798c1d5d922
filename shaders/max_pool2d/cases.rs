use super::MaxPool2d;
use crate::{Case, Padding, Window, case::Fill};

fn pool(kernel: [usize; 2], stride: [usize; 2]) -> MaxPool2d {
    MaxPool2d { window: Window::new(kernel, stride), relu: false }
}

pub(super) fn all() -> Vec<Case> {
    let padding = Padding::Explicit { top: 1, bottom: 0, left: 0, right: 1 };
    let mut overlapping = pool([3, 2], [2, 1]);
    overlapping.window.padding = padding;
    let mut dilated = pool([2, 3], [1, 2]);
    dilated.window.dilation = [3, 2];
    let mut same = pool([3, 3], [2, 2]);
    same.window.padding = Padding::Same;
    let mut apart = pool([2, 1], [3, 2]);
    apart.window.padding = padding;
    let mut apart4 = pool([1, 2], [3, 3]);
    apart4.window.padding = Padding::Explicit { top: 0, bottom: 0, left: 1, right: 0 };
    let relu = MaxPool2d { relu: true, ..pool([2, 2], [2, 2]) };
    vec![
        Case::new(pool([2, 2], [2, 2]), &[&[2, 11, 7, 5]], "the usual window; a row and a column are left over")
            .fill(0, Fill::Distinct),
        Case::new(apart, &[&[2, 10, 7, 3]], "windows with gaps between them, padding").fill(0, Fill::Distinct),
        Case::new(overlapping, &[&[2, 9, 6, 3]], "overlapping windows, padding on two sides").fill(0, Fill::Distinct),
        Case::new(dilated, &[&[1, 8, 11, 2]], "dilation, unequal on the axes").fill(0, Fill::Distinct),
        Case::new(same, &[&[2, 7, 10, 4]], "same padding, the stem of a ResNet").fill(0, Fill::Distinct),
        Case::new(pool([2, 3], [1, 1]), &[&[2, 6, 7, 3]], "ties: the first in row order wins").fill(0, Fill::Ties),
        Case::new(pool([2, 2], [2, 2]), &[&[2, 7, 9, 8]], "the usual window on runs of four channels")
            .fill(0, Fill::Distinct),
        Case::new(apart4, &[&[2, 9, 8, 4]], "gaps on both axes and padding, runs of four channels")
            .fill(0, Fill::Distinct),
        Case::new(relu.clone(), &[&[2, 5, 6, 12]], "ReLU, runs of four channels").fill(0, Fill::Distinct),
        Case::new(relu, &[&[2, 6, 5, 7]], "ReLU in the same kernel: nobody wins where all are negative")
            .fill(0, Fill::Distinct),
    ]
}
