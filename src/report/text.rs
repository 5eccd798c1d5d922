//! Text of others, fit for a terminal, and text that a shell is to take.

use std::borrow::Cow;

use serde_json::Value;

use super::draw::turns;

/// Text without what steers a terminal or turns the direction of writing.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// Lines without what steers a terminal: they may hold names of files and classes, and texts, of anybody.
pub fn for_terminal(lines: &str) -> Cow<'_, str> {
    let steers = |c: char| steers(c) && !['\n', '\t'].contains(&c);
    if lines.contains(steers) {
        lines.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
    } else {
        lines.into()
    }
}

fn steers(c: char) -> bool {
    c.is_control() || turns(c)
}

/// Makes every text in a value [`plain`], names of its fields as well.
pub fn make_plain(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(steers) => *text = plain(text),
        Value::Array(items) => items.iter_mut().for_each(make_plain),
        Value::Object(fields) => {
            if fields.keys().any(|key| key.contains(steers)) {
                *fields = std::mem::take(fields).into_iter().map(|(key, value)| (plain(&key), value)).collect();
            }
            fields.values_mut().for_each(make_plain);
        }
        _ => {}
    }
}

/// A word as a shell takes it: in quotes where it has spaces or signs that mean something there.
pub fn shell_word(word: &str) -> String {
    let signs = if cfg!(windows) { "&|<>()^%" } else { r##"'"`$&|;<>()[]{}*?!#"## };
    if !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || signs.contains(c)) {
        return word.into();
    }
    if cfg!(windows) { format!("\"{word}\"") } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// How the run in a folder is continued.
pub fn to_continue(run: &str) -> String {
    format!("to continue: lepton-gpu train --out {} --resume", shell_word(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_steers_nothing() {
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
        assert_eq!(for_terminal("a\u{1b}[2Jb\n\tc\r"), "a\u{fffd}[2Jb\n\tc\u{fffd}");
        assert!(matches!(for_terminal("Größe\n"), Cow::Borrowed(_)));
        let mut value = serde_json::json!({ "a\u{9b}": ["x\u{7}", { "b": "\u{2066}y" }, 1.5], "c": "Größe" });
        make_plain(&mut value);
        let wanted = serde_json::json!({ "a\u{fffd}": ["x\u{fffd}", { "b": "\u{fffd}y" }, 1.5], "c": "Größe" });
        assert_eq!(value, wanted);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_quoted_where_a_shell_would_split_it() {
        assert_eq!(to_continue("runs/a"), "to continue: lepton-gpu train --out runs/a --resume");
        assert_eq!(to_continue("h/my run"), "to continue: lepton-gpu train --out 'h/my run' --resume");
    }
}
