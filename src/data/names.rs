//! Names of classes, whichever way they come: one spelling, and one order.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization;

/// The name of a folder or file as text: composed, and a byte that is not UTF-8 as `\xe9`, so that two names stay two.
#[cfg_attr(not(feature = "images"), expect(dead_code, reason = "only folders of pictures name classes"))]
pub(super) fn of(name: &OsStr) -> String {
    composed(&escaped(name.as_encoded_bytes()))
}

/// Text in which a byte that is not UTF-8 is `\xe9`.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text += chunk.valid();
        chunk.invalid().iter().for_each(|byte| {
            let _ = write!(text, "\\x{byte:02x}");
        });
    }
    text
}

/// A name in Unicode's composed form (NFC, UAX #15): macOS and archives from there write `é` as two characters.
pub fn composed(name: &str) -> String {
    name.nfc().collect()
}

/// Where a composed name is among classes, which may be those of a model that was trained before names were composed.
pub fn place(name: &str, classes: &[String]) -> Option<usize> {
    let exact = classes.iter().position(|class| class == name);
    exact.or_else(|| classes.iter().position(|class| composed(class) == name))
}

/// A name with what nobody sees spelt out, as `\u{a0}`: spaces at its ends, other white space, and signs without a width.
pub fn visible(name: &str) -> String {
    let inner = name.trim_matches(' ');
    let is_hidden = |c: char| c != ' ' && (c.is_whitespace() || c.is_control() || UNSEEN.contains(&c));
    let start = name.len() - name.trim_start_matches(' ').len();
    let spell = |(i, c): (usize, char)| {
        let at_end = c == ' ' && (i < start || i >= start + inner.len());
        if at_end || is_hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }
    };
    name.char_indices().map(spell).collect()
}

/// A name without what a person overlooks: case, spaces, dashes, signs without a width; and of a number how it is written.
pub fn skeleton(name: &str) -> String {
    let unseen = |c: char| c.is_whitespace() || c.is_control() || UNSEEN.contains(&c);
    let seen: String = name.chars().filter(|&c| !unseen(c)).collect();
    match seen.parse::<f64>() {
        Ok(number) if number.is_finite() => number.to_string(),
        _ => seen.to_lowercase().replace(['_', '-'], ""),
    }
}

/// Signs without a width that are no white space: soft hyphen, joiners, marks of direction, byte-order mark.
const UNSEEN: [char; 8] =
    ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{feff}'];

/// The order of classes: numbers inside names by their value (`2` before `10`, `img9` before `img10`), everything else by
/// character; names that are negative numbers come first, by value.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (below_a, below_b) = (below_zero(a), below_zero(b));
    let order = match (below_a, below_b) {
        (Some(a), Some(b)) => by_value(b, a),
        _ => below_b.is_some().cmp(&below_a.is_some()).then_with(|| by_pieces(a, b)),
    };
    order.then_with(|| a.cmp(b))
}

/// The digits of a name that is a negative whole number.
fn below_zero(name: &str) -> Option<&str> {
    name.strip_prefix('-').filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn by_pieces(mut a: &str, mut b: &str) -> Ordering {
    loop {
        let (Some(first_a), Some(first_b)) = (a.chars().next(), b.chars().next()) else {
            return a.len().cmp(&b.len());
        };
        let order = if first_a.is_ascii_digit() && first_b.is_ascii_digit() {
            let (number_a, number_b);
            (number_a, a) = a.split_at(digits(a));
            (number_b, b) = b.split_at(digits(b));
            by_value(number_a, number_b)
        } else {
            (a, b) = (&a[first_a.len_utf8()..], &b[first_b.len_utf8()..]);
            // a number among other characters stands where its digits do
            let place = |c: char| if c.is_ascii_digit() { '0' } else { c };
            place(first_a).cmp(&place(first_b))
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// How many digits a text starts with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Two rows of digits by their value, however long.
fn by_value(a: &str, b: &str) -> Ordering {
    let [a, b] = [a, b].map(|digits| digits.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names in their order, checked pair by pair, so that the order is one.
    #[track_caller]
    fn ascend(names: &[&str]) {
        for (i, a) in names.iter().enumerate() {
            for (j, b) in names.iter().enumerate() {
                assert_eq!(natural(a, b), i.cmp(&j), "{a} and {b}");
            }
        }
    }

    #[test]
    fn numbers_are_ordered_by_value_and_the_rest_by_character() {
        ascend(&["1", "2", "10", "11", "100"]);
        ascend(&["", "-10", "-2", "-1", "-", "-1a", "-x", "0", "1", "A", "a"][1..]);
        ascend(&["007", "7", "07b", "8"]);
        ascend(&["img1", "img1a", "img2", "img10", "img10b", "img_1", "imgs"]);
        ascend(&["99999999999999999999999999999999", "100000000000000000000000000000000", "a"]);
        ascend(&["v1.9", "v1.10", "v2.0"]);
        ascend(&["apple", "two words", "Äpfel — 林檎"]);
        ascend(&["a b", "a1", "ab"]);
    }

    #[test]
    fn what_nobody_sees_is_spelt_out() {
        for (name, spelt) in [
            ("two words", "two words"),
            ("cat ", "cat\\u{20}"),
            (" cat", "\\u{20}cat"),
            ("cat\u{a0}", "cat\\u{a0}"),
            ("\u{feff}cat\t", "\\u{feff}cat\\u{9}"),
            ("  ", "\\u{20}\\u{20}"),
        ] {
            assert_eq!(visible(name), spelt);
        }
    }

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        for (a, b) in
            [("Two words", "two_words"), ("cat", "\u{feff}cat"), ("cat", "c\u{200b}at "), ("1", "01"), ("1", "1.0")]
        {
            assert_eq!(skeleton(a), skeleton(b), "{a:?} {b:?}");
        }
        assert_ne!(skeleton("-1"), skeleton("1"));
        assert_ne!(skeleton("cat"), skeleton("cats"));
    }

    #[test]
    fn one_word_has_one_spelling_and_two_words_have_two() {
        assert_eq!(composed("cafe\u{301}"), "caf\u{e9}");
        assert_eq!(of(OsStr::new("cafe\u{301}")), "caf\u{e9}");
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let names = [&b"caf\xe9"[..], b"caf\xe8"].map(|bytes| of(OsStr::from_bytes(bytes)));
            assert_eq!(names, ["caf\\xe9", "caf\\xe8"]);
        }
    }
}
