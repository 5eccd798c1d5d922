//! Which number stands for which word.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::words::words as words_of;

/// Token of what is not there: texts shorter than the model's length end with it.
pub const PAD: u32 = 0;
/// Token of every word that the vocabulary has not.
pub const UNKNOWN: u32 = 1;
/// Tokens that are no words, first in every vocabulary.
const SPECIAL: [&str; 2] = ["<pad>", "<unknown>"];

/// How a data set of texts was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// Words by token.
    pub vocabulary: Vocabulary,
    /// Texts that were longer than the length, and are cut.
    pub cut: usize,
    /// Whether some file was read as latin-1.
    pub latin1: bool,
}

/// Words by token: `<pad>`, `<unknown>`, then words, the most frequent first and alike ones by alphabet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Vocabulary {
    words: Vec<String>,
    tokens: HashMap<String, u32>,
}

impl From<Vec<String>> for Vocabulary {
    fn from(words: Vec<String>) -> Self {
        let tokens = words.iter().enumerate().map(|(i, word)| (word.clone(), i as u32)).collect();
        Vocabulary { words, tokens }
    }
}

impl From<Vocabulary> for Vec<String> {
    fn from(vocabulary: Vocabulary) -> Self {
        vocabulary.words
    }
}

impl Vocabulary {
    /// The words that stand at least `min_count` times in these texts; at most the `max_words` most frequent of them.
    pub fn build<'a>(texts: impl Iterator<Item = &'a [String]>, min_count: usize, max_words: Option<usize>) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for word in texts.flatten() {
            *counts.entry(word).or_default() += 1;
        }
        let mut words: Vec<(&str, usize)> = counts.into_iter().filter(|(_, count)| *count >= min_count).collect();
        words.sort_unstable_by_key(|&(word, count)| (Reverse(count), word));
        words.truncate(max_words.unwrap_or(usize::MAX));
        let words = SPECIAL.into_iter().chain(words.into_iter().map(|(word, _)| word));
        words.map(String::from).collect::<Vec<_>>().into()
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is not even `<pad>`: no vocabulary that was built is empty.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a word, as [`words`](super::text::words) gives it, has a token of its own.
    pub fn knows(&self, word: &str) -> bool {
        self.tokens.contains_key(word)
    }

    /// The word of a token.
    pub fn word(&self, token: u32) -> &str {
        self.words.get(token as usize).map_or(SPECIAL[1], String::as_str)
    }

    /// The tokens of a text as a split holds them: `length` of them, four bytes each, cut or filled with [`PAD`].
    pub fn encode(&self, text: &str, length: usize) -> Vec<u8> {
        self.encode_words(&words_of(text), length)
    }

    /// [`encode`](Self::encode) of words.
    pub(super) fn encode_words(&self, words: &[String], length: usize) -> Vec<u8> {
        let known = |word: &String| self.tokens.get(word).copied().unwrap_or(UNKNOWN);
        let tokens = words.iter().map(known).chain(std::iter::repeat(PAD)).take(length);
        tokens.flat_map(u32::to_le_bytes).collect()
    }

    /// The words of [`encode`](Self::encode)'s bytes, without the padding.
    pub fn decode(&self, bytes: &[u8]) -> Vec<&str> {
        let tokens = bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        tokens.filter(|&token| token != PAD).map(|token| self.word(token)).collect()
    }

    /// One word a line: the token is the line's number, from 0.
    pub fn to_text(&self) -> String {
        self.words.iter().map(|word| format!("{word}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(texts: &[&str], min_count: usize, max_words: Option<usize>) -> Vocabulary {
        let texts: Vec<Vec<String>> = texts.iter().map(|text| words_of(text)).collect();
        Vocabulary::build(texts.iter().map(Vec::as_slice), min_count, max_words)
    }

    #[test]
    fn words_are_ordered_by_count_then_by_alphabet() {
        let texts = ["the dog saw the cat", "a cat ran", "zebra"];
        let vocabulary = build(&texts, 1, None);
        assert_eq!(vocabulary.to_text(), "<pad>\n<unknown>\ncat\nthe\na\ndog\nran\nsaw\nzebra\n");
        for _ in 0..5 {
            assert_eq!(build(&texts, 1, None), vocabulary, "the same texts give the same tokens");
        }
        assert_eq!(build(&texts, 2, None).len(), 4);
        assert_eq!(build(&texts, 1, Some(3)).to_text(), "<pad>\n<unknown>\ncat\nthe\na\n");
    }

    #[test]
    fn texts_are_cut_and_padded() {
        let vocabulary = build(&["one two two"], 1, None);
        assert_eq!(vocabulary.encode("Two new", 4), bytemuck::cast_slice::<u32, u8>(&[2, 1, 0, 0]));
        assert_eq!(vocabulary.encode("one two one", 2), bytemuck::cast_slice::<u32, u8>(&[3, 2]));
        assert_eq!(vocabulary.decode(&vocabulary.encode("Two new", 4)), ["two", "<unknown>"]);
    }

    #[test]
    fn a_vocabulary_survives_json() {
        let vocabulary = build(&["one two two"], 1, None);
        let json = serde_json::to_string(&vocabulary).unwrap();
        assert_eq!(json, r#"["<pad>","<unknown>","two","one"]"#);
        assert_eq!(serde_json::from_str::<Vocabulary>(&json).unwrap(), vocabulary);
    }
}
