//! `--max-memory`: how many bytes pictures may take.

use super::CliError;
use super::args::TrainArgs;

/// Units, with the bytes of one.
const UNITS: [(&str, u64); 12] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1000),
    ("T", 1 << 40),
    ("G", 1 << 30),
    ("M", 1 << 20),
    ("K", 1 << 10),
];

/// As it was typed.
///
/// # Errors
/// [`CliError::Usage`] if that is no size.
pub fn of(args: &TrainArgs) -> Result<Option<u64>, CliError> {
    let Some(text) = args.typed.text("max_memory") else { return Ok(None) };
    parse(text).map(Some).ok_or_else(|| {
        CliError::Usage(format!(
            "invalid --max-memory {text}: expected a size such as 4GiB or 600MB\n  try: --max-memory 4GiB"
        ))
    })
}

fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|sign: char| !sign.is_ascii_digit() && sign != '.')?;
    let (number, unit) = (text[..split].parse::<f64>().ok()?, text[split..].trim());
    let each = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?.1;
    let bytes = number * each as f64;
    (1.0..1e18).contains(&bytes).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn sizes_are_numbers_with_a_unit() {
        for (text, bytes) in [
            ("4GiB", 4 << 30),
            ("600MB", 600_000_000),
            ("1.5gib", 3 << 29),
            ("2 G", 2 << 30),
            ("3k", 3 << 10),
            ("1T", 1 << 40),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
        for text in ["", "GiB", "4", "0MB", "-1GB", "4XB", "1e9MB", "nanGB", "999999999TiB"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
