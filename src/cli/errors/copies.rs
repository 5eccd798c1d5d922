//! Examples that are copies of others.

use std::collections::BTreeMap;

use image::{DynamicImage, GrayImage, RgbImage};

use super::super::CliError;
use crate::data::doctor::{Print, groups, identical};
use crate::data::{Input, SourceError, Split, text_words};

/// Copies among examples.
pub struct Copies {
    /// The number of a group for each example: copies of a picture, or nearly such, share one.
    pub groups: Vec<usize>,
    /// Those that are the same to the network: the same pixels at its size, or the same words. Two or more of each, by the first.
    pub same: Vec<Vec<usize>>,
}

impl Copies {
    /// Looks for them; `texts` has the texts by their names, whose words tell more than tokens: those of a text that was held out lack
    /// the words that the others have not.
    pub fn of(all: &Split, texts: &BTreeMap<String, String>) -> Result<Self, CliError> {
        let mut prints = Vec::with_capacity(all.len());
        let is_file = all.name(0).is_some();
        all.in_pieces(|bytes| {
            prints.extend(bytes.chunks_exact(all.example_bytes()).map(|example| print(example, all.input(), is_file)));
            Ok::<_, SourceError>(())
        })?;
        let mut group: Vec<usize> = (0..all.len()).collect();
        for copies in groups(&prints, |i| all.labels()[i]) {
            copies.members.iter().for_each(|&i| group[i] = copies.members[0]);
        }
        let same = if let Input::Tokens { .. } = all.input() { same_words(all, texts) } else { identical(&prints) };
        Ok(Copies { groups: group, same })
    }
}

/// Of a picture its look as well; small images without files are often alike and no copies.
fn print(example: &[u8], input: Input, is_file: bool) -> Print {
    let Input::Images { height, width, channels } = input else { return Print::of_bytes(example) };
    let (w, h, pixels) = (width as u32, height as u32, example.to_vec());
    let picture = match channels {
        1 => GrayImage::from_raw(w, h, pixels).map(DynamicImage::from),
        3 => RgbImage::from_raw(w, h, pixels).map(DynamicImage::from),
        _ => None,
    };
    picture.filter(|_| is_file).map_or_else(|| Print::of_bytes(example), |picture| Print::of(&picture))
}

fn same_words(all: &Split, texts: &BTreeMap<String, String>) -> Vec<Vec<usize>> {
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for i in 0..all.len() {
        if let Some(text) = all.name(i).and_then(|name| texts.get(name)) {
            members.entry(text_words(text).join(" ")).or_default().push(i);
        }
    }
    let mut same: Vec<Vec<usize>> = members.into_values().filter(|members| members.len() > 1).collect();
    same.sort_unstable();
    same
}
