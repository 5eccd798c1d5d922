//! Pictures that were listed, by a folder or by a table, and what becomes of them: images of one size, in splits.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lepton_kernels::random;

use super::decoded::{Decoded, Form, Visited};
use super::entry::{Entry, Part, Target};
use super::error::{Damaged, PictureError};
use crate::data::OnPictures;
use crate::data::io::folder_name;
use crate::data::options::{DEFAULT_SHARE, HoldOut, LoadOptions};
use crate::data::picture::Depths;
use crate::data::{DataError, Dataset, DatasetError, Source, Split, Splits, Targets, Values, shuffled_indices};
use crate::platform;

/// Pictures that were listed and not read yet, with their classes and splits.
#[derive(Clone, Debug)]
pub(in crate::data) struct Catalog {
    /// The folder, or the table.
    pub root: PathBuf,
    pub classes: Vec<String>,
    /// In the order of their names or rows.
    pub entries: Vec<Entry>,
    /// What is no picture, and should be one.
    pub damaged: Vec<Damaged>,
    /// Files that a table names, and that are not there.
    pub missing: Vec<Damaged>,
    /// Folders in which the first missing one is.
    pub elsewhere: Vec<PathBuf>,
    /// Lines for people.
    pub notes: Vec<String>,
    /// Whether the data say which classes there are; otherwise these are the ones of the pictures.
    pub declared: bool,
}

/// Images of all entries.
enum Pixels {
    Here(Vec<u8>),
    Streamed(Arc<Decoded>),
}

/// Bytes of an image, at the most: eight of them, two aligned batches, are what 32 bits can count.
const MOST_OF_IMAGE: u64 = 1 << 29;

/// Bytes that images may take where the system does not tell how much memory there is.
const UNKNOWN_MEMORY: u64 = 4 << 30;

/// Bytes in the unit that people count memory in.
fn gib(bytes: u128) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 1000.0 { format!("{mib:.1} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

/// The purpose of the key that holds pictures out.
const HELD: u64 = 0x0068_656c_645f_6f75;

impl Catalog {
    pub fn new(root: &Path) -> Self {
        let root = root.to_path_buf();
        let (classes, entries, damaged, missing) = Default::default();
        Catalog { root, classes, entries, damaged, missing, elsewhere: Vec::new(), notes: Vec::new(), declared: false }
    }

    /// Reads every picture, or what an earlier run kept of them, and makes splits.
    pub fn load(
        mut self,
        options: &LoadOptions,
        folder: Option<&Path>,
        on_pictures: OnPictures,
    ) -> Result<Dataset, DataError> {
        self.check_size(options.shape)?;
        self.notes.extend(self.check_missing(options)?);
        let (shape, fit, range) = (options.shape, options.images.fit.unwrap_or_default(), options.images.range);
        let (memory, bytes) = (self.memory(options), self.bytes(shape));
        let form = Form { shape, fit, range };
        let (decoded, note) = Decoded::new(&self.root, &self.entries, form, folder, memory);
        self.notes.extend(note);
        // while they are divided into splits, all of them are there twice
        let is_streamed = 2 * bytes > u128::from(memory);
        if is_streamed || options.memory.is_some() {
            let (bytes, memory) = (gib(bytes), gib(memory.into()));
            let way = if is_streamed { "are streamed from disk" } else { "stay in memory" };
            self.notes.push(format!(
                "images {way}: decoded they take {bytes}, twice that while loading, and the limit is {memory}"
            ));
        }
        let (pixels, kept) = match (is_streamed, options.images.skip_damaged) {
            (false, _) => {
                let (pixels, kept) = decoded.all(on_pictures);
                (Some(pixels), kept)
            }
            // which ones are left out decides which number an image has
            (true, true) => {
                self.notes.push("all images were decoded once to find those that cannot be read".into());
                (None, decoded.visit(on_pictures))
            }
            (true, false) => (None, Visited { damaged: Vec::new(), depths: Depths::default() }),
        };
        self.notes.extend(decoded.problem());
        if range.is_none() {
            self.notes.extend(kept.depths.note());
        }
        let unreadable: Vec<usize> = kept.damaged.iter().map(|&(index, _)| index).collect();
        self.damaged.extend(
            kept.damaged
                .into_iter()
                .map(|(index, reason)| Damaged { place: self.entries[index].place.clone(), reason }),
        );
        if !self.damaged.is_empty() {
            self.damaged.sort_by(|a, b| a.place.cmp(&b.place));
            let total = self.entries.len() + self.damaged.len() - unreadable.len();
            if !options.images.skip_damaged {
                return Err(PictureError::Damaged { root: self.root, damaged: self.damaged, total }.into());
            }
            self.notes.push(format!("skipped unreadable images: {} of {total}", self.damaged.len()));
        }
        let mut order = shuffled_indices(self.entries.len());
        order.retain(|i| unreadable.binary_search(i).is_err());
        if order.is_empty() {
            return Err(PictureError::Nothing { root: self.root }.into());
        }
        let held_out = self.hold_out(&order, options)?;
        let examples = match pixels {
            Some(pixels) => Pixels::Here(pixels),
            None => Pixels::Streamed(Arc::new(decoded)),
        };
        self.dataset(&order, held_out.as_deref(), &examples, options)
    }

    /// Files that are not there are an error in one line; without some of them a run may go on, if it was asked to, with a line for
    /// people.
    pub fn check_missing(&self, options: &LoadOptions) -> Result<Option<String>, DataError> {
        if self.missing.is_empty() {
            return Ok(None);
        }
        let (count, total) = (self.missing.len(), self.entries.len() + self.damaged.len() + self.missing.len());
        if options.images.skip_damaged && count < total {
            return Ok(Some(format!("skipped missing images: {count} of {total}")));
        }
        let (root, first, elsewhere) = (self.root.clone(), self.missing[0].clone(), self.elsewhere.clone());
        Err(PictureError::Missing { root, count, total, first, elsewhere }.into())
    }

    fn check_size(&self, shape: [usize; 3]) -> Result<(), DataError> {
        let root = self.root.clone();
        if ![1, 3].contains(&shape[2]) {
            return Err(PictureError::Channels { root, channels: shape[2] }.into());
        }
        let bytes = shape.iter().map(|&size| size as u128).product::<u128>();
        if bytes > u128::from(MOST_OF_IMAGE) {
            return Err(PictureError::TooBig { root, shape, bytes, limit: MOST_OF_IMAGE }.into());
        }
        Ok(())
    }

    /// Bytes of all images.
    fn bytes(&self, shape: [usize; 3]) -> u128 {
        shape.iter().map(|&size| size as u128).product::<u128>() * self.entries.len() as u128
    }

    /// Bytes that they may take in memory.
    fn memory(&self, options: &LoadOptions) -> u64 {
        options.memory.unwrap_or_else(|| platform::memory().map_or(UNKNOWN_MEMORY, |bytes| bytes / 2))
    }

    fn has_classes(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry.target, Target::Class(_)))
    }

    fn count(&self, part: Part) -> usize {
        self.entries.iter().filter(|entry| entry.part == part).count()
    }

    /// Which pictures are held out, as a flag for each, where some are to be: of every class the same share, and of two pictures
    /// one stays.
    fn hold_out(&mut self, order: &[usize], options: &LoadOptions) -> Result<Option<Vec<bool>>, DataError> {
        let mut held_out = vec![false; self.entries.len()];
        let (validation, test) = (self.count(Part::Validation), self.count(Part::Test));
        let share = match options.hold_out {
            HoldOut::Nothing => return Ok(None),
            HoldOut::Auto if validation + test > 0 => return Ok(None),
            HoldOut::Auto => DEFAULT_SHARE,
            HoldOut::Share(share) if validation > 0 => {
                return Err(PictureError::TwoValidations { root: self.root.clone(), count: validation, share }.into());
            }
            HoldOut::Share(share) => share,
        };
        let groups = self.classes.len().max(1);
        let mut by_class = vec![Vec::new(); groups];
        for &i in order {
            let entry = &self.entries[i];
            if matches!(entry.part, Part::Unknown | Part::Train) {
                let group = if let Target::Class(class) = entry.target { class as usize } else { 0 };
                by_class[group].push(i);
            }
        }
        for members in &mut by_class {
            members.sort_by_key(|&i| random::hash64(random::hash64(options.seed ^ HELD) ^ i as u64));
            let most = members.len().saturating_sub(1);
            let count = ((members.len() as f64 * share).round() as usize).max(1).min(most);
            members[..count].iter().for_each(|&i| held_out[i] = true);
        }
        let count = held_out.iter().filter(|&&held| held).count();
        let each = if self.has_classes() { "each class" } else { "all" };
        self.notes.push(match count {
            0 => "no image is held out for validation, as no class has two".into(),
            _ => format!("holding out {count} images for validation, {share} of {each}"),
        });
        Ok(Some(held_out))
    }

    fn dataset(
        self,
        order: &[usize],
        held_out: Option<&[bool]>,
        pixels: &Pixels,
        options: &LoadOptions,
    ) -> Result<Dataset, DataError> {
        let gather = |wanted: &[Part]| {
            let members = order.iter().copied().filter(|&i| {
                let is_held_out = held_out.is_some_and(|held_out| held_out[i]);
                let part = if is_held_out { Part::Validation } else { self.entries[i].part };
                wanted.contains(&part)
            });
            self.split(&members.collect::<Vec<_>>(), pixels, options.shape)
        };
        let train = gather(&[Part::Train, Part::Unknown])?;
        if options.classes.is_none()
            && !options.unlabelled
            && !self.declared
            && let Some(split) = &train
            && split.values().is_none()
            && let Some(class) = (0..self.classes.len()).find(|&class| !split.labels().contains(&(class as u32)))
        {
            let class = self.classes[class].clone();
            return Err(PictureError::Untrained { root: self.root, class }.into());
        }
        let (validation, test) = (gather(&[Part::Validation])?, gather(&[Part::Test])?);
        let name = folder_name(&self.root);
        let source = self.root.display().to_string();
        let splits = Splits { train, validation, test };
        let data = Dataset::new(name, self.classes, splits)?.with_source(source).with_notes(self.notes);
        Ok(data.with_drawn_validation(held_out.is_some()))
    }

    /// The pictures `members` as a split; none if there are none.
    fn split(&self, members: &[usize], pixels: &Pixels, shape: [usize; 3]) -> Result<Option<Split>, DatasetError> {
        let Some(&first) = members.first() else { return Ok(None) };
        let size: usize = shape.iter().product();
        let targets = || members.iter().map(|&i| &self.entries[i].target);
        let class = |target: &Target| if let Target::Class(class) = target { *class } else { 0 };
        let targets = match &self.entries[first].target {
            Target::Class(_) => {
                Targets::Classes { labels: targets().map(class).collect(), classes: self.classes.len() }
            }
            Target::Values(values) if values.is_empty() => Targets::Nothing { examples: members.len() },
            Target::Values(values) => {
                let data = targets().flat_map(|target| match target {
                    Target::Values(values) => values.as_slice(),
                    Target::Class(_) => &[],
                });
                Targets::Values(Values { width: values.len(), data: data.copied().collect() })
            }
        };
        let names = members.iter().map(|&i| self.entries[i].place.to_string()).collect();
        let keys = members.iter().map(|&i| self.entries[i].place.key_from(&self.root)).collect();
        let split = match pixels {
            Pixels::Here(pixels) => {
                let mut images = Vec::with_capacity(members.len() * size);
                members.iter().for_each(|&i| images.extend_from_slice(&pixels[i * size..(i + 1) * size]));
                Split::images(shape, images, targets)?
            }
            Pixels::Streamed(source) => {
                let numbers = members.iter().map(|&i| i as u32).collect();
                Split::streamed(shape, source.clone(), numbers, targets)?
            }
        };
        split.with_keys(keys).with_names(names).map(Some)
    }
}
