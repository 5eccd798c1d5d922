//! What losses compare outputs with, and what a plan makes of that: a row for each kind.

/// What a loss compares outputs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// A class for each image.
    Label,
    /// A distribution over the classes for each image.
    Distribution,
    /// Several labels for each image, 0 or 1.
    Labels,
    /// Numbers for each image.
    Numbers,
    /// The image itself.
    Input,
    /// Nothing that the data says: two networks are trained against each other.
    Nothing,
}

impl TargetKind {
    /// Its row in [`TARGETS`].
    pub fn row(self) -> &'static TargetRow {
        &TARGETS[self as usize]
    }
}

/// What a plan must know about a kind of targets.
#[derive(Clone, Copy, Debug)]
pub struct TargetRow {
    /// The kind.
    pub kind: TargetKind,
    /// Whether the data's values are needed on the device.
    pub needs_values: bool,
    /// What the model's last layer must give.
    pub last_layer: LastLayer,
    /// What evaluation records; `None` if nothing is evaluated.
    pub records: Option<Records>,
}

/// What the last layer of a model must give for a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastLayer {
    /// A row of numbers for each image, in words.
    Row(&'static str),
    /// An image like the model's input.
    Image,
    /// What a discriminator says of an image, so that there must be a generator beside it.
    Verdict,
}

/// What evaluation records of each image, for metrics to be counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// The class that was answered, the label's rank, and how sure the answer was.
    Answers,
    /// All outputs.
    Outputs,
    /// The image's own loss.
    Errors,
}

const CLASSES: LastLayer = LastLayer::Row("one number per class: [n, classes]");

/// Every kind of targets, in the order of [`TargetKind`].
pub const TARGETS: [TargetRow; 6] = [
    TargetRow { kind: TargetKind::Label, needs_values: false, last_layer: CLASSES, records: Some(Records::Answers) },
    TargetRow {
        kind: TargetKind::Distribution,
        needs_values: true,
        last_layer: CLASSES,
        records: Some(Records::Answers),
    },
    TargetRow {
        kind: TargetKind::Labels,
        needs_values: true,
        last_layer: LastLayer::Row("one number per label: [n, labels]"),
        records: Some(Records::Outputs),
    },
    TargetRow {
        kind: TargetKind::Numbers,
        needs_values: true,
        last_layer: LastLayer::Row("one number per value: [n, values]"),
        records: Some(Records::Outputs),
    },
    TargetRow {
        kind: TargetKind::Input,
        needs_values: false,
        last_layer: LastLayer::Image,
        records: Some(Records::Errors),
    },
    TargetRow { kind: TargetKind::Nothing, needs_values: false, last_layer: LastLayer::Verdict, records: None },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_finds_its_row() {
        for target in TARGETS {
            assert_eq!(target.kind.row().kind, target.kind);
        }
    }
}
