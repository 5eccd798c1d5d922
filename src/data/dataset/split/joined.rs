//! All examples of a data set, of whichever split they are.

use std::sync::Arc;

use super::{Split, Values};
use crate::data::dataset::{Dataset, Examples, Source, SourceError};

/// Splits, of which some are streamed, as one source.
#[derive(Debug)]
struct Joined(Vec<Split>);

impl Source for Joined {
    fn count(&self) -> usize {
        self.0.iter().map(Split::len).sum()
    }

    fn read(&self, numbers: &[u32], bytes: &mut [u8]) -> Result<(), SourceError> {
        let each = bytes.len() / numbers.len().max(1);
        for (split, first) in self.0.iter().zip(firsts(&self.0)) {
            let own = first..first + split.len();
            // in one call, as a source reads many at a time
            let (at, wanted): (Vec<usize>, Vec<usize>) = (numbers.iter().enumerate())
                .filter(|(_, number)| own.contains(&(**number as usize)))
                .map(|(at, &number)| (at, number as usize - first))
                .unzip();
            let mut found = vec![0; wanted.len() * each];
            split.read(&wanted, &mut found)?;
            for (at, example) in at.into_iter().zip(found.chunks_exact(each.max(1))) {
                bytes[at * each..][..each].copy_from_slice(example);
            }
        }
        Ok(())
    }

    fn memory(&self) -> u64 {
        let of = |split: &Split| match &split.examples {
            Examples::Streamed(source, _) => Some(source.memory()),
            Examples::Resident(_) => None,
        };
        self.0.iter().filter_map(of).max().unwrap_or(0)
    }

    fn problem(&self) -> Option<String> {
        self.0.iter().find_map(Split::problem)
    }
}

/// The number that the first example of each split has among all.
fn firsts(splits: &[Split]) -> impl Iterator<Item = usize> {
    splits.iter().scan(0, |next, split| {
        let first = *next;
        *next += split.len();
        Some(first)
    })
}

impl Dataset {
    /// All examples: those to learn from, those to validate on and those to test on, one split after another. Where some are streamed,
    /// all of them are.
    pub fn all_examples(&self) -> Split {
        let splits: Vec<&Split> = self.splits().iter().map(|(_, split)| split).collect();
        if let [only] = splits[..] {
            return only.clone();
        }
        let first = splits[0];
        let count = splits.iter().map(|split| split.len()).sum::<usize>();
        // what not all have none has
        let whole = |count_of: usize| count_of == count;
        let names: Vec<String> = splits.iter().flat_map(|split| &split.names).cloned().collect();
        let keys: Vec<u64> = splits.iter().flat_map(|split| &split.keys).copied().collect();
        let bytes: Option<Vec<&[u8]>> = splits.iter().map(|split| split.bytes()).collect();
        let examples = match bytes {
            Some(bytes) => Examples::Resident(bytes.concat().into()),
            None => {
                let source = Joined(splits.iter().map(|&split| split.clone()).collect());
                Examples::Streamed(Arc::new(source), Arc::new((0..count as u32).collect()))
            }
        };
        let values = first.values.as_ref().map(|Values { width, .. }| Values {
            width: *width,
            data: splits.iter().filter_map(|split| split.values.as_ref()).flat_map(|v| &v.data).copied().collect(),
        });
        Split {
            examples,
            labels: splits.iter().flat_map(|split| &split.labels).copied().collect(),
            names: if whole(names.len()) { names } else { Vec::new() },
            keys: if whole(keys.len()) { keys } else { Vec::new() },
            values,
            ..*first
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Splits, Targets};

    /// Pixel `i` of example `i`, read backwards to be seen.
    #[derive(Debug)]
    struct Numbers;

    impl Source for Numbers {
        fn count(&self) -> usize {
            100
        }

        fn read(&self, numbers: &[u32], bytes: &mut [u8]) -> Result<(), SourceError> {
            numbers.iter().zip(bytes).for_each(|(&number, byte)| *byte = number as u8);
            Ok(())
        }
    }

    #[test]
    fn all_examples_are_those_of_every_split_in_order() {
        let of = |labels: &[u32]| Targets::Classes { labels: labels.to_vec(), classes: 2 };
        let names = |from: u8| (from..from + 2).map(|i| i.to_string()).collect();
        let here = |from: u8, labels| Split::images([1, 1, 1], vec![from, from + 1], of(labels)).unwrap();
        let streamed = Split::streamed([1, 1, 1], Arc::new(Numbers), vec![7, 3], of(&[1, 1])).unwrap();
        let classes = || vec!["a".to_string(), "b".to_string()];
        let train = || here(50, &[0, 1]).with_names(names(50)).unwrap();
        let splits = Splits { train: Some(train()), validation: None, test: Some(here(60, &[1, 0])) };
        let all = Dataset::new("data", classes(), splits).unwrap().all_examples();
        assert_eq!((all.bytes(), all.labels(), all.name(0)), (Some(&[50, 51, 60, 61][..]), &[0, 1, 1, 0][..], None));
        let splits = Splits { train: Some(train()), validation: Some(streamed), test: Some(here(60, &[1, 0])) };
        let all = Dataset::new("data", classes(), splits).unwrap().all_examples();
        assert_eq!(all.bytes(), None);
        assert_eq!(&all.range(0..6).unwrap()[..], [50, 51, 7, 3, 60, 61]);
        let mut some = [0; 4];
        all.read(&[5, 2, 0, 3], &mut some).unwrap();
        assert_eq!(some, [61, 7, 50, 3]);
        assert_eq!(all.select(&[3, 4]).labels(), [1, 1]);
    }
}
