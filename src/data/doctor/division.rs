//! A split to keep: which examples are learned, which validate and which test, with copies together and of every class the same shares.

use std::collections::BTreeMap;

use lepton_kernels::random;

use crate::data::part::Part;

/// The shares of examples that validate and that test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// From 0 to 1.
    pub validation: f64,
    /// From 0 to 1.
    pub test: f64,
}

/// An example that is put into a split.
pub(super) struct Item {
    /// What it is called: where it goes depends on this and on the seed, and not on what else there is.
    pub name: String,
    /// Its class, or nothing where there are none.
    pub class: String,
    /// Examples of one number stay together.
    pub group: usize,
    /// The split that it has already.
    pub part: Part,
}

/// The purpose of the key that divides.
const DIVIDED: u64 = 0x0064_6976_6964_6564;

/// The split of each example. One that has a split keeps it, and so does what is alike; a share of what is there already is not taken
/// again.
pub(super) fn divide(items: &[Item], shares: Shares, seed: u64) -> Vec<Part> {
    let there = |part| items.iter().any(|item| item.part == part);
    let share = |part, share: f64| if there(part) { 0.0 } else { share };
    let shares =
        [(Part::Test, share(Part::Test, shares.test)), (Part::Validation, share(Part::Validation, shares.validation))];
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, item) in items.iter().enumerate() {
        groups.entry(item.group).or_default().push(i);
    }
    let mut parts: Vec<Part> = items.iter().map(|item| item.part).collect();
    let mut classes: BTreeMap<&str, Vec<(u64, &Vec<usize>)>> = BTreeMap::new();
    for members in groups.values() {
        let first = members.iter().map(|&i| items[i].name.as_str()).min().unwrap_or_default();
        // the strictest split of a group is that of all: what is tested must not be learned
        match members.iter().map(|&i| items[i].part).max() {
            Some(part @ (Part::Validation | Part::Test)) => members.iter().for_each(|&i| parts[i] = part),
            _ => classes.entry(&items[members[0]].class).or_default().push((key(first, seed), members)),
        }
    }
    for groups in classes.values_mut() {
        groups.sort();
        let count: usize = groups.iter().map(|(_, members)| members.len()).sum();
        let mut rest = groups.as_slice();
        for (part, share) in shares {
            let wanted = (count as f64 * share).round() as usize;
            let mut taken = 0;
            // the last group is learned
            while taken < wanted.max(usize::from(share > 0.0)) && rest.len() > 1 {
                let (_, members) = rest[0];
                members.iter().for_each(|&i| parts[i] = part);
                taken += members.len();
                rest = &rest[1..];
            }
        }
        rest.iter().flat_map(|(_, members)| *members).for_each(|&i| parts[i] = Part::Train);
    }
    parts
}

fn key(name: &str, seed: u64) -> u64 {
    name.bytes().fold(random::hash64(seed ^ DIVIDED), |key, byte| random::hash64(key ^ u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(count: usize) -> Vec<Item> {
        let item = |i: usize| Item {
            name: format!("{i}.png"),
            class: ["cat", "dog"][i % 2].into(),
            group: if i < 6 { 0 } else { i },
            part: Part::Unknown,
        };
        (0..count).map(item).collect()
    }

    const SHARES: Shares = Shares { validation: 0.2, test: 0.1 };

    #[test]
    fn classes_get_their_shares_and_copies_stay_together() {
        let items = items(206);
        let parts = divide(&items, SHARES, 3);
        assert!(parts[..6].iter().all(|part| *part == parts[0]), "{:?}", &parts[..6]);
        let counts = |class: &str, from: usize| {
            let of = |part| (from..206).filter(|&i| items[i].class == class && parts[i] == part).count();
            [Part::Train, Part::Validation, Part::Test].map(of)
        };
        assert_eq!(counts("dog", 6), [70, 20, 10]);
        // the six copies count as cats, as the first of them is one, and may be one group too many
        let cats = counts("cat", 6);
        assert!((74 - 6..=74).contains(&cats[0]) && cats[1] <= 21 && cats[2] <= 11, "{cats:?}");
        assert_eq!(divide(&items, SHARES, 3), parts);
        assert_ne!(divide(&items, SHARES, 4), parts);
        assert!(!parts.contains(&Part::Unknown));
    }

    #[test]
    fn what_has_a_split_keeps_it_and_takes_its_copies_along() {
        let mut items = items(40);
        items[5].part = Part::Test;
        let parts = divide(&items, SHARES, 1);
        assert_eq!(parts[..6], [Part::Test; 6]);
        assert_eq!(parts.iter().filter(|part| **part == Part::Test).count(), 6, "a test split is there already");
        assert!(parts.contains(&Part::Validation));
    }

    #[test]
    fn a_class_of_one_is_learned() {
        let one = Item { name: "a".into(), class: "a".into(), group: 0, part: Part::Unknown };
        assert_eq!(divide(&[one], SHARES, 0), [Part::Train]);
    }
}
