//! Changes of what two networks that are trained in turn need.

use super::Change;
use super::In::{F16, Own};

pub const CHANGES: &[Change] = &[
    (Own, "noise", "step.batch_start * WIDTH + element", "element"),
    (Own, "noise", "noise(step.noise_key, STREAM,", "noise(step.noise_key, 0u * STREAM,"),
    (F16, "noise", "- 1.0;", "- 0.5;"),
    (Own, "stack", "y[TO + i] = x[FROM + i];", "y[TO + i] = x[FROM + i / 2u];"),
    (Own, "stack", "x[FROM + i]", "x[i]"),
    (F16, "stack", "y[TO + i]", "y[i]"),
    (Own, "gan_targets", "row % ROWS < step.batch_length", "row < step.batch_length"),
    (Own, "gan_targets", "select(SECOND, FIRST, row < ROWS)", "FIRST"),
    (Own, "record_loss", "row += 64u", "row += 65u"),
    (Own, "record_loss", "2u * step.record + COLUMN", "2u * step.record"),
];
