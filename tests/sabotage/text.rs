//! Changes to the kernels of texts, and of features.

use super::{Change, Own};

pub const CHANGES: &[Change] = &[
    (Own, "batch_tokens", "number * LENGTH + i % LENGTH", "number * LENGTH"),
    (Own, "batch_tokens", "number != 0xffffffffu", "number != 5u"),
    (Own, "batch_tokens", "var token = 0u;", "var token = 1u;"),
    (Own, "batch_features", "(number * VERSIONS + version) * LENGTH", "number * VERSIONS * LENGTH"),
    (Own, "batch_features", "number != 0xffffffffu", "number != 4u"),
    (Own, "batch_features", "var value = 0.0;", "var value = 1.0;"),
    (Own, "batch_features", "% VERSIONS, DRAWS)", "% VERSIONS, !DRAWS)"),
    (Own, "batch_features", "step.augment_key, STREAM", "step.noise_key, STREAM"),
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
