//! The time of day, in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time since 1970 began.
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Now, by RFC 3339, to the second: `2026-02-11T09:14:05Z`.
pub(crate) fn utc_now() -> String {
    rfc3339(Duration::from_secs(now().as_secs()))
}

/// A time since 1970 began, by RFC 3339; with milliseconds unless it is whole seconds.
///
/// Days are turned into a date as in Hinnant, "chrono-compatible low-level date algorithms": years begin in March.
pub(crate) fn rfc3339(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let part = if time.subsec_nanos() == 0 { String::new() } else { format!(".{:03}", time.subsec_millis()) };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{part}Z")
}

/// Seconds since 1970 began, of a time as [`rfc3339`] writes it.
pub(crate) fn parse_rfc3339(text: &str) -> Option<f64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
    let signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let is_one = text.ends_with('Z') && signs.iter().all(|&(at, sign)| text.as_bytes().get(at) == Some(&sign));
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if !is_one || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // the same algorithm the other way round
    let year = year.checked_sub(u64::from(month <= 2))?;
    let (era, year_of_era) = (year / 400, year % 400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * shifted + 2) / 5 + day - 1;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    let seconds: f64 = text.get(17..text.len() - 1)?.parse().ok().filter(|seconds| (0.0..61.0).contains(seconds))?;
    Some((days * 86_400 + number(11..13)? * 3600 + number(14..16)? * 60) as f64 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_767_225_600, "2026-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(Duration::from_secs(seconds)), text);
            assert_eq!(parse_rfc3339(text), Some(seconds as f64));
        }
        let fine = rfc3339(Duration::from_millis(1_709_251_199_042));
        assert_eq!(fine, "2024-02-29T23:59:59.042Z");
        assert_eq!(parse_rfc3339(&fine), Some(1_709_251_199.042));
        for wrong in
            ["", "today", "2024-13-01T00:00:00Z", "2024-02-29T23:59:59", "2024-02-29 23:59:59Z", "1969-01-01T00:00:00Z"]
        {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
    }
}
