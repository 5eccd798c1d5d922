//! The pictures of a catalog as images of one size: from the cache, or decoded and put there.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::cells::Cells;
use super::entry::Entry;
use crate::data::picture::{self, Depths, Place};
use crate::data::{Fit, OnPictures, Range, Source, SourceError};

/// How pictures become images.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// `[h, w, c]`.
    pub shape: [usize; 3],
    pub fit: Fit,
    pub range: Option<Range>,
}

/// Pictures that are decoded on their first visit.
#[derive(Debug)]
pub(super) struct Decoded {
    places: Vec<Place>,
    form: Form,
    cells: Option<Cells>,
    memory: u64,
}

/// What was found out about all of them.
pub(super) struct Visited {
    /// Those that cannot be read, ascending, and why.
    pub damaged: Vec<(usize, String)>,
    /// Values of pictures of more than 8 bits.
    pub depths: Depths,
}

impl Decoded {
    /// The pictures of some entries, kept in `folder`, of which so many bytes may be in memory; with a line for people if they cannot
    /// be kept.
    pub fn new(
        root: &Path,
        entries: &[Entry],
        form: Form,
        folder: Option<&Path>,
        memory: u64,
    ) -> (Self, Option<String>) {
        let places: Vec<Place> = entries.iter().map(|entry| entry.place.clone()).collect();
        let sizes = [places.len(), form.shape.iter().product()];
        let opened = folder.map(|folder| (folder, Cells::open(folder, &owner(root), key(root, &places, form), sizes)));
        let (cells, note) = match opened {
            None => (None, None),
            Some((folder, Err(error))) => (None, Some(unkept(folder, &error.to_string()))),
            Some((_, Ok(cells))) => {
                let [count, _] = sizes;
                let few = (cells.count() < count)
                    .then(|| format!("the cache has room for {} of {count} decoded images", cells.count()));
                (Some(cells), few)
            }
        };
        (Decoded { places, form, cells, memory }, note)
    }

    /// Bytes of an image.
    fn size(&self) -> usize {
        self.form.shape.iter().product()
    }

    /// One of them.
    fn image(&self, number: usize, pixels: &mut [u8]) -> Result<Depths, String> {
        if let Some(depths) = self.cells.as_ref().and_then(|cells| cells.read(number, pixels)) {
            return Ok(depths);
        }
        let Form { shape, fit, range } = self.form;
        let (picture, depths) = picture::decode_deep(&self.places[number], range).map_err(|error| error.to_string())?;
        pixels.copy_from_slice(&picture::scale(&picture, shape, fit));
        if let Some(cells) = &self.cells {
            cells.write(number, pixels, depths);
        }
        Ok(depths)
    }

    /// All of them, on all cores; zeros for those that cannot be read.
    pub fn all(&self, on_pictures: OnPictures) -> (Vec<u8>, Visited) {
        let mut pixels = vec![0; self.places.len() * self.size()];
        let done = AtomicUsize::new(0);
        let images = pixels.par_chunks_mut(self.size()).enumerate();
        let outcomes = images.map(|(number, image)| self.counted(number, image, &done, on_pictures)).collect();
        (pixels, visited(outcomes))
    }

    /// Decodes all of them, on all cores, and keeps none in memory: what is damaged is known then.
    pub fn visit(&self, on_pictures: OnPictures) -> Visited {
        let done = AtomicUsize::new(0);
        let visit = |image: &mut Vec<u8>, number| self.counted(number, image, &done, on_pictures);
        let outcomes = (0..self.places.len()).into_par_iter().map_init(|| vec![0; self.size()], visit).collect();
        visited(outcomes)
    }

    fn counted(
        &self,
        number: usize,
        image: &mut [u8],
        done: &AtomicUsize,
        on_pictures: OnPictures,
    ) -> Result<Depths, String> {
        let outcome = self.image(number, image);
        if outcome.is_err() {
            image.fill(0);
        }
        on_pictures(done.fetch_add(1, Ordering::Relaxed) + 1, self.places.len());
        outcome
    }
}

pub(super) fn unkept(folder: &Path, problem: &str) -> String {
    format!("cannot cache the decoded images: {}: {problem}", folder.display())
}

fn visited(outcomes: Vec<Result<Depths, String>>) -> Visited {
    let depths = outcomes.iter().flatten().fold(Depths::default(), |all, &depths| all.and(depths));
    let damaged = outcomes.into_iter().enumerate().filter_map(|(index, outcome)| Some((index, outcome.err()?)));
    Visited { damaged: damaged.collect(), depths }
}

impl Source for Decoded {
    fn count(&self) -> usize {
        self.places.len()
    }

    fn read(&self, numbers: &[u32], bytes: &mut [u8]) -> Result<(), SourceError> {
        let pairs = bytes.par_chunks_exact_mut(self.size()).zip(numbers);
        let outcomes: Vec<Result<Depths, String>> =
            pairs.map(|(image, &number)| self.image(number as usize, image)).collect();
        for (outcome, &number) in outcomes.into_iter().zip(numbers) {
            outcome.map_err(|reason| {
                let place = self.places[number as usize].to_string();
                SourceError { place, reason, can_be_skipped: true }
            })?;
        }
        Ok(())
    }

    fn memory(&self) -> u64 {
        self.memory
    }

    fn problem(&self) -> Option<String> {
        self.cells.as_ref()?.problem()
    }
}

/// The start of the names of all files of one folder.
fn owner(root: &Path) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let digest = Sha256::digest(root.as_os_str().as_encoded_bytes());
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key(root: &Path, places: &[Place], Form { shape, fit, range }: Form) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(format!("{shape:?} {fit:?} {}\n", places.len()));
    hasher.update(range.map(|range| format!("{range}\n")).unwrap_or_default());
    for place in places {
        hasher.update(place.identity(root));
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::super::cells::tests::unwritable;
    use super::*;

    #[test]
    fn a_full_disk_is_told_and_images_are_still_read() {
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("a.ppm");
        std::fs::write(&picture, b"P6\n1 1\n255\nabc").unwrap();
        let form = Form { shape: [1, 1, 3], fit: Fit::Crop, range: None };
        let cache = folder.path().join("cache");
        let cells = Some(unwritable(&cache, [7; 32], [1, 3]));
        let decoded = Decoded { places: vec![picture.into()], form, cells, memory: 99 };
        assert_eq!(decoded.problem(), None, "nothing was written yet");
        let mut pixels = [0; 3];
        decoded.read(&[0], &mut pixels).unwrap();
        assert_eq!(&pixels, b"abc");
        let problem = decoded.problem().unwrap();
        for part in
            ["cannot cache the decoded images", &cache.display().to_string(), "in every epoch", "free some space"]
        {
            assert!(problem.contains(part), "no {part:?} in {problem}");
        }
    }
}
