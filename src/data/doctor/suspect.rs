//! Labels that a trained model doubts: confident learning (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating
//! Uncertainty in Dataset Labels", equations 1 and 2).

use std::path::Path;

use super::Member;
use crate::data::picture::Place;
use crate::data::pictures::Target;
use crate::data::{DataError, LoadOptions, formats, known};

/// An example whose label is doubted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspect {
    /// Number of the example.
    pub index: usize,
    /// The class of its label.
    pub given: usize,
    /// The class that it is taken for.
    pub likely: usize,
    /// Probabilities of both, the given one first.
    pub probabilities: [f64; 2],
}

/// The examples that are confidently taken for another class than their label's, the surest first. `probabilities` has those of every
/// class for each example, `labels` its class.
///
/// A class is thought of confidently where it has at least the probability that it has on average among the examples labelled so; an
/// example is taken for the likeliest of these classes.
pub fn suspects(probabilities: &[Vec<f64>], labels: &[usize]) -> Vec<Suspect> {
    let classes = probabilities.first().map_or(0, Vec::len);
    let mut sums = vec![(0.0, 0_usize); classes];
    for (row, &label) in probabilities.iter().zip(labels) {
        sums[label].0 += row[label];
        sums[label].1 += 1;
    }
    // of a class without an example nothing is known
    let thresholds: Vec<f64> =
        sums.iter().map(|&(sum, count)| if count > 0 { sum / count as f64 } else { f64::INFINITY }).collect();
    let mut found: Vec<Suspect> = probabilities
        .iter()
        .zip(labels)
        .enumerate()
        .filter_map(|(index, (row, &given))| {
            let confident = (0..classes).filter(|&class| row[class] >= thresholds[class]);
            let likely = confident.max_by(|&a, &b| row[a].total_cmp(&row[b]).then(b.cmp(&a)))?;
            let suspect = Suspect { index, given, likely, probabilities: [row[given], row[likely]] };
            (likely != given && row[likely] > row[given]).then_some(suspect)
        })
        .collect();
    let margin = |suspect: &Suspect| suspect.probabilities[1] - suspect.probabilities[0];
    found.sort_by(|a, b| margin(b).total_cmp(&margin(a)).then(a.index.cmp(&b.index)));
    found
}

/// A picture and what a report calls it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Where it is.
    pub place: Place,
    /// The number of its class.
    pub class: usize,
    /// What it is called.
    pub member: Member,
}

/// The pictures of a folder or table with their classes; none where data are no files of pictures, or have no classes.
///
/// # Errors
/// As [`load`](crate::data::load).
pub fn listed(spec: &str, options: &LoadOptions) -> Result<Option<Vec<Listed>>, DataError> {
    let path = Path::new(spec);
    let format = formats::detect(path, &options.table).filter(|_| known::find(spec).is_none());
    let Some(list) = format.and_then(|format| format.list) else { return Ok(None) };
    let catalog = list(path, options)?;
    let of = |entry: &crate::data::pictures::Entry| {
        let Target::Class(class) = entry.target else { return None };
        let name = crate::data::pictures::short(&catalog.root, &entry.place);
        let label = catalog.classes[class as usize].clone();
        let member = Member { name, label, part: super::count_of(entry.part) };
        Some(Listed { place: entry.place.clone(), class: class as usize, member })
    };
    Ok(catalog.entries.iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_are_confidently_others_are_found_the_surest_first() {
        // thresholds: class 0 (0.9 + 0.8 + 0.1) / 3 = 0.6, class 1 (0.7 + 0.9 + 0.2) / 3 = 0.6
        let of = |p: f64| vec![p, 1.0 - p];
        let probabilities = [of(0.9), of(0.8), of(0.1), of(0.3), of(0.1), of(0.8)];
        let found = suspects(&probabilities, &[0, 0, 0, 1, 1, 1]);
        let wanted = [
            Suspect { index: 2, given: 0, likely: 1, probabilities: [0.1, 0.9] },
            Suspect { index: 5, given: 1, likely: 0, probabilities: [1.0 - 0.8, 0.8] },
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_hesitant_model_doubts_by_what_is_usual_for_a_class() {
        // class 1 never gets more than 0.45, and 0.4 on average: 0.45 is confident there, 0.35 is not
        let rows = [vec![0.6, 0.4], vec![0.65, 0.35], vec![0.55, 0.45]];
        assert_eq!(suspects(&rows, &[1, 1, 1]), [], "class 0 has no example, so nothing is taken for it");
        let rows = [vec![0.9, 0.1], vec![0.9, 0.1], vec![0.3, 0.7], vec![0.2, 0.8], vec![0.4, 0.6]];
        // 0.6 is below the 0.7 that class 1 has on average
        assert_eq!(suspects(&rows, &[0, 0, 1, 1, 0]).len(), 0);
        assert_eq!(suspects(&[], &[]), []);
    }
}
