//! Examples that are the same and have different labels: at least one of these is wrong, whatever a model says.

use std::collections::{BTreeMap, HashMap};

use crate::train::Answer;

/// Examples that are the same and have different labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// Their numbers.
    pub members: Vec<usize>,
    /// The label that most of them have; of several such labels the one that is likelier to what has not seen them. None where nobody says.
    pub class: Option<usize>,
}

/// The conflicts among examples with `labels`, of which `same` are the same; `answers` are those on the examples of the numbers `judged`.
pub fn conflicts(labels: &[u32], same: &[Vec<usize>], judged: &[usize], answers: &[Answer]) -> Vec<Conflict> {
    let answer: HashMap<usize, &Answer> = judged.iter().copied().zip(answers).collect();
    let differ = |members: &&Vec<usize>| members.iter().any(|&i| labels[i] != labels[members[0]]);
    let conflict = |members: &Vec<usize>| {
        let answer = members.iter().find_map(|i| answer.get(i));
        let probabilities = answer.map_or(&[][..], |answer| &answer.probabilities);
        Conflict {
            class: likeliest(members.iter().map(|&i| labels[i] as usize), probabilities),
            members: members.clone(),
        }
    };
    same.iter().filter(differ).map(conflict).collect()
}

/// The label that occurs most; of several the one with the highest probability, if there are any.
fn likeliest(labels: impl Iterator<Item = usize>, probabilities: &[f64]) -> Option<usize> {
    let mut counts = BTreeMap::<usize, usize>::new();
    labels.for_each(|label| *counts.entry(label).or_default() += 1);
    let most = counts.values().copied().max()?;
    let first: Vec<usize> = counts.into_iter().filter(|&(_, count)| count == most).map(|(label, _)| label).collect();
    match first[..] {
        [only] => Some(only),
        _ if probabilities.is_empty() => None,
        // of equal ones the first
        _ => first.into_iter().max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]).then(b.cmp(&a))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_copies_decide_or_else_what_has_not_seen_them() {
        assert_eq!(likeliest([2, 0, 2].into_iter(), &[0.9, 0.1, 0.0]), Some(2));
        assert_eq!(likeliest([2, 0, 1].into_iter(), &[0.3, 0.1, 0.6]), Some(2));
        assert_eq!(likeliest([1, 0].into_iter(), &[0.5, 0.5]), Some(0));
        assert_eq!(likeliest([1, 0].into_iter(), &[]), None);
    }

    #[test]
    fn the_same_under_one_label_is_no_conflict() {
        let answer = |p: f64| Answer::new(Vec::new(), vec![1.0 - p, p], Vec::new().into());
        let found = conflicts(&[0, 1, 0, 0, 1], &[vec![0, 4], vec![2, 3]], &[1, 4], &[answer(0.1), answer(0.8)]);
        assert_eq!(found, [Conflict { members: vec![0, 4], class: Some(1) }]);
    }
}
