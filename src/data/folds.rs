//! Folds for cross-validation: parts of a data set, of which each is answered by what has learned from the others.

use lepton_kernels::random;

/// The purpose of the key that says the order.
const FOLDED: u64 = 0x0000_666f_6c64_6564;

/// The fold of each example, below `folds`: of every class each fold gets as many as the others, or one more. Examples of one
/// number in `groups` are in one fold, such as copies of a picture. The same seed gives the same folds.
///
/// # Panics
/// If `folds` is 0, or there are not as many groups as labels.
pub fn folds(labels: &[u32], groups: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    assert!(folds > 0 && labels.len() == groups.len(), "some folds, and a group for each label");
    let mut members: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
    groups.iter().enumerate().for_each(|(example, &group)| members.entry(group).or_default().push(example));
    let mut ordered: Vec<&Vec<usize>> = members.values().collect();
    let key = |members: &&Vec<usize>| random::hash64(random::hash64(seed ^ FOLDED) ^ members[0] as u64);
    // large groups first: what comes later evens out
    ordered.sort_by_key(|members| (std::cmp::Reverse(members.len()), key(members)));
    let classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
    let (mut counts, mut all) = (vec![vec![0_usize; folds]; classes], vec![0_usize; folds]);
    let mut fold_of = vec![0; labels.len()];
    for members in ordered {
        let class = labels[members[0]] as usize;
        let fold = (0..folds).min_by_key(|&fold| (counts[class][fold], all[fold], fold)).expect("there is a fold");
        for &example in members {
            fold_of[example] = fold;
            counts[labels[example] as usize][fold] += 1;
            all[fold] += 1;
        }
    }
    fold_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_in_every_fold_alike_and_copies_stay_together() {
        let labels: Vec<u32> = (0..103).map(|i| u32::from(i % 4 == 0)).collect();
        let mut groups: Vec<usize> = (0..103).collect();
        (groups[7], groups[50], groups[90]) = (3, 3, 3);
        let of = folds(&labels, &groups, 5, 1);
        assert!(of[3] == of[7] && of[3] == of[50] && of[3] == of[90], "{of:?}");
        for class in [0, 1] {
            let counts: Vec<usize> =
                (0..5).map(|fold| (0..103).filter(|&i| labels[i] == class && of[i] == fold).count()).collect();
            let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            assert!(most - least <= 1, "class {class}: {counts:?}");
        }
        assert_eq!(folds(&labels, &groups, 5, 1), of);
        assert_ne!(folds(&labels, &groups, 5, 2), of);
    }

    #[test]
    fn small_classes_are_spread() {
        let of = folds(&[0, 0, 1, 1, 2], &[0, 1, 2, 3, 4], 2, 0);
        assert!(of[0] != of[1] && of[2] != of[3], "{of:?}");
        assert_eq!(folds(&[], &[], 3, 0), [] as [usize; 0]);
    }
}
