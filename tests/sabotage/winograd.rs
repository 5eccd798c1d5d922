//! Changes of the transforms to frequencies and back.

use super::{Change, In::Own};

pub const CHANGES: &[Change] = &[
    (Own, "conv2d", "let inside = x < WIDTH;", "let inside = x <= WIDTH;"),
    (Own, "conv2d", "pixel0 = pixel4;", "pixel0 = pixel3;"),
    (Own, "conv2d", "if x < WIDTH {", "if x < WIDTH - 1u {"),
    (Own, "conv2d", "kept1 + ", ""),
    (Own, "conv2d", "start + ", ""),
    (Own, "conv2d", "max(value, V(0.0))", "value"),
    (Own, "conv2d", "unpacked(positive[at]) > V(0.0)", "unpacked(positive[at]) >= V(0.0)"),
    (Own, "conv2d", "(CHANNELS / INNER) + channel / INNER)", "(CHANNELS / INNER))"),
    (Own, "conv2d", "bitcast<u32>(value.y)", "bitcast<u32>(value.x)"),
    (Own, "conv2d", "channel, kept0);", "channel, kept1);"),
    (Own, "conv2d", "0.6666667 * tile1", "0.6667 * tile1"),
];
