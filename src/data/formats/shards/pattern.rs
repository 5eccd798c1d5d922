//! Patterns of shards that no shell has expanded: `train-{0000..0012}.tar`, `{train,val}-*.tar`.

use std::path::{Path, PathBuf};

use wildmatch::WildMatch;

/// The most files of a pattern.
const MOST: usize = 100_000;

/// Whether there is a pattern in a path.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?']) || (path.contains('{') && path.contains('}'))
}

/// The paths of a pattern: braces as a shell expands them, whether there is such a file or not; then `*` and `?` in the last part
/// of a path, as far as there are files.
pub fn expand(pattern: &str) -> Vec<PathBuf> {
    let mut expanded = Vec::new();
    braces(pattern, &mut expanded);
    expanded.iter().flat_map(|path| matching(Path::new(path))).take(MOST).collect()
}

fn braces(pattern: &str, into: &mut Vec<String>) {
    let parts = pattern.split_once('{').and_then(|(before, rest)| {
        let (inside, after) = rest.split_once('}')?;
        Some((before, inside, after))
    });
    let Some((before, inside, after)) = parts else { return into.push(pattern.into()) };
    for one in choices(inside) {
        if into.len() >= MOST {
            return;
        }
        braces(&format!("{before}{one}{after}"), into);
    }
}

/// What stands for a pair of braces: the numbers of a range, as long as the longer of its ends where one has zeros in front; or the
/// parts between commas.
fn choices(inside: &str) -> Vec<String> {
    let range = inside.split_once("..").and_then(|(first, last)| {
        let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        Some((number(first)?, number(last)?, first, last))
    });
    let Some((from, to, first, last)) = range else { return inside.split(',').map(String::from).collect() };
    let has_zeros = |text: &str| text.len() > 1 && text.starts_with('0');
    let width = if has_zeros(first) || has_zeros(last) { first.len().max(last.len()).min(20) } else { 0 };
    (from.min(to)..=from.max(to)).take(MOST).map(|number| format!("{number:0width$}")).collect()
}

fn matching(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !name.contains(['*', '?']) {
        return vec![path.to_path_buf()];
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let wanted = WildMatch::new(&name);
    let mut found = crate::platform::files::entries(folder.unwrap_or(Path::new(".")));
    found.retain(|path| wanted.matches(&path.file_name().unwrap_or_default().to_string_lossy()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str) -> Vec<String> {
        expand(pattern).iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn braces_are_expanded_as_shells_do() {
        assert_eq!(names("a-{008..010}.tar"), ["a-008.tar", "a-009.tar", "a-010.tar"]);
        assert_eq!(names("a-{8..10}.tar"), ["a-8.tar", "a-9.tar", "a-10.tar"]);
        assert_eq!(names("{train,val}-{0..1}.tar"), ["train-0.tar", "train-1.tar", "val-0.tar", "val-1.tar"]);
        assert_eq!(names("x/{a}.tar"), ["x/a.tar"]);
        assert_eq!(names("{0..4000000000}.tar").len(), MOST);
        assert_eq!(names("{{0..999},a}{0..999}{0..999}").len(), MOST);
        assert_eq!(names("a{b.tar"), ["a{b.tar"]);
    }

    #[test]
    fn stars_match_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a-1.tar", "a-2.tar", "b-1.tar"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = expand(&folder.path().join("a-*.tar").display().to_string());
        assert_eq!(found.len(), 2);
        let found = expand(&folder.path().join("{a,b}-?.tar").display().to_string());
        assert_eq!(found.len(), 3);
    }
}
