//! How a text becomes words: `clean_str` of Kim 2014 (github.com/yoonkim/CNN_sentence, process_data.py), lower-cased. Letters
//! and digits of every alphabet are kept, where the original knows A-Z alone; ASCII texts give the same words.

/// Endings that are words of their own, in the original's order.
const ENDINGS: [&str; 6] = ["'s", "'ve", "n't", "'re", "'d", "'ll"];

/// The words of a text: runs of letters, digits, `'` and `` ` ``, with `'s 've n't 're 'd 'll` split off, and `, ! ? ( )`
/// each by itself. Everything else separates.
pub fn words(text: &str) -> Vec<String> {
    let kept = |c: char| if c.is_alphanumeric() || "(),!?'`".contains(c) { c } else { ' ' };
    let mut clean: String = text.chars().map(kept).collect();
    for ending in ENDINGS {
        clean = clean.replace(ending, &format!(" {ending}"));
    }
    for sign in [",", "!", "(", ")", "?"] {
        clean = clean.replace(sign, &format!(" {sign} "));
    }
    clean.split_whitespace().map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_those_of_kims_clean_str() {
        // from the original under Python 3, except the letters beyond ASCII of the last one
        for (text, expected) in [
            ("It's SO-so, don't you think?", "it 's so so , do n't you think ?"),
            ("they've (really!) they'd she'll we're", "they 've ( really ! ) they 'd she 'll we 're"),
            ("a `quote' 50% off...  1990", "a `quote' 50 off 1990"),
            ("", ""),
            ("  -- \u{85} ;;", ""),
            ("Amélie ÜBER", "amélie über"),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }
}
