//! `train --dashboard`: the screen of the run that this program trains, on a thread of its own.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind};

use super::console::{self, Console, event_within, is_in_front, listen, restore};
use super::keys::{Wish, press};
use super::look::Look;
use crate::platform::Duration;
use crate::train::StopHandle;

/// How long a key is waited for.
const WAIT: Duration = Duration::from_millis(100);

/// Whether a screen can be shown at all.
pub fn is_possible() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb
}

/// What the screen and the run tell each other.
#[derive(Default)]
struct Wishes {
    /// Whether a checkpoint is wanted.
    save: AtomicBool,
    /// Whether the run is over.
    over: AtomicBool,
}

/// The screen of this program's run. Dropping it gives the terminal back, and says what was held meanwhile.
pub struct Dashboard {
    wishes: Arc<Wishes>,
    thread: Option<JoinHandle<()>>,
}

impl Dashboard {
    /// Shows the run in a folder; `interrupt` does what Ctrl-C does.
    ///
    /// # Errors
    /// If the terminal cannot show it.
    pub fn open(run: &Path, stop: StopHandle, interrupt: fn(&StopHandle)) -> io::Result<Self> {
        console::guard();
        let wishes = Arc::new(Wishes::default());
        // one that was started in the background begins with its line
        let console = is_in_front().then(console::enter).transpose()?;
        let (look, own) = (Look::new(run, true), wishes.clone());
        let work = move || Screen { look, wishes: own, stop, interrupt }.run(console);
        let thread = std::thread::Builder::new().name("dashboard".into()).spawn(work).inspect_err(|_| restore())?;
        Ok(Dashboard { wishes, thread: Some(thread) })
    }

    /// Whether a checkpoint was asked for since this was asked last.
    pub fn wants_save(&self) -> bool {
        self.wishes.save.swap(false, Ordering::Relaxed)
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.wishes.over.store(true, Ordering::Relaxed);
        // whoever panics there has given the terminal back
        let _ = self.thread.take().map(JoinHandle::join);
        restore();
    }
}

/// The thread of the screen.
struct Screen {
    look: Look,
    wishes: Arc<Wishes>,
    stop: StopHandle,
    interrupt: fn(&StopHandle),
}

impl Screen {
    /// Shows the screen, or waits beside the line of the run for the key that brings it back, until the run is over.
    fn run(mut self, mut console: Option<Console>) {
        while !self.wishes.over.load(Ordering::Relaxed) {
            let went = match &mut console {
                Some(shown) if console::is_shown() => match self.show(shown) {
                    Ok(true) => Ok(()),
                    // asked to leave: the run goes on beside its line
                    Ok(false) => Err(None),
                    Err(error) => Err(Some(error)),
                },
                Some(_) => Err(None),
                None => match self.wait() {
                    Ok(true) => console::enter().map_err(Some).map(|shown| {
                        self.look.change();
                        console = Some(shown);
                    }),
                    Ok(false) => Ok(()),
                    Err(error) => Err(Some(error)),
                },
            };
            match went {
                Ok(()) => {}
                Err(None) => {
                    restore();
                    console = None;
                }
                Err(Some(error)) => {
                    restore();
                    aside!("note: the dashboard has ended: {error}");
                    return;
                }
            }
        }
    }

    /// Draws, and waits a moment for keys. Whether the screen stays.
    fn show(&mut self, console: &mut Console) -> io::Result<bool> {
        self.look.read()?;
        self.look.draw(console, self.stop.is_stopped())?;
        let Some(event) = event_within(WAIT)? else { return Ok(true) };
        self.look.change();
        let Event::Key(key) = event else { return Ok(true) };
        match press(&mut self.look.view, true, key) {
            Wish::Nothing => {}
            Wish::Leave => return Ok(false),
            Wish::Save => self.wishes.save.store(true, Ordering::Relaxed),
            Wish::Stop => self.stop.stop(),
            Wish::Interrupt => (self.interrupt)(&self.stop),
        }
        Ok(true)
    }

    /// Waits a moment for the key that brings the screen back.
    fn wait(&mut self) -> io::Result<bool> {
        if !is_in_front() {
            std::thread::sleep(WAIT);
            return Ok(false);
        }
        listen(true);
        let Some(event) = event_within(WAIT)? else { return Ok(false) };
        let is_wanted =
            |key: KeyEvent| key.kind != KeyEventKind::Release && matches!(key.code, KeyCode::Char('d' | 'D'));
        Ok(matches!(event, Event::Key(key) if is_wanted(key)))
    }
}
