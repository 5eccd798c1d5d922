//! Changes of products that are split along K, and of what adds their slabs.

use super::Change;
use super::In::{Split, SplitMatrix};

pub const CHANGES: &[Change] = &[
    // a slab that is missing, one that counts twice, one in another's place
    (Split, "linear", "sum += slab1;", ""),
    (Split, "conv2d", "slabs[i + 1u * COUNT]", "slabs[i]"),
    (Split, "conv_transpose2d", "slabs[i + 1u * COUNT]", "slabs[i + 1u * COUNT - 1u]"),
    (Split, "conv2d", "let begin = tile.slab * SLAB;", "let begin = 0u;"),
    (Split, "conv2d", "let begin = tile.slab * tile.phase.slab;", "let begin = tile.slab * SLAB;"),
    (Split, "conv2d", "let end = min(begin + tile.phase.slab", "let end = min(begin + SLAB"),
    (Split, "linear", "let corner = tile.slab *", "let corner = (tile.slab / 2u) *"),
    // what ends a product
    (Split, "linear", "sum += start;", ""),
    (Split, "conv2d", "bias[i % RUNS]", "bias[0]"),
    (Split, "conv2d", "unpacked(positive[i]) > V(0.0)", "unpacked(positive[i]) >= V(0.0)"),
    (Split, "linear", "packed(rectified(sum))", "packed(sum)"),
    (Split, "conv_transpose2d", "sum += start;", ""),
    (SplitMatrix, "conv2d", "sum += slab1;", ""),
    (SplitMatrix, "conv2d", "let begin = tile.slab * SLAB;", "let begin = 0u;"),
];
