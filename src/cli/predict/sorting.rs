//! Images sorted into folders by their class.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use crate::cli::CliError;
use crate::cli::tasks::Row;
use crate::data::file_names::{FileNames, shortened};
use crate::data::picture::{MOST_FILE_BYTES, Place, file_name};
use crate::platform::files::{self, make_output_folder, write_new};
use crate::report::aside;

/// A folder with a folder for each class.
pub struct Sorting {
    folder: PathBuf,
    link: bool,
    /// Folders of classes.
    names: FileNames,
    /// Classes that have no folder of their name, with the one that they have.
    renamed: BTreeMap<String, String>,
    /// Files that stand for an image of this start.
    taken: HashSet<PathBuf>,
    /// Images that were there already.
    left: usize,
}

impl Sorting {
    pub fn into(folder: &Path, link: bool, classes: &[String]) -> Result<Self, CliError> {
        make_output_folder(folder).map_err(CliError::file(folder))?;
        let (folder, names) = (folder.to_path_buf(), FileNames::of_all(classes));
        Ok(Sorting { folder, link, names, renamed: BTreeMap::new(), taken: HashSet::new(), left: 0 })
    }

    /// Puts an image there, if it is not there yet; another one of the same name gets company and is never replaced.
    pub fn put(&mut self, image: &Place, row: &Row) -> Result<(), CliError> {
        let Some(class) = &row.class else {
            return Err(CliError::Usage(
                "--sort-into needs one class for each image, but this model does not choose one\n  try: --csv".into(),
            ));
        };
        if self.link && image.file().is_none() {
            let problem = format!("{image}: nothing to link to, as it is no file of its own");
            return Err(CliError::Usage(problem + "\n  try: leave out --link"));
        }
        let name = self.names.of(class);
        let folder = self.folder.join(&name);
        if name != *class {
            self.renamed.insert(class.clone(), name);
        }
        fs::create_dir_all(&folder).map_err(CliError::file(&folder))?;
        let unreadable = |source| CliError::Picture { place: image.clone(), source };
        let bytes = image.read(MOST_FILE_BYTES).map_err(unreadable)?;
        let [stem, end] = file_name(image, &bytes);
        for number in 1.. {
            let name = if number == 1 { format!("{stem}{end}") } else { format!("{}-{number}{end}", shortened(&stem)) };
            let target = folder.join(name);
            if self.taken.contains(&target) {
                continue;
            }
            if target.symlink_metadata().is_err() {
                let put = match image.file() {
                    Some(file) if self.link => link(file, &target),
                    _ => write_new(&target, &mut Cursor::new(&bytes)),
                };
                put.map_err(CliError::file(&target))?;
                self.taken.insert(target);
                break;
            }
            if files::read(&target).is_ok_and(|own| own == bytes) {
                self.left += 1;
                self.taken.insert(target);
                break;
            }
        }
        Ok(())
    }

    /// Says what was there already, and which folders are not called as their classes.
    pub fn finish(&self) {
        for (class, name) in &self.renamed {
            aside!("note: class {class:?} is in {}", self.folder.join(name).display());
        }
        if self.left > 0 {
            let images = if self.left == 1 { "1 image is" } else { &format!("{} images are", self.left) };
            aside!("note: {images} in {} already, and left as they are", self.folder.display());
        }
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
