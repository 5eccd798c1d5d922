//! Changes to the kernels of texts.

use super::{Change, Own};

pub const CHANGES: &[Change] = &[
    (Own, "batch_tokens", "number * LENGTH + i % LENGTH", "number * LENGTH"),
    (Own, "batch_tokens", "number != 0xffffffffu", "number != 5u"),
    (Own, "batch_tokens", "var token = 0u;", "var token = 1u;"),
    (Own, "embedding", "token != 0u {", "token != 1u {"),
    (Own, "embedding", "table[token * runs + i % runs]", "table[token * runs]"),
    (Own, "embedding", "words[i] = V(0.0);", "if i > 0u { words[i] = V(0.0); }"),
    (Own, "embedding", "at < LENGTH; at++", "at < LENGTH - 1u; at++"),
    (Own, "embedding", "tokens[at] == token", "mark_of(tokens[at]) == bit"),
    (Own, "embedding", "while row < ROWS &&", "while row + 1u < ROWS &&"),
    (Own, "embedding", "var at = position + 1u;", "var at = position + 2u;"),
    (Own, "embedding", "follows[found] = 1u;", "follows[position] = 1u;"),
    (Own, "embedding", "if token == 0u || follows[", "if follows["),
    (Own, "embedding", "dtable[token * runs + feature] = sum;", "dtable[token * runs + feature] = sum + sum;"),
    (Own, "embedding", "count % 32u == 0u || position == NONE", "count % 32u == 0u"),
];
