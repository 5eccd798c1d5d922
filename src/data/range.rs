//! Which values of pictures of more than 8 bits become black and white.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The values of 16-bit and floating-point pictures that become 0 and 255; others are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Range {
    /// What becomes black.
    pub low: f32,
    /// What becomes white.
    pub high: f32,
}

/// A text that is no range.
#[derive(Debug, thiserror::Error)]
#[error("invalid range {text:?}: expected two numbers, the lower one first, such as 0..4095")]
pub struct RangeError {
    text: String,
}

impl Eq for Range {}

impl TryFrom<String> for Range {
    type Error = RangeError;

    fn try_from(text: String) -> Result<Self, RangeError> {
        let numbers = text.split_once("..").and_then(|(low, high)| {
            let number = |text: &str| text.trim().parse::<f32>().ok().filter(|number| number.is_finite());
            number(low).zip(number(high))
        });
        match numbers {
            Some((low, high)) if low < high => Ok(Range { low, high }),
            _ => Err(RangeError { text }),
        }
    }
}

impl From<Range> for String {
    fn from(range: Range) -> Self {
        range.to_string()
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}..{}", self.low, self.high)
    }
}

impl Range {
    /// A value as a byte.
    pub fn byte(self, value: f32) -> u8 {
        (255.0 * (value - self.low) / (self.high - self.low)).round().clamp(0.0, 255.0) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_two_numbers() {
        let range = |text: &str| Range::try_from(text.to_string());
        assert_eq!(range("0..4095").unwrap(), Range { low: 0.0, high: 4095.0 });
        assert_eq!(range("-1.5 .. 2").unwrap().to_string(), "-1.5..2");
        for text in ["", "4095", "0..", "..1", "5..5", "2..1", "0..inf", "a..b"] {
            assert!(range(text).unwrap_err().to_string().contains("such as 0..4095"), "{text}");
        }
    }
}
