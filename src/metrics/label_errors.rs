//! Doubtful labels: confident learning (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty
//! in Dataset Labels", JAIR 70), pruned by noise rate.
//!
//! A class is thought of confidently where it has at least the probability that it has on average among the examples labelled so
//! (equation 2). Counting the examples of each label that are confidently of each class gives the confident joint (equation 1); scaled
//! so that each label has as many examples as it really has (equation 3) it estimates how many of label `i` are of class `j`. So many
//! of label `i` are doubted: those with the largest margins `p(j) - p(i)` (section 4.2).

/// An example whose label is doubted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspect {
    /// Number of the example.
    pub index: usize,
    /// The class of its label.
    pub given: usize,
    /// The class that it is taken for: the likeliest one.
    pub likely: usize,
    /// Probabilities of both, the given one first.
    pub probabilities: [f64; 2],
}

impl Suspect {
    /// By how much the other class is likelier than the given one, above 0 to 1.
    pub fn margin(&self) -> f64 {
        self.probabilities[1] - self.probabilities[0]
    }
}

/// What probabilities say about labels.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelErrors {
    /// The probability from which on each class is thought of confidently, `[classes]`; infinite for a class without an example.
    pub thresholds: Vec<f64>,
    /// Estimated number of examples by label and true class, `[classes][classes]`; a row has as many as have the label.
    pub joint: Vec<Vec<usize>>,
    /// Examples whose labels are doubted, the surest first.
    pub suspects: Vec<Suspect>,
}

impl LabelErrors {
    /// Looks for wrong labels. `probabilities` has those of every class for each example, `labels` its class, below `classes`. They tell
    /// most where a model gave them that has not learned from the example.
    pub fn find(probabilities: &[Vec<f64>], labels: &[usize], classes: usize) -> Self {
        let thresholds = thresholds(probabilities, labels, classes);
        let joint = joint(probabilities, labels, &thresholds);
        let mut of_label = vec![Vec::new(); classes];
        labels.iter().enumerate().for_each(|(index, &label)| of_label[label].push(index));
        let mut doubted = vec![false; labels.len()];
        for (label, own) in of_label.iter().enumerate() {
            for class in (0..classes).filter(|&class| class != label) {
                let margin = |index: usize| probabilities[index][class] - probabilities[index][label];
                let mut margins: Vec<f64> = own.iter().map(|&index| margin(index)).collect();
                margins.sort_by(|a, b| b.total_cmp(a));
                let Some(least) = joint[label][class].checked_sub(1).and_then(|last| margins.get(last)) else {
                    continue;
                };
                own.iter().filter(|&&index| margin(index) >= *least).for_each(|&index| doubted[index] = true);
            }
        }
        let mut suspects: Vec<Suspect> = (0..labels.len())
            .filter(|&index| doubted[index])
            .filter_map(|index| {
                let (row, given) = (&probabilities[index], labels[index]);
                let likely = likeliest(row, 0..classes)?;
                let suspect = Suspect { index, given, likely, probabilities: [row[given], row[likely]] };
                // an answer that is the label speaks for it
                (suspect.margin() > 0.0).then_some(suspect)
            })
            .collect();
        suspects.sort_by(|a, b| b.margin().total_cmp(&a.margin()).then(a.index.cmp(&b.index)));
        LabelErrors { thresholds, joint, suspects }
    }

    /// How many labels are estimated to be wrong.
    pub fn estimated(&self) -> usize {
        self.pairs().map(|(_, _, count)| count).sum()
    }

    /// Pairs of a label and another class that some of its examples are estimated to be of, with their number.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let row = |(given, row): (usize, &'_ Vec<usize>)| {
            let other = row.iter().copied().enumerate().filter(move |&(class, count)| class != given && count > 0);
            other.map(move |(class, count)| (given, class, count)).collect::<Vec<_>>()
        };
        self.joint.iter().enumerate().flat_map(row)
    }
}

/// Mean probability of each class among the examples labelled so.
fn thresholds(probabilities: &[Vec<f64>], labels: &[usize], classes: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0_usize); classes];
    for (row, &label) in probabilities.iter().zip(labels) {
        sums[label].0 += row[label];
        sums[label].1 += 1;
    }
    // of a class without an example nothing is known
    sums.into_iter().map(|(sum, count)| if count > 0 { sum / count as f64 } else { f64::INFINITY }).collect()
}

/// The confident joint, scaled to the numbers of labels.
fn joint(probabilities: &[Vec<f64>], labels: &[usize], thresholds: &[f64]) -> Vec<Vec<usize>> {
    /// What rounding may take from a mean of equal numbers.
    const ROUNDING: f64 = 1e-6;
    let classes = thresholds.len();
    let (mut counts, mut labelled) = (vec![vec![0_usize; classes]; classes], vec![0_usize; classes]);
    for (row, &label) in probabilities.iter().zip(labels) {
        labelled[label] += 1;
        let confident = (0..classes).filter(|&class| row[class] >= thresholds[class] - ROUNDING);
        if let Some(class) = likeliest(row, confident) {
            counts[label][class] += 1;
        }
    }
    for (label, row) in counts.iter_mut().enumerate() {
        // at least one example of each label is right
        row[label] = row[label].max(1);
        let sum: usize = row.iter().sum();
        let shares = row.iter().map(|&count| count as f64 * labelled[label] as f64 / sum as f64);
        *row = rounded(&shares.collect::<Vec<_>>(), labelled[label]);
    }
    counts
}

/// Whole numbers of this sum: numbers are cut, and what is missing goes to those that lost most, the last ones of several.
fn rounded(numbers: &[f64], sum: usize) -> Vec<usize> {
    let mut whole: Vec<usize> = numbers.iter().map(|number| number.floor() as usize).collect();
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[b].fract().total_cmp(&numbers[a].fract()).then(b.cmp(&a)));
    let missing = sum.saturating_sub(whole.iter().sum());
    order.iter().take(missing).for_each(|&i| whole[i] += 1);
    whole
}

/// The likeliest of some classes; of equal ones the first.
fn likeliest(row: &[f64], classes: impl Iterator<Item = usize>) -> Option<usize> {
    classes.max_by(|&a, &b| row[a].total_cmp(&row[b]).then(b.cmp(&a)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspects(probabilities: &[Vec<f64>], labels: &[usize]) -> Vec<Suspect> {
        LabelErrors::find(probabilities, labels, 2).suspects
    }

    #[test]
    fn labels_that_are_confidently_others_are_found_the_surest_first() {
        // thresholds: class 0 (0.9 + 0.8 + 0.1) / 3 = 0.6, class 1 (0.7 + 0.9 + 0.2) / 3 = 0.6
        let of = |p: f64| vec![p, 1.0 - p];
        let probabilities = [of(0.9), of(0.8), of(0.1), of(0.3), of(0.1), of(0.8)];
        let found = LabelErrors::find(&probabilities, &[0, 0, 0, 1, 1, 1], 2);
        let wanted = [
            Suspect { index: 2, given: 0, likely: 1, probabilities: [0.1, 0.9] },
            Suspect { index: 5, given: 1, likely: 0, probabilities: [1.0 - 0.8, 0.8] },
        ];
        assert_eq!(found.suspects, wanted);
        assert_eq!(found.joint, [[2, 1], [1, 2]]);
        assert_eq!((found.estimated(), found.pairs().collect::<Vec<_>>()), (2, vec![(0, 1, 1), (1, 0, 1)]));
    }

    #[test]
    fn a_hesitant_model_doubts_by_what_is_usual_for_a_class() {
        // class 1 never gets more than 0.45, and 0.4 on average: 0.45 is confident there, 0.35 is not
        let rows = [vec![0.6, 0.4], vec![0.65, 0.35], vec![0.55, 0.45]];
        assert_eq!(suspects(&rows, &[1, 1, 1]), [], "class 0 has no example, so nothing is taken for it");
        let rows = [vec![0.9, 0.1], vec![0.9, 0.1], vec![0.3, 0.7], vec![0.2, 0.8], vec![0.4, 0.6]];
        // 0.6 is below the 0.75 that class 1 has on average
        assert_eq!(suspects(&rows, &[0, 0, 1, 1, 0]).len(), 0);
        assert_eq!(suspects(&[], &[]), []);
    }

    #[test]
    fn the_joint_has_as_many_of_each_label_as_there_are() {
        // of label 0 one of four is confidently class 1, and one of neither: 1 of 3 of 4 are 1.33
        let rows = [vec![0.9, 0.1], vec![0.9, 0.1], vec![0.05, 0.95], vec![0.5, 0.5], vec![0.1, 0.9], vec![0.1, 0.9]];
        let found = LabelErrors::find(&rows, &[0, 0, 0, 0, 1, 1], 2);
        assert_eq!(found.joint, [[3, 1], [0, 2]]);
        assert_eq!(rounded(&[1.2, 1.5, 1.3], 4), [1, 2, 1]);
    }
}
