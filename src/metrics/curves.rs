//! What comes of every threshold: the curves of precision over recall and of true over false positives.

/// What comes of answering yes from a score on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operating {
    /// The lowest score that is answered yes.
    pub score: f32,
    /// Right ones of those answered yes.
    pub precision: f64,
    /// Share of the positives that are answered yes.
    pub recall: f64,
    /// Share of the negatives that are answered yes.
    pub false_positives: f64,
}

/// Everything that a threshold can bring about on `(score, is it positive)`, from the strictest threshold to the laxest; nothing
/// without both kinds.
pub fn operating(scored: &mut [(f32, bool)]) -> Vec<Operating> {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = scored.iter().filter(|(_, positive)| *positive).count();
    let negatives = scored.len() - positives;
    if positives == 0 || negatives == 0 {
        return Vec::new();
    }
    let (mut hits, mut alarms) = (0, 0);
    let of_score = |equal: &[(f32, bool)]| {
        let right = equal.iter().filter(|(_, positive)| *positive).count();
        (hits, alarms) = (hits + right, alarms + equal.len() - right);
        Operating {
            score: equal[0].0,
            precision: hits as f64 / (hits + alarms) as f64,
            recall: hits as f64 / positives as f64,
            false_positives: alarms as f64 / negatives as f64,
        }
    };
    scored.chunk_by(|a, b| a.0 == b.0).map(of_score).collect()
}

/// The average precision: precision at each threshold, weighted by the recall that it adds (scikit-learn's definition).
pub fn average_precision(curve: &[Operating]) -> f64 {
    let mut before = 0.0;
    let added = |point: &Operating| {
        let gain = point.recall - before;
        before = point.recall;
        gain * point.precision
    };
    curve.iter().map(added).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_scikit_learns() {
        // precision_recall_curve and roc_curve of [0, 0, 1, 1] by [0.1, 0.4, 0.35, 0.8]; average_precision_score is 0.8333
        let curve = operating(&mut [(0.1, false), (0.4, false), (0.35, true), (0.8, true)]);
        let of: Vec<[f64; 3]> = curve.iter().map(|p| [p.precision, p.recall, p.false_positives]).collect();
        assert_eq!(of, [[1.0, 0.5, 0.0], [0.5, 0.5, 0.5], [2.0 / 3.0, 1.0, 0.5], [0.5, 1.0, 1.0]]);
        assert!((average_precision(&curve) - 0.8333333333333333).abs() < 1e-12);
        assert_eq!(operating(&mut [(0.1, true)]), []);
        assert_eq!(operating(&mut [(1.0, true), (1.0, false)]).len(), 1, "equal scores have one threshold");
    }
}
