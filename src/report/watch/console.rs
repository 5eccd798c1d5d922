//! The terminal as a screen, and as it was before: every way out of the program leads through [`restore`].

use std::io::{self, Stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, TryLockError};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, MoveToColumn, Show};
use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::super::spoken;
use crate::platform::{Duration, Instant};

/// The terminal that is drawn on.
pub type Console = Terminal<CrosstermBackend<Stdout>>;

/// Whether the screen is shown.
static SHOWN: AtomicBool = AtomicBool::new(false);
/// Held by whoever draws, so that nothing is drawn on the terminal that others have got back.
static DRAWING: Mutex<()> = Mutex::new(());
/// How long a drawing is waited for.
const PATIENCE: Duration = Duration::from_millis(200);

/// Has a panic give the terminal back before it is told.
pub fn guard() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
    });
}

/// Takes the terminal for a screen; what the program says is held.
///
/// # Errors
/// If the terminal cannot be one.
pub fn enter() -> io::Result<Console> {
    guard();
    listen(false);
    spoken::hold();
    SHOWN.store(true, Ordering::SeqCst);
    let entered = || {
        enable_raw_mode()?;
        // cleared here: the console's own way asks the terminal where its cursor is, and waits for the answer
        execute!(io::stdout(), EnterAlternateScreen, Clear(ClearType::All), Hide)?;
        Terminal::new(CrosstermBackend::new(io::stdout()))
    };
    entered().inspect_err(|_| restore())
}

/// Draws, unless the terminal was given back.
///
/// # Errors
/// If the terminal cannot be written.
pub fn draw(console: &mut Console, picture: impl FnOnce(&mut ratatui::Frame)) -> io::Result<()> {
    let _drawing = DRAWING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if SHOWN.load(Ordering::SeqCst) {
        console.draw(picture)?;
    }
    Ok(())
}

/// Whether the screen is shown.
pub fn is_shown() -> bool {
    SHOWN.load(Ordering::SeqCst)
}

/// Gives the terminal back as it was, and says what was held. It may be called at any time, from any thread, also where a thread
/// has panicked while it drew.
pub fn restore() {
    let begun = Instant::now();
    let mut drawing = DRAWING.try_lock();
    while matches!(drawing, Err(TryLockError::WouldBlock)) && begun.elapsed() < PATIENCE {
        std::thread::sleep(PATIENCE / 20);
        drawing = DRAWING.try_lock();
    }
    if SHOWN.swap(false, Ordering::SeqCst) {
        // the line about the run may stand where the cursor comes back to
        let _ = execute!(io::stdout(), LeaveAlternateScreen, MoveToColumn(0), Clear(ClearType::CurrentLine), Show);
        let _ = disable_raw_mode();
        spoken::release();
    }
    listen(false);
}

/// Whether this program has the terminal: one in the background that takes it is stopped by the system.
#[cfg(unix)]
pub fn is_in_front() -> bool {
    rustix::termios::tcgetpgrp(io::stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Whether this program has the terminal.
#[cfg(not(unix))]
pub fn is_in_front() -> bool {
    true
}

/// Makes keys arrive one by one beside lines that are printed as ever, or as they did before.
#[cfg(unix)]
pub fn listen(on: bool) {
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);
    let mut before = BEFORE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match (on, before.take()) {
        (true, None) => {
            let Ok(now) = tcgetattr(io::stdin()) else { return };
            let mut own = now.clone();
            own.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
            if tcsetattr(io::stdin(), OptionalActions::Now, &own).is_ok() {
                *before = Some(now);
            }
        }
        (true, kept) => *before = kept,
        (false, Some(kept)) => drop(tcsetattr(io::stdin(), OptionalActions::Now, &kept)),
        (false, None) => {}
    }
}

/// Keys arrive one by one as it is.
#[cfg(not(unix))]
pub fn listen(_on: bool) {}

/// What happens on the terminal within this time, if anything does.
///
/// # Errors
/// If the terminal is gone, which would keep crossterm at it for ever (its reader takes an end for nothing yet); the system's.
#[cfg(unix)]
pub fn event_within(wait: Duration) -> io::Result<Option<Event>> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let is_there = |wait: Duration| -> io::Result<()> {
        let stdin = io::stdin();
        let mut ends = [PollFd::new(&stdin, PollFlags::IN)];
        let wait = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: wait.subsec_nanos().into() };
        match poll(&mut ends, Some(&wait)) {
            // a signal: the window has another size
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        match ends[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            true => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the terminal is gone")),
            false => Ok(()),
        }
    };
    is_there(Duration::ZERO)?;
    if !event::poll(Duration::ZERO)? {
        is_there(wait)?;
        if !event::poll(Duration::ZERO)? {
            return Ok(None);
        }
    }
    event::read().map(Some)
}

/// What happens on the terminal within this time, if anything does.
///
/// # Errors
/// The system's.
#[cfg(not(unix))]
pub fn event_within(wait: Duration) -> io::Result<Option<Event>> {
    if event::poll(wait)? { event::read().map(Some) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_gives_the_terminal_back_first() {
        guard();
        // as `enter` leaves it, without a terminal
        spoken::hold();
        SHOWN.store(true, Ordering::SeqCst);
        let panicked = std::thread::spawn(|| {
            let _drawing = DRAWING.lock();
            panic!("while it draws");
        });
        assert!(panicked.join().is_err());
        assert!(!is_shown() && !spoken::is_held());
    }
}
