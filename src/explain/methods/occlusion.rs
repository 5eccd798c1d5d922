//! Occlusion: how much the score falls when a square of the image is covered with 0 after normalisation: the mean colour where that
//! subtracts means, otherwise black.
//!
//! The map at a pixel is the mean fall over all squares that cover it. A square that reaches past an edge is cut off there.

use super::{Made, Method, Reads};
use crate::explain::{ExplainError, Map, Subject};

pub(super) const METHOD: Method = Method {
    name: "occlusion",
    title: "Occlusion",
    summary: "how much the class's score falls when a part of the image is covered; no gradients",
    source: "Zeiler and Fergus 2014",
    reads: Reads::Outputs,
    batch: 8,
    explain,
};

fn explain(subject: &mut Subject) -> Made {
    let (input, [h, w, c]) = (subject.input, subject.shape);
    let window = subject.settings.window.unwrap_or(h.min(w).div_ceil(7));
    if window == 0 || window > h || window > w {
        return Err(ExplainError::Window { window, height: h, width: w });
    }
    let stride = subject.settings.stride.unwrap_or(window.div_ceil(2)).clamp(1, window);
    let starts = |length: usize| (0..=(length - window).div_ceil(stride)).map(move |i| i * stride);
    let squares: Vec<[usize; 2]> = starts(h).flat_map(|y| starts(w).map(move |x| [y, x])).collect();
    let whole = subject.scores(input)?[0];
    let (mut falls, mut covers) = (vec![0.0; h * w], vec![0.0; h * w]);
    for squares in squares.chunks(METHOD.batch) {
        let places = |[y, x]: [usize; 2]| {
            (y..h.min(y + window)).flat_map(move |y| (x..w.min(x + window)).map(move |x| y * w + x))
        };
        let mut inputs = input.repeat(squares.len());
        for (copy, &square) in inputs.chunks_exact_mut(input.len()).zip(squares) {
            places(square).for_each(|place| copy[place * c..][..c].fill(0.0));
        }
        for (score, &square) in subject.scores(&inputs)?.into_iter().zip(squares) {
            for place in places(square) {
                falls[place] += whole - score;
                covers[place] += 1.0;
            }
        }
    }
    let mean = |(fall, count): (&f64, &f64)| (fall / f64::max(*count, 1.0)) as f32;
    Ok((Map::new([h, w], falls.iter().zip(&covers).map(mean).collect()), None))
}
