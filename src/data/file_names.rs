//! Names of files and folders that are made of other names: of classes, images and data sets, which may be called anything.

use std::collections::{HashMap, HashSet};

use super::names::composed;

/// The most bytes of a name: systems take 255, and what is added to one needs some.
const MOST: usize = 120;

/// What no file is called on some system, beside control characters.
pub const SIGNS: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

/// Names that Windows keeps for devices, with any extension; the last two with a digit.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// A name as that of one file or folder on every system: never a path, a device, hidden, empty or too long. What may stay, stays.
pub fn file_name(name: &str) -> String {
    let allowed = |c: char| if c.is_control() || SIGNS.contains(&c) { '_' } else { c };
    let mut name: String = shortened(name).chars().map(allowed).collect();
    if name.starts_with('.') || name.is_empty() {
        name.replace_range(..name.len().min(1), "_");
    }
    if name.ends_with(['.', ' ']) {
        name.replace_range(name.len() - 1.., "_");
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let is_device = DEVICES.iter().enumerate().any(|(i, device)| match stem.strip_prefix(device) {
        Some("") => i < 4,
        Some(rest) => i >= 4 && rest.len() == 1 && rest.starts_with(|c: char| c.is_ascii_digit()),
        None => false,
    });
    if is_device { format!("_{name}") } else { name }
}

/// A name, or as much of its start as a file's may have.
pub fn shortened(name: &str) -> &str {
    &name[..name.floor_char_boundary(MOST)]
}

/// Names of files in one folder: none twice, also where a file system tells no `a` from `A`.
#[derive(Debug, Default)]
pub struct FileNames {
    /// As a file system sees them that tells least.
    taken: HashSet<String>,
    /// What was asked for by [`FileNames::of`].
    given: HashMap<String, String>,
}

impl FileNames {
    /// The names of several, whatever comes first: whoever can be called as it is keeps its name.
    pub fn of_all(names: &[String]) -> Self {
        let mut all = FileNames::default();
        let (plain, other): (Vec<_>, Vec<_>) = names.iter().partition(|name| file_name(name) == **name);
        plain.into_iter().chain(other).for_each(|name| {
            all.of(name);
        });
        all
    }

    /// The file of a name, each time the same.
    pub fn of(&mut self, name: &str) -> String {
        if let Some(given) = self.given.get(name) {
            return given.clone();
        }
        let new = self.new_of(name);
        self.given.insert(name.into(), new.clone());
        new
    }

    /// A file for a name, each time another one: with a number from the second on.
    pub fn new_of(&mut self, name: &str) -> String {
        let name = file_name(name);
        let numbered = |number: u32| if number == 1 { name.clone() } else { format!("{name}-{number}") };
        let is_free = |name: &String| self.taken.insert(composed(&name.to_uppercase().to_lowercase()));
        (1..).map(numbered).find(is_free).expect("some number is free")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_that_of_one_visible_file() {
        for (name, file) in [
            ("two words", "two words"),
            ("C++", "C++"),
            ("caf\u{e9} \u{732b}", "caf\u{e9} \u{732b}"),
            ("v1.5", "v1.5"),
            ("..", "__"),
            (".", "_"),
            ("...", "_._"),
            ("", "_"),
            (".lepton-gpu", "_lepton-gpu"),
            ("a/b", "a_b"),
            ("/etc", "_etc"),
            ("..\\x", "_._x"),
            ("C:", "C_"),
            ("a\nb\0", "a_b_"),
            ("cat ", "cat_"),
            ("cat.", "cat_"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("com7", "_com7"),
            ("con1", "con1"),
            ("lpt", "lpt"),
            ("console", "console"),
        ] {
            assert_eq!(file_name(name), file, "{name:?}");
        }
        let long = "\u{732b}".repeat(100);
        assert_eq!(file_name(&long), long[..120]);
        assert_eq!(file_name(&format!("a{long}")), format!("a{}", &long[..117]), "whole characters");
    }

    #[test]
    fn two_names_are_two_files_on_every_file_system() {
        let mut files = FileNames::default();
        let names = ["Cat", "cat", "a/b", "a_b", "Stra\u{df}e", "STRASSE", "\u{c9}t\u{e9}", "e\u{301}te\u{301}"];
        let called = names.map(|name| files.of(name));
        let wanted =
            ["Cat", "cat-2", "a_b", "a_b-2", "Stra\u{df}e", "STRASSE-2", "\u{c9}t\u{e9}", "e\u{301}te\u{301}-2"];
        assert_eq!(called, wanted);
        assert_eq!(names.map(|name| files.of(name)), wanted, "again the same");
        assert_eq!([files.new_of("cat"), files.new_of("cat")], ["cat-3", "cat-4"], "each time another");
        let [one, other] = ["x", "y"].map(|end| files.of(&("n".repeat(300) + end)));
        assert_eq!((one.len(), other), (120, format!("{one}-2")));
    }

    #[test]
    fn whoever_can_be_called_as_it_is_keeps_its_name() {
        let mut files = FileNames::of_all(&["a/b", "a_b", "..", "__"].map(String::from));
        assert_eq!(["a_b", "__", "a/b", ".."].map(|name| files.of(name)), ["a_b", "__", "a_b-2", "__-2"]);
    }
}
