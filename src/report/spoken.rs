//! What the program says while a screen stands in the way: it is kept, and said when the screen is gone.

use std::fmt::Arguments;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Standard output.
    Out,
    /// Standard output, with colours of its own.
    Painted,
    /// Standard error.
    Err,
}

/// Warnings that a screen shows; of more, the first are left out there.
const WARNINGS: usize = 100;

struct Spoken {
    /// Whether what is said is remembered for a screen to come.
    remembers: bool,
    said: Vec<String>,
    /// Whether lines are held.
    holds: bool,
    held: Vec<(To, String)>,
}

static SPOKEN: Mutex<Spoken> =
    Mutex::new(Spoken { remembers: false, said: Vec::new(), holds: false, held: Vec::new() });

fn spoken() -> MutexGuard<'static, Spoken> {
    SPOKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers from now on what is said, for a screen to come.
pub fn remember() {
    spoken().remembers = true;
}

/// Says nothing from now on, and keeps it.
pub fn hold() {
    let mut spoken = spoken();
    (spoken.remembers, spoken.holds) = (false, true);
}

/// Says what was kept, and from now on everything at once.
pub fn release() {
    let held = {
        let mut spoken = spoken();
        spoken.holds = false;
        std::mem::take(&mut spoken.held)
    };
    for (to, text) in held {
        match to {
            To::Out => super::write_out(format_args!("{text}")),
            To::Painted => super::write_painted_out(&text),
            To::Err => super::write_err(format_args!("{text}")),
        }
    }
}

/// Whether lines are held.
pub fn is_held() -> bool {
    spoken().holds
}

/// Takes a line; whether it is to be said now.
pub fn passes(to: To, text: &Arguments) -> bool {
    let mut spoken = spoken();
    if spoken.holds {
        spoken.held.push((to, text.to_string()));
        return false;
    }
    if spoken.remembers {
        spoken.said.push(text.to_string());
    }
    true
}

/// What was said before the screen, and what the program warned of since.
pub fn heard() -> [Vec<String>; 2] {
    let spoken = spoken();
    let warnings: Vec<String> =
        spoken.held.iter().filter(|(to, _)| *to == To::Err).map(|(_, text)| text.trim().to_string()).collect();
    [spoken.said.clone(), warnings[warnings.len().saturating_sub(WARNINGS)..].to_vec()]
}
