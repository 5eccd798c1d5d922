//! The area under the ROC curve.

/// The area under the ROC curve of `(score, is it positive)`: the share of pairs of a positive and a negative in which the
/// positive has the higher score, ties counting half (Mann and Whitney's U). None without both kinds.
pub fn auc(scored: &mut [(f32, bool)]) -> Option<f64> {
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins) = (0u64, 0.0);
    for equal in scored.chunk_by(|a, b| a.0 == b.0) {
        let positives = equal.iter().filter(|(_, positive)| *positive).count() as u64;
        let negatives = equal.len() as u64 - positives;
        wins += positives as f64 * (below as f64 + negatives as f64 / 2.0);
        below += negatives;
    }
    let positives = scored.len() as u64 - below;
    (positives > 0 && below > 0).then(|| wins / (positives as f64 * below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_and_ties_count_half() {
        let mut scored = [(0.1, false), (0.4, false), (0.35, true), (0.8, true)];
        assert_eq!(auc(&mut scored), Some(0.75));
        assert_eq!(auc(&mut [(1.0, true), (1.0, false), (2.0, true)]), Some(0.75));
        // 0 and -0 are the same score
        assert_eq!(auc(&mut [(0.0, false), (-0.0, true)]), Some(0.5));
        assert_eq!(auc(&mut [(1.0, true)]), None);
    }
}
