//! One row for each key of a configuration: its flag, what it may be, its default and its meaning. The command line's flags,
//! range checks, what a resumed run may change, and the tables of the guides come from these rows.

use std::fmt;

/// What a key may be set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// `true` or `false`; on the command line the flag alone.
    Switch,
    /// A finite number from `min` to `max`, both included.
    Number {
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
    },
    /// A finite number of at least `min` and below `below`.
    Below {
        /// Smallest value allowed.
        min: f64,
        /// The values must be smaller than this one.
        below: f64,
    },
    /// A finite number above `above` and below `below`, which may be infinite.
    Between {
        /// The values must be larger than this one.
        above: f64,
        /// The values must be smaller than this one.
        below: f64,
    },
    /// A whole number from `min` to `max`, both included.
    Whole {
        /// Smallest value allowed.
        min: u64,
        /// Largest value allowed.
        max: u64,
    },
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Text of a form that the key's own parser checks; the placeholder stands in help, such as `PATTERN=F`.
    Text(&'static str),
}

/// A key of a configuration, or an option of a member of a table (an optimiser's `momentum`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// Its path in a configuration file, such as `batch`; of a member's option the last part alone: `momentum`.
    pub key: &'static str,
    /// Its flag on the command line, without dashes; none if only files set it.
    pub flag: Option<&'static str>,
    /// What it may be.
    pub takes: Takes,
    /// Its default as a file would spell it, or in words where it depends on something; empty if it must be given or is
    /// off.
    pub default: &'static str,
    /// What it does, in a sentence.
    pub doc: &'static str,
}

/// A value outside of what its key takes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{key}` is {value}, but must be {takes}")]
pub struct OutOfRange {
    /// The key, as a configuration file spells it.
    pub key: String,
    /// The value that was given, as text.
    pub value: String,
    /// What it may be.
    pub takes: Takes,
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Takes::Switch => write!(f, "true or false"),
            Takes::Number { min, max } if max >= f64::from(f32::MAX) => write!(f, "a finite number of {min} or more"),
            Takes::Number { min, max } => write!(f, "from {min} to {max}"),
            Takes::Below { min, below } => write!(f, "at least {min} and below {below}"),
            Takes::Between { above, below } if below.is_infinite() => write!(f, "a finite number above {above}"),
            Takes::Between { above, below } => write!(f, "above {above} and below {below}"),
            Takes::Whole { min, max: u64::MAX } => write!(f, "a whole number of {min} or more"),
            Takes::Whole { min, max } => write!(f, "a whole number from {min} to {max}"),
            Takes::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Takes::Text(form) => write!(f, "{form}"),
        }
    }
}

impl Field {
    /// Checks a number against what the key takes.
    ///
    /// # Errors
    /// [`OutOfRange`] with the value and what it may be.
    pub fn check(&self, value: f64) -> Result<(), OutOfRange> {
        // a number that is stored as f32 is compared with the f32 that a limit is, and shown as it was written
        let single = value as f32;
        let is_single = f64::from(single) == value;
        let limit = |limit: f64| if is_single { f64::from(limit as f32) } else { limit };
        let fits = match self.takes {
            Takes::Number { min, max } => value >= limit(min) && value <= limit(max),
            Takes::Below { min, below } => value >= limit(min) && value < limit(below),
            Takes::Between { above, below } => value > limit(above) && value < limit(below),
            Takes::Whole { min, max } => value.fract() == 0.0 && value >= min as f64 && value <= max as f64,
            Takes::Switch | Takes::OneOf(_) | Takes::Text(_) => true,
        };
        // a NaN fits nothing
        if fits {
            return Ok(());
        }
        let value = if is_single { single.to_string() } else { value.to_string() };
        Err(OutOfRange { key: self.key.into(), value, takes: self.takes })
    }

    /// A number that it can be set to: the default, or the first one of several.
    pub fn example(&self) -> Option<&'static str> {
        let word = self.default.split([' ', ';']).next()?;
        word.parse::<f64>().is_ok().then_some(word)
    }

    /// Checks a value as a file has it, every element of a list; one of the wrong kind is left to the parser.
    ///
    /// # Errors
    /// [`OutOfRange`] with the value and what it may be.
    pub fn check_value(&self, value: &toml::Value) -> Result<(), OutOfRange> {
        match (value, self.takes) {
            (toml::Value::Integer(whole), _) => self.check(*whole as f64),
            (toml::Value::Float(number), _) => self.check(*number),
            (toml::Value::Array(list), _) => list.iter().try_for_each(|value| self.check_value(value)),
            (toml::Value::String(word), Takes::OneOf(words)) if !words.contains(&word.as_str()) => {
                Err(OutOfRange { key: self.key.into(), value: word.clone(), takes: self.takes })
            }
            _ => Ok(()),
        }
    }

    /// The default as a value of a file, if it is one.
    pub fn default_value(&self) -> Option<toml::Value> {
        match self.takes {
            _ if self.default.is_empty() => None,
            Takes::OneOf(_) | Takes::Text(_) => Some(self.default.into()),
            _ => format!("value = {}", self.default).parse::<toml::Table>().ok()?.remove("value"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Field = Field {
        key: "share",
        flag: Some("share"),
        takes: Takes::Below { min: 0.0, below: 1.0 },
        default: "0",
        doc: "",
    };

    #[test]
    fn a_value_outside_is_refused_with_its_range() {
        assert!(SHARE.check(0.0).is_ok());
        for value in [1.0, -0.1, f64::NAN, f64::INFINITY] {
            assert!(SHARE.check(value).is_err(), "{value}");
        }
        let error = SHARE.check(1.5).unwrap_err();
        assert_eq!(error.to_string(), "`share` is 1.5, but must be at least 0 and below 1");
        let whole = Field { takes: Takes::Whole { min: 1, max: 65_536 }, ..SHARE };
        let share = Field { takes: Takes::Between { above: 0.0, below: 1.0 }, ..SHARE };
        assert!(share.check(0.0).is_err() && share.check(1.0).is_err() && share.check(0.5).is_ok());
        let any = Field { takes: Takes::Between { above: 0.0, below: f64::INFINITY }, ..SHARE };
        assert!(any.check(f64::INFINITY).is_err() && any.check(f64::from(f32::MAX)).is_ok());
        let small = Field { takes: Takes::Number { min: 1e-6, max: 1.0 }, ..SHARE };
        assert!(small.check(f64::from(1e-6f32)).is_ok(), "an f32 is compared as one");
        assert_eq!(small.check(f64::from(1.1f32)).unwrap_err().value, "1.1");
        assert!(whole.check(1.5).is_err() && whole.check(0.0).is_err() && whole.check(65_536.0).is_ok());
    }
}
