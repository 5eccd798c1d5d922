//! What the runs of one process share: the device with what is compiled on it, and data that were read.

use super::{CliError, open, pictures};
use crate::data::{self, Dataset, Listing, LoadOptions, Looked, Places, Survey};
use crate::gpu::Gpu;
use crate::report::say;

/// Data sets that are kept: runs on images of two sizes in turn read neither twice.
const KEPT: usize = 2;

/// Something that was found out about data, by their name and by how they were read.
type Known<T> = Vec<(Option<String>, LoadOptions, T)>;

/// A device and data sets, each opened or read when it is first needed.
#[derive(Default)]
pub struct Shared {
    adapter: Option<String>,
    gpu: Option<Gpu>,
    data: Known<Dataset>,
    surveys: Known<(Survey, Looked)>,
}

impl Shared {
    /// Nothing yet; the adapter is the one that was asked for.
    pub fn new(adapter: Option<&str>) -> Self {
        Shared { adapter: adapter.map(String::from), ..Shared::default() }
    }

    /// The adapter, open; the first time with its line.
    pub fn gpu(&mut self) -> Result<Gpu, CliError> {
        if let Some(gpu) = &self.gpu {
            return Ok(gpu.clone());
        }
        let gpu = open(self.adapter.as_deref())?;
        say!("adapter  {}", gpu.summary().line());
        Ok(self.gpu.insert(gpu).clone())
    }

    /// Closes the adapter, which failed; the next run opens it anew.
    pub fn forget_gpu(&mut self) {
        self.gpu = None;
    }

    /// Forgets data sets and lists of pictures: no other run will need them.
    pub fn forget_data(&mut self) {
        self.data.clear();
        self.surveys.clear();
    }

    /// A data set, read once, and listed once where its pictures were listed already.
    pub fn load(
        &mut self,
        spec: Option<&str>,
        listing: Option<Listing>,
        options: &LoadOptions,
    ) -> Result<Dataset, CliError> {
        remembered(&mut self.data, spec, options, || match listing {
            Some(listing) => pictures::load_listed(listing, options),
            None => pictures::load(spec, options),
        })
    }

    /// What can be told of data without decoding pictures, and the data where they had to be read for that.
    pub fn survey(&mut self, spec: Option<&str>, options: &LoadOptions) -> Result<(Survey, Looked), CliError> {
        let look = || Ok(data::survey(spec, options, &Places::from_env())?);
        remembered(&mut self.surveys, spec, options, look)
    }
}

/// What is known, or else found out now; the oldest of several is forgotten.
fn remembered<T: Clone>(
    known: &mut Known<T>,
    spec: Option<&str>,
    options: &LoadOptions,
    find: impl FnOnce() -> Result<T, CliError>,
) -> Result<T, CliError> {
    if let Some((_, _, own)) = known.iter().find(|(of, with, _)| of.as_deref() == spec && with == options) {
        return Ok(own.clone());
    }
    let found = find()?;
    known.truncate(KEPT - 1);
    known.insert(0, (spec.map(String::from), options.clone(), found.clone()));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_not_read_again() {
        let mut known = Known::<usize>::default();
        let mut reads = 0;
        let small = LoadOptions { shape: [8, 8, 3], ..LoadOptions::default() };
        for (spec, options, wanted) in [
            (Some("a"), &LoadOptions::default(), 1),
            (Some("a"), &small, 2),
            (Some("a"), &LoadOptions::default(), 2),
            (Some("a"), &small, 2),
            (None, &small, 3),
            (Some("a"), &small, 3),
            (Some("a"), &LoadOptions::default(), 4),
        ] {
            remembered(&mut known, spec, options, || {
                reads += 1;
                Ok(reads)
            })
            .unwrap();
            assert_eq!(reads, wanted, "{spec:?}");
        }
    }
}
