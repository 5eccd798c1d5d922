//! Which column of a table holds what: by what a user says, else by its name.

use std::path::Path;

use super::TableError;

/// What a column may hold, and the names that say so.
pub struct Role {
    /// What it holds, for messages.
    pub what: &'static str,
    /// The option that names it, if there is one.
    pub key: Option<&'static str>,
    /// Names in small letters that mean just this: two such columns are an error.
    pub names: &'static [&'static str],
    /// Names that mean this where no other column does; earlier ones win.
    pub others: &'static [&'static str],
}

impl Role {
    pub const IMAGE: Role = Role {
        what: "paths",
        key: Some("table.image_column"),
        names: &["image", "path", "filename", "file", "image_path", "file_name"],
        others: &[
            "img_path",
            "filepath",
            "file_path",
            "image_file",
            "image_filename",
            "img_file",
            "img",
            "picture",
            "photo",
            "image_name",
            "img_name",
            "image_id",
            "imageid",
            "img_id",
            "file_id",
            "id_code",
            "id",
            "name",
        ],
    };
    pub const TEXT: Role = Role {
        what: "texts",
        key: Some("table.text_column"),
        names: &["text", "texts", "sentence", "message"],
        others: &[
            "review",
            "review_text",
            "comment",
            "comment_text",
            "tweet",
            "content",
            "body",
            "question",
            "question_text",
            "phrase",
            "sms",
            "headline",
            "utterance",
            "query",
            "description",
            "document",
            "title",
        ],
    };
    pub const LABEL: Role = Role {
        what: "labels",
        key: Some("table.label_column"),
        names: &["label", "class", "labels", "classes", "category"],
        others: &[
            "target",
            "targets",
            "tags",
            "tag",
            "categories",
            "class_name",
            "classname",
            "label_name",
            "category_name",
            "class_id",
            "label_id",
            "category_id",
            "sentiment",
            "intent",
            "species",
            "breed",
            "diagnosis",
            "attribute_ids",
        ],
    };
    pub const SPLIT: Role =
        Role { what: "splits", key: None, names: &["split", "subset"], others: &["is_valid", "is_test"] };

    #[cfg(feature = "images")]
    const ALL: [&Role; 4] = [&Role::IMAGE, &Role::TEXT, &Role::LABEL, &Role::SPLIT];

    /// The column that a user says: by name, or by number from 1; none where nothing was said.
    ///
    /// # Errors
    /// No column is called so, or several are.
    pub fn said(&self, path: &Path, names: &[String], wanted: Option<&str>) -> Result<Option<usize>, TableError> {
        wanted.map(|wanted| self.wanted(path, names, wanted)).transpose()
    }

    /// The column whose name means this and nothing else.
    ///
    /// # Errors
    /// Several columns do.
    pub fn named(&self, path: &Path, names: &[String], taken: &[Option<usize>]) -> Result<Option<usize>, TableError> {
        self.one_of(path, names, taken, self.names)
    }

    /// The column whose name means this where no other column does.
    ///
    /// # Errors
    /// Several columns have the likeliest of these names.
    pub fn other(&self, path: &Path, names: &[String], taken: &[Option<usize>]) -> Result<Option<usize>, TableError> {
        for name in self.others {
            if let Some(found) = self.one_of(path, names, taken, &[name])? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn one_of(
        &self,
        path: &Path,
        names: &[String],
        taken: &[Option<usize>],
        wanted: &[&str],
    ) -> Result<Option<usize>, TableError> {
        let free = |i: &usize| !taken.contains(&Some(*i)) && wanted.iter().any(|name| is(&names[*i], name));
        let found: Vec<usize> = (0..names.len()).filter(free).collect();
        match &found[..] {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            several => Err(self.several(path, names, several)),
        }
    }

    fn wanted(&self, path: &Path, names: &[String], wanted: &str) -> Result<usize, TableError> {
        let all = |is: &dyn Fn(&String) -> bool| (0..names.len()).filter(|&i| is(&names[i])).collect::<Vec<_>>();
        let mut found = all(&|name| name == wanted);
        if found.is_empty() {
            found = all(&|name| underscored(name) == underscored(wanted));
        }
        match (&found[..], wanted.parse::<usize>()) {
            (&[one], _) => Ok(one),
            ([], Ok(number)) if (1..=names.len()).contains(&number) => Ok(number - 1),
            ([], _) => {
                let (path, name, found) = (path.to_path_buf(), wanted.to_string(), names.to_vec());
                Err(TableError::Unknown { path, name, found })
            }
            (several, _) => Err(TableError::TwoColumns {
                path: path.to_path_buf(),
                what: "that name",
                columns: several.iter().map(|&i| names[i].clone()).collect(),
                key: None,
            }),
        }
    }

    fn several(&self, path: &Path, names: &[String], several: &[usize]) -> TableError {
        let columns: Vec<String> = several.iter().map(|&i| names[i].clone()).collect();
        // a number does not tell columns of one name apart on sight, and a name does not at all
        let differ = columns.iter().collect::<std::collections::BTreeSet<_>>().len() == columns.len();
        TableError::TwoColumns { path: path.to_path_buf(), what: self.what, columns, key: self.key.filter(|_| differ) }
    }

    /// Whether a column of this name would hold it.
    pub fn is_called(&self, name: &str) -> bool {
        self.names.iter().chain(self.others).any(|own| is(name, own))
    }

    /// Whether a first row holds the name of a column rather than fields.
    #[cfg(feature = "images")]
    pub fn any_is_called(names: &[String]) -> bool {
        names.iter().any(|name| Role::ALL.iter().any(|role| role.is_called(name)))
    }
}

/// Columns by what they hold.
#[cfg(feature = "images")]
#[derive(Clone, Debug)]
pub struct Roles {
    /// Their names, or numbers where there is no header.
    pub names: Vec<String>,
    /// The image or the text.
    pub main: usize,
    pub split: Option<usize>,
    /// Labels; otherwise there are `values`.
    pub label: Option<usize>,
    pub values: Vec<usize>,
}

#[cfg(feature = "images")]
impl Roles {
    /// Names of the columns that nothing is read from.
    pub fn unused(&self) -> Vec<&str> {
        let used = |i: usize| i == self.main || [self.split, self.label].contains(&Some(i)) || self.values.contains(&i);
        let name = |i: usize| if is_unnamed(&self.names[i]) { "(unnamed)" } else { self.names[i].as_str() };
        (0..self.names.len()).filter(|&i| !used(i)).map(name).collect()
    }
}

/// A name as it is compared: in small letters, with `_` for spaces and dashes.
fn underscored(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

/// Whether a column's name is this one, however its words are joined: `class_id`, `ClassId`, `class id`.
fn is(name: &str, wanted: &str) -> bool {
    underscored(name).replace('_', "") == wanted.replace('_', "")
}

/// Whether a column has no name, or the one that pandas gives such a column: numbers of rows.
pub fn is_unnamed(name: &str) -> bool {
    name.trim().is_empty() || name.starts_with("Unnamed:")
}
