use super::AvgPool2d;
use crate::{Case, Padding, Window};

fn pool(kernel: [usize; 2], stride: [usize; 2], padding: Padding) -> AvgPool2d {
    AvgPool2d { window: Window { padding, ..Window::new(kernel, stride) }, count_include_pad: false }
}

pub(super) fn all() -> Vec<Case> {
    let uneven = Padding::Explicit { top: 1, bottom: 0, left: 0, right: 1 };
    let include = AvgPool2d { count_include_pad: true, ..pool([3, 2], [2, 1], uneven) };
    vec![
        Case::new(pool([2, 2], [2, 2], Padding::Valid), &[&[2, 7, 5, 3]], "the usual window; a row is left over"),
        Case::new(pool([3, 2], [2, 1], uneven), &[&[2, 9, 6, 3]], "overlap and padding, divided by real pixels"),
        Case::new(include, &[&[2, 9, 6, 3]], "the same, divided by the window"),
        Case::new(pool([3, 3], [1, 2], Padding::Same), &[&[1, 5, 8, 66]], "same padding, over several workgroups"),
    ]
}
