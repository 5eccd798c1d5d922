//! Images sorted into folders by their class.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::CliError;
use crate::cli::tasks::Row;
use crate::data::picture::{MOST_FILE_BYTES, Place};

/// A folder with a folder for each class.
pub struct Sorting {
    folder: PathBuf,
    link: bool,
}

impl Sorting {
    pub fn into(folder: &Path, link: bool) -> Result<Self, CliError> {
        fs::create_dir_all(folder).map_err(CliError::file(folder))?;
        Ok(Sorting { folder: folder.to_path_buf(), link })
    }

    /// Puts an image there; one of the same name that is there gets company, never replaced.
    pub fn put(&self, image: &Place, row: &Row) -> Result<(), CliError> {
        let Some(class) = &row.class else {
            return Err(CliError::Usage(
                "--sort-into needs one class for each image, but this model does not choose one\n  try: --csv".into(),
            ));
        };
        let folder = self.folder.join(class.replace(['/', '\\'], "_"));
        fs::create_dir_all(&folder).map_err(CliError::file(&folder))?;
        // a row has no name
        let numbered = PathBuf::from(image.to_string().rsplit(": ").next().unwrap_or_default().replace(' ', "-"));
        let own = if image.name().as_os_str().is_empty() { &numbered } else { image.name() };
        let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let (stem, end) = (part(own.file_stem()), own.extension().map(|end| format!(".{}", end.to_string_lossy())));
        let end = end.unwrap_or_default();
        let name = |i: usize| if i == 1 { part(own.file_name()) } else { format!("{stem}-{i}{end}") };
        let free = (1..).map(|i| folder.join(name(i))).find(|path| path.symlink_metadata().is_err());
        let target = free.expect("some name is free");
        let put = match (image.file(), self.link) {
            (Some(file), true) => link(file, &target),
            (Some(file), false) => fs::copy(file, &target).map(|_| ()),
            (_, true) => {
                let problem = format!("{image}: nothing to link to, as it is no file of its own");
                return Err(CliError::Usage(problem + "\n  try: leave out --link"));
            }
            (_, false) => {
                let unreadable = |source| CliError::Picture { place: image.clone(), source };
                fs::write(&target, image.read(MOST_FILE_BYTES).map_err(unreadable)?)
            }
        };
        put.map_err(CliError::file(&target))
    }
}

#[cfg(unix)]
fn link(image: &Path, target: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(image.canonicalize()?, target)
}

#[cfg(windows)]
fn link(image: &Path, target: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(image.canonicalize()?, target)
}
