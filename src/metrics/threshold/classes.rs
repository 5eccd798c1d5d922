//! Probabilities from which on a class or label is answered.

/// For some classes or labels the least probability with which they are answered.
///
/// Of classes that exclude each other: of those whose probability reaches their threshold the likeliest is answered; where there is
/// none, the likeliest of the classes without a threshold, or, if all have one, the likeliest of all. Of several labels, each is there
/// from its threshold on; without one, above a half.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thresholds(Vec<(usize, f64)>);

/// The probability above which a label without a threshold is there.
const HALF: f64 = 0.5;

impl Thresholds {
    /// Sets the threshold of a class, from 0 to 1.
    pub fn set(&mut self, class: usize, threshold: f64) {
        self.0.retain(|(own, _)| *own != class);
        self.0.push((class, threshold));
    }

    /// Each class that has one, with its threshold.
    pub fn iter(&self) -> impl Iterator<Item = (usize, f64)> {
        self.0.iter().copied()
    }

    /// Whether no class has one.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// That of a class.
    pub fn of(&self, class: usize) -> Option<f64> {
        self.0.iter().find(|(own, _)| *own == class).map(|(_, threshold)| *threshold)
    }

    /// The class that is answered, of classes with these probabilities; of equally likely ones the first. None where there are no
    /// classes.
    pub fn class(&self, probabilities: &[f64]) -> Option<usize> {
        let likeliest = |wanted: &dyn Fn(usize) -> bool| {
            let of = (0..probabilities.len()).filter(|&class| wanted(class));
            of.max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]).then(b.cmp(&a)))
        };
        let reaches = |class: usize| self.of(class).is_some_and(|least| probabilities[class] >= least);
        likeliest(&reaches).or_else(|| likeliest(&|class| self.of(class).is_none())).or_else(|| likeliest(&|_| true))
    }

    /// Whether a label of this probability is there.
    pub fn is_there(&self, label: usize, probability: f64) -> bool {
        self.of(label).map_or(probability > HALF, |least| probability >= least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_answered_from_its_threshold_on() {
        let of = |pairs: &[(usize, f64)]| {
            let mut thresholds = Thresholds::default();
            pairs.iter().for_each(|&(class, least)| thresholds.set(class, least));
            thresholds
        };
        for (pairs, probabilities, answer) in [
            (&[][..], [0.2, 0.5, 0.3], 1),
            (&[], [0.4, 0.2, 0.4], 0),
            (&[(2, 0.3)], [0.2, 0.5, 0.3], 2),
            (&[(2, 0.31)], [0.2, 0.5, 0.3], 1),
            // not reached, though it is the likeliest
            (&[(1, 0.9)], [0.2, 0.5, 0.3], 2),
            // of several that are reached the likeliest
            (&[(0, 0.1), (2, 0.1)], [0.2, 0.5, 0.3], 2),
            // all have one, and none is reached
            (&[(0, 0.9), (1, 0.9), (2, 0.9)], [0.2, 0.5, 0.3], 1),
            (&[(1, 0.9), (1, 0.5)], [0.2, 0.5, 0.3], 1),
        ] {
            assert_eq!(of(pairs).class(&probabilities), Some(answer), "{pairs:?} {probabilities:?}");
        }
        assert_eq!(of(&[]).class(&[]), None);
    }

    #[test]
    fn a_label_is_there_from_its_threshold_on() {
        let mut thresholds = Thresholds::default();
        assert!(!thresholds.is_there(0, 0.5) && thresholds.is_there(0, 0.5001));
        thresholds.set(0, 0.25);
        assert!(thresholds.is_there(0, 0.25) && !thresholds.is_there(0, 0.2499) && !thresholds.is_there(1, 0.3));
    }
}
