//! Pictures that are copies of others: the same content, or nearly the same look at a small size.

use std::collections::HashMap;

use image::{DynamicImage, GenericImageView};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::data::{Fit, picture};

/// What is kept of a picture to compare it with others.
#[derive(Clone, Debug)]
pub struct Print {
    /// Half of the SHA-256 of size and pixels.
    content: u128,
    look: Option<Look>,
}

/// How a picture looks; none where it is of one colour as good as everywhere.
#[derive(Clone, Debug)]
struct Look {
    /// Whether each of 8x8 points is darker than the one to its right.
    differences: u64,
    /// 16x16 grey values.
    small: Box<[u8]>,
    /// Red and blue less green, of 4x4 points.
    colours: [[i16; 2]; 16],
}

/// Points of [`Look::differences`] in which two pictures of one look may differ, and the least correlation of their grey values: of 700 photos
/// 99 % are that alike when they are saved again at quality 50, or at half or a quarter of their size, 95 % when they are 15 % brighter,
/// most when 2 % are cut off on each side and few when 5 % are; of the photos themselves one pair, of the same scene.
const DIFFERENCES: u32 = 10;
const CORRELATION: f64 = 0.98;

/// How far colours of two pictures of one look may be apart at any of 4x4 points, in levels of 256. Of 150 photos none differs by more than 28
/// from itself when it is 15 % brighter or 20 % more saturated, or by 15 saved at quality 10; red and green lamps differ by 100 and more, and
/// most photos by 31 from themselves in grey.
const COLOURS: u16 = 40;

/// Pictures that nearly look the same, with several labels, of which no more are copies of each other. More of them are a kind of picture,
/// such as those of a fixed camera, in which something small makes the difference.
const FEW: usize = 4;

/// Standard deviation of grey values below which there is nothing to compare.
const FLAT: f64 = 4.0;

/// Pictures of which all pairs are compared by look; of more only contents are.
pub const MOST_LOOKS: usize = 100_000;

impl Print {
    /// The print of a decoded picture.
    pub fn of(picture: &DynamicImage) -> Self {
        let (width, height) = picture.dimensions();
        let mut hasher = Sha256::new();
        hasher.update(format!("{width}x{height}x{}\n", picture.color().channel_count()));
        hasher.update(picture.as_bytes());
        Print { content: first_half(hasher), look: Look::of(picture) }
    }

    /// The print of an example that has no look.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Print { content: first_half(Sha256::new_with_prefix(bytes)), look: None }
    }
}

fn first_half(hasher: Sha256) -> u128 {
    let digest = hasher.finalize();
    u128::from_le_bytes(digest[..16].try_into().expect("a digest has 32 bytes"))
}

impl Look {
    fn of(picture: &DynamicImage) -> Option<Self> {
        let grey = DynamicImage::ImageLuma8(picture.to_luma8());
        let small = picture::scale(&grey, [16, 16, 1], Fit::Stretch);
        let mean = small.iter().map(|&value| f64::from(value)).sum::<f64>() / 256.0;
        let variance = small.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / 256.0;
        if variance < FLAT * FLAT {
            return None;
        }
        let points = picture::scale(&grey, [8, 9, 1], Fit::Stretch);
        let darker = points.chunks_exact(9).flat_map(|row| row.windows(2).map(|pair| pair[0] < pair[1]));
        let differences = darker.fold(0, |bits, darker| bits << 1 | u64::from(darker));
        let mut colours = [[0; 2]; 16];
        if picture.color().has_color() {
            let points = picture::scale(picture, [4, 4, 3], Fit::Stretch);
            for (colour, point) in colours.iter_mut().zip(points.chunks_exact(3)) {
                *colour = [0, 2].map(|channel| i16::from(point[channel]) - i16::from(point[1]));
            }
        }
        Some(Look { differences, small: small.into(), colours })
    }

    fn is_like(&self, other: &Look) -> bool {
        (self.differences ^ other.differences).count_ones() <= DIFFERENCES
            && self
                .colours
                .as_flattened()
                .iter()
                .zip(other.colours.as_flattened())
                .all(|(a, b)| a.abs_diff(*b) <= COLOURS)
            && correlation(&self.small, &other.small) >= CORRELATION
    }
}

fn correlation(a: &[u8], b: &[u8]) -> f64 {
    let mean = |values: &[u8]| values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a) - mean_a, f64::from(b) - mean_b);
        both += a * b;
        square_a += a * a;
        square_b += b * b;
    }
    both / (square_a * square_b).sqrt()
}

/// Examples that are alike, two or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// Their numbers, ascending.
    pub members: Vec<usize>,
    /// Whether all of them have the same content.
    pub is_exact: bool,
}

/// Examples of the same content, two or more of each, by their first members.
pub fn identical(prints: &[Print]) -> Vec<Vec<usize>> {
    let mut all = same(prints, 0..prints.len());
    all.retain(|members| members.len() > 1);
    all.sort_unstable();
    all
}

/// These examples by their contents.
fn same(prints: &[Print], of: impl IntoIterator<Item = usize>) -> Vec<Vec<usize>> {
    let mut members: HashMap<u128, Vec<usize>> = HashMap::new();
    of.into_iter().for_each(|i| members.entry(prints[i].content).or_default().push(i));
    members.into_values().collect()
}

/// Groups of examples that are alike, by their first members. What is like something that is like a third is of its group. `label` gives
/// the label of an example.
pub fn groups<L: PartialEq>(prints: &[Print], label: impl Fn(usize) -> L) -> Vec<Alike> {
    let mut parent: Vec<usize> = (0..prints.len()).collect();
    for same in identical(prints) {
        same[1..].iter().for_each(|&i| join(&mut parent, same[0], i));
    }
    let looks: Vec<(usize, &Look)> = prints
        .iter()
        .enumerate()
        .filter(|(i, _)| parent[*i] == *i)
        .filter_map(|(i, p)| Some((i, p.look.as_ref()?)))
        .collect();
    if looks.len() <= MOST_LOOKS {
        let near: Vec<(usize, usize)> = (0..looks.len())
            .into_par_iter()
            .flat_map_iter(|at| {
                let (i, look) = looks[at];
                looks[at + 1..].iter().filter(move |(_, other)| look.is_like(other)).map(move |&(j, _)| (i, j))
            })
            .collect();
        near.into_iter().for_each(|(i, j)| join(&mut parent, i, j));
    }
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for i in 0..prints.len() {
        members.entry(root(&mut parent, i)).or_default().push(i);
    }
    let is_exact = |members: &[usize]| members.iter().all(|&i| prints[i].content == prints[members[0]].content);
    let is_kind = |members: &[usize]| {
        let first = label(members[0]);
        members.len() > FEW && !is_exact(members) && members.iter().any(|&i| label(i) != first)
    };
    let copies = |members: Vec<usize>| if is_kind(&members) { same(prints, members) } else { vec![members] };
    let mut groups: Vec<Alike> = members
        .into_values()
        .flat_map(copies)
        .filter(|members| members.len() > 1)
        .map(|members| Alike { is_exact: is_exact(&members), members })
        .collect();
    groups.sort_by_key(|group| group.members[0]);
    groups
}

/// The least number of a group.
fn root(parent: &mut [usize], mut i: usize) -> usize {
    while parent[i] != i {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    i
}

fn join(parent: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parent, a), root(parent, b));
    parent[a.max(b)] = a.min(b);
}

#[cfg(test)]
mod tests {
    use image::imageops::FilterType;
    use image::{Rgb, RgbImage};

    use super::*;

    /// A picture with some blobs.
    fn scene(seed: u32) -> DynamicImage {
        let value = |x: u32, y: u32, k: u32| {
            let wave = |a: u32, b: u32| ((x * (a + seed * 3 % 7) + y * (b + seed * 5 % 11)) as f32 / 97.0).sin();
            (128.0 + 60.0 * wave(3 + k, 2 + seed) + 60.0 * wave(1, 5 + k)) as u8
        };
        RgbImage::from_fn(97, 64, |x, y| Rgb([value(x, y, 0), value(x, y, 1), value(x, y, 2)])).into()
    }

    fn found(pictures: &[DynamicImage]) -> Vec<(Vec<usize>, bool)> {
        let prints: Vec<Print> = pictures.iter().map(Print::of).collect();
        groups(&prints, |_| ()).into_iter().map(|group| (group.members, group.is_exact)).collect()
    }

    #[test]
    fn copies_are_found_whether_they_are_exact_or_not_and_others_are_none() {
        let [one, two, three] = [scene(1), scene(2), scene(3)];
        let half = one.resize_exact(48, 32, FilterType::Triangle);
        let bright = three.brighten(12);
        let all = [one.clone(), two.clone(), three, half, two, bright];
        assert_eq!(found(&all), [(vec![0, 3], false), (vec![1, 4], true), (vec![2, 5], false)]);
        assert_eq!(found(&(0..12).map(scene).collect::<Vec<_>>()), []);
        assert_eq!(found(&[one.clone(), one.flipv(), one.fliph()]), []);
        let prints: Vec<Print> = [&all[3], &all[0], &all[1], &all[4], &all[0]].map(Print::of).into();
        assert_eq!(identical(&prints), [vec![1, 4], vec![2, 3]], "half of its size is not the same");
    }

    #[test]
    fn plain_pictures_are_alike_only_if_they_are_the_same() {
        let plain = |value| DynamicImage::from(RgbImage::from_pixel(8, 8, Rgb([value, 0, 0])));
        assert_eq!(found(&[plain(1), plain(2), plain(1)]), [(vec![0, 2], true)]);
    }

    /// A disc of a colour on grey that becomes lighter, with noise.
    fn lamp(colour: [u8; 3], seed: u32) -> DynamicImage {
        let noise = |x: u32, y: u32| ((x * 31 + y * 17 + seed * 101).wrapping_mul(2_654_435_761) >> 28) as u8 % 3;
        let is_lamp = |x: u32, y: u32| x.abs_diff(24).pow(2) + y.abs_diff(20).pow(2) < 64;
        let pixel = |x, y| Rgb((if is_lamp(x, y) { colour } else { [20 + 3 * x as u8; 3] }).map(|v| v + noise(x, y)));
        RgbImage::from_fn(48, 48, pixel).into()
    }

    #[test]
    fn pictures_that_differ_in_colour_are_no_copies() {
        let [red, green] = [[200, 60, 60], [60, 102, 60]];
        let [grey_red, grey_green] = [red, green].map(|colour| lamp(colour, 0).to_luma8().get_pixel(24, 20).0[0]);
        assert!(grey_red.abs_diff(grey_green) < 12, "alike in grey: {grey_red} and {grey_green}");
        assert_eq!(
            found(&[lamp(red, 1), lamp(green, 2), lamp(red, 3), lamp(green, 4)]),
            [(vec![0, 2], false), (vec![1, 3], false)]
        );
    }

    #[test]
    fn a_kind_of_picture_with_several_labels_is_no_group_of_copies() {
        let prints: Vec<Print> = (0..8).map(|i| Print::of(&lamp([60 + i as u8, 60, 60], i / 2))).collect();
        let members = |groups: Vec<Alike>| groups.into_iter().map(|group| group.members).collect::<Vec<_>>();
        assert_eq!(members(groups(&prints, |_| ())), [(0..8).collect::<Vec<_>>()]);
        assert_eq!(members(groups(&prints, |i| i % 2)), Vec::<Vec<usize>>::new());
        assert_eq!(
            members(groups(&prints[..4], |i| i % 2)),
            [(0..4).collect::<Vec<_>>()],
            "few may be mislabelled copies"
        );
        let twice: Vec<Print> = prints.iter().chain(&prints[..1]).cloned().collect();
        assert_eq!(members(groups(&twice, |i| i % 2)), [vec![0, 8]]);
    }
}
