//! Members of a shard as samples: a picture and what is said about it, under one name up to its first dot.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::index::{Index, Member};
use super::{is_list, label, place_of};
use crate::data::formats::folder::{Marks, kind_of};
use crate::data::picture::{Place, Shard};
use crate::data::pictures::{Damaged, Part, promises_picture};

/// A picture with what its shard says about it.
#[derive(Clone, Debug)]
pub struct Sample {
    pub place: Place,
    pub part: Part,
    /// Its member's path in the shard.
    pub name: String,
    /// Texts of its name, by their ends in small letters.
    pub texts: Vec<(String, Vec<u8>)>,
}

/// A member's name up to the first dot of its last part, and what follows that dot. None where there is no dot, or nothing before it.
pub fn split_name(name: &str) -> Option<(&str, &str)> {
    let start = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = name[start..].find('.').filter(|&dot| dot > 0)?;
    Some((&name[..start + dot], &name[start + dot + 1..]))
}

/// Whether an end as `jpg` or `input.jpg` promises a picture.
pub fn is_picture(end: &str) -> bool {
    let last = end.rsplit('.').next().unwrap_or(end);
    promises_picture(&last.to_lowercase())
}

/// Members of one name.
#[derive(Default)]
struct Group<'a> {
    pictures: Vec<(&'a str, &'a Member)>,
    texts: Vec<(String, &'a Member)>,
    /// Texts that come again, as those of a second sample of this name do.
    again: Vec<&'a Member>,
    /// Why what is said about it cannot be read.
    problem: Option<String>,
}

impl Group<'_> {
    /// Why nobody knows what is said about its picture: a text that cannot be read, or two of one name that differ where there are no two
    /// pictures.
    fn unclear(&self, has_second: bool) -> Option<String> {
        let differs = |again: &&&Member| {
            let first = self.texts.iter().find(|(_, first)| first.name == again.name);
            first.is_some_and(|(_, first)| first.content != again.content)
        };
        let twice = || self.again.iter().find(differs).filter(|_| !has_second);
        self.problem.clone().or_else(|| twice().map(|text| format!("{} is there twice, and differs", text.name)))
    }
}

/// What is told of members that are no samples.
#[derive(Default)]
pub struct Told {
    pub damaged: Vec<Damaged>,
    pub notes: Vec<String>,
    /// Files that are neither pictures nor labels, by what they are.
    pub ignored: BTreeMap<String, usize>,
}

/// The samples of a shard in the order of their first members; what is none is counted or damaged.
pub fn group(part: Part, shard: &Arc<Shard>, (index, marks): (&Index, &Marks), told: &mut Told) -> Vec<Sample> {
    let (mut order, mut groups): (Vec<&str>, HashMap<&str, Group>) = Default::default();
    let (mut seen, mut doubled): (HashSet<&str>, HashSet<&str>) = Default::default();
    let mut lose =
        |member: &Member, reason: String| told.damaged.push(Damaged { place: place_of(shard, member), reason });
    for member in &index.members {
        if marks.is_left_out(&member.name) || is_list(&member.name) {
            continue;
        }
        let split = split_name(&member.name).map(|(key, end)| (key, end, is_picture(end)));
        let is_text = label::is_wanted(&member.name);
        let Some((key, end, is_picture)) = split.filter(|(.., is_picture)| *is_picture || is_text) else {
            *told.ignored.entry(kind_of(Path::new(&member.name))).or_default() += 1;
            continue;
        };
        let is_second = member.problem.is_none() && !seen.insert(&member.name);
        // a picture is lost; a text is none
        if is_picture && (member.problem.is_some() || is_second) {
            lose(member, member.problem.clone().unwrap_or_else(|| "a second member of this name".into()));
            doubled.extend(is_second.then_some(key));
            continue;
        }
        let group = match groups.entry(key) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => {
                order.push(key);
                slot.insert(Group::default())
            }
        };
        match &member.problem {
            Some(problem) => group.problem = Some(format!("{}: {problem}", member.name)),
            None if is_picture => group.pictures.push((end, member)),
            None if is_second => group.again.push(member),
            None => group.texts.push((end.to_lowercase(), member)),
        }
    }
    let (mut samples, mut without) = (Vec::new(), Vec::new());
    for key in order {
        let group = &groups[key];
        if group.pictures.is_empty() {
            without.push(key);
        }
        if let Some(reason) = group.unclear(doubled.contains(key)) {
            group.pictures.iter().for_each(|(_, picture)| lose(picture, reason.clone()));
            continue;
        }
        match chosen(group) {
            Ok(members) => samples.extend(members.into_iter().map(|member| Sample {
                place: place_of(shard, member),
                part,
                name: member.name.clone(),
                texts: texts(group),
            })),
            Err(ends) => lose(group.pictures[0].1, format!("one of several images of its sample: {ends}")),
        }
    }
    if let Some(first) = without.first() {
        let path = shard.path().display();
        told.notes.push(format!("{path}: samples without an image, left out: {} (such as `{first}`)", without.len()));
    }
    samples
}

fn texts(group: &Group) -> Vec<(String, Vec<u8>)> {
    let text = |(end, member): &(String, &Member)| Some((end.clone(), member.content.clone()?));
    group.texts.iter().filter_map(text).collect()
}

/// The picture of a sample. Where nothing is said about a name up to its first dot, as in `photo.2024.jpg`, each is one of its own.
///
/// # Errors
/// The ends of pictures of which any could be meant.
fn chosen<'a>(group: &Group<'a>) -> Result<Vec<&'a Member>, String> {
    let plain: Vec<&Member> =
        group.pictures.iter().filter(|(end, _)| !end.contains('.')).map(|(_, one)| *one).collect();
    match (&plain[..], &group.pictures[..]) {
        ([one], _) => Ok(vec![one]),
        ([], all) if all.len() < 2 || group.texts.is_empty() => Ok(all.iter().map(|(_, member)| *member).collect()),
        _ => Err(group.pictures.iter().map(|(end, _)| *end).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_at_the_first_dot_of_their_last_part() {
        assert_eq!(split_name("a.b/000123.seg.png"), Some(("a.b/000123", "seg.png")));
        assert_eq!(split_name("./x/1.jpg"), Some(("./x/1", "jpg")));
        assert_eq!(split_name("x/.hidden"), None);
        assert_eq!(split_name("x/none"), None);
        assert!(is_picture("seg.PNG") && is_picture("heic") && !is_picture("png.txt"));
    }
}
