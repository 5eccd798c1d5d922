//! Adaptive pools: which pixels a place of the output takes (`common/adaptive.wgsl`).
//!
//! Output row `o` of `oh` takes rows `floor(o · h / oh)` to `ceil((o + 1) · h / oh)` of `h`, and columns likewise: rows of an
//! image that `oh` does not divide are taken twice.

use std::ops::Range;

use crate::{Shape, ShapeError, images};

/// The output `[n, oh, ow, c]` of an adaptive pool.
pub(crate) fn output_shape(input: &Shape, output: [usize; 2]) -> Result<Shape, ShapeError> {
    let [n, h, w, c] = input.nhwc()?;
    images::check_scaling(h, output[0])?;
    images::check_scaling(w, output[1])?;
    Ok(Shape::new(&[n, output[0], output[1], c]))
}

/// Pixels of `length` that place `o` of `places` takes: the definition, in the twins of both adaptive pools.
pub(crate) fn taken(o: usize, length: usize, places: usize) -> Range<usize> {
    let scale = length as f64 / places as f64;
    // a product that should be whole may be a rounding off
    let begin = (o as f64 * scale + 1e-9).floor() as usize;
    begin..((o + 1) as f64 * scale - 1e-9).ceil() as usize
}

/// Most loop iterations of a thread that walks so many of `length` pixels for each of `places`.
pub(crate) fn iterations(length: [usize; 2], places: [usize; 2]) -> usize {
    let most = |a: usize| length[a].div_ceil(places[a]) + 1;
    most(0) * (most(1) + 1)
}
