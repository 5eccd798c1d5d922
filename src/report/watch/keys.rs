//! What keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::screen::{PAGES, Page, View};

/// What whoever presses a key wants, beyond another view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Nothing.
    Nothing,
    /// To leave the screen.
    Leave,
    /// That the run stops.
    Stop,
    /// A checkpoint.
    Save,
    /// What Ctrl-C does.
    Interrupt,
}

/// Lines of a large move.
const FAR: usize = 10;

/// Takes in a key; only where the run is this program's own can it be stopped or saved.
pub fn press(view: &mut View, is_own: bool, key: KeyEvent) -> Wish {
    // some systems tell of keys that go up, too
    if key.kind == KeyEventKind::Release {
        return Wish::Nothing;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return if key.code == KeyCode::Char('c') { Wish::Interrupt } else { Wish::Nothing };
    }
    if std::mem::take(&mut view.asks) {
        return if matches!(key.code, KeyCode::Char('y' | 'Y')) { Wish::Stop } else { Wish::Nothing };
    }
    let number = PAGES.iter().position(|(page, _)| *page == view.page);
    match key.code {
        KeyCode::Char('q' | 'Q') | KeyCode::Esc => return Wish::Leave,
        KeyCode::Char('s' | 'S') if is_own => return Wish::Save,
        KeyCode::Char('x' | 'X') if is_own => view.asks = true,
        KeyCode::Char('?' | 'h' | 'H') => turn(view, Page::Help),
        KeyCode::Tab | KeyCode::Right => turn(view, PAGES[number.map_or(0, |at| (at + 1) % PAGES.len())].0),
        KeyCode::BackTab | KeyCode::Left => {
            turn(view, PAGES[number.map_or(0, |at| (at + PAGES.len() - 1) % PAGES.len())].0);
        }
        KeyCode::Char(digit) => {
            let wanted = digit.to_digit(10).and_then(|digit| PAGES.get((digit as usize).checked_sub(1)?));
            if let Some((page, _)) = wanted {
                turn(view, *page);
            }
        }
        KeyCode::Up => scroll(view, 1, true),
        KeyCode::Down => scroll(view, 1, false),
        KeyCode::PageUp => scroll(view, FAR, true),
        KeyCode::PageDown => scroll(view, FAR, false),
        _ => {}
    }
    Wish::Nothing
}

fn turn(view: &mut View, page: Page) {
    (view.page, view.scroll) = (page, 0);
}

/// Moves the page; the log is seen from its end.
fn scroll(view: &mut View, lines: usize, up: bool) {
    let is_further = up == (view.page == Page::Log);
    view.scroll = if is_further { (view.scroll + lines).min(view.most) } else { view.scroll.saturating_sub(lines) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn stopping_is_asked_for_once() {
        let mut view = View::default();
        assert_eq!(press(&mut view, true, key(KeyCode::Char('x'))), Wish::Nothing);
        assert!(view.asks);
        assert_eq!(press(&mut view, true, key(KeyCode::Char('n'))), Wish::Nothing);
        assert!(!view.asks);
        assert_eq!(press(&mut view, true, key(KeyCode::Char('y'))), Wish::Nothing, "nobody has asked");
        press(&mut view, true, key(KeyCode::Char('x')));
        assert_eq!(press(&mut view, true, key(KeyCode::Char('y'))), Wish::Stop);
        let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(press(&mut view, true, control_c), Wish::Interrupt);
    }

    #[test]
    fn who_only_watches_cannot_touch_the_run() {
        let mut view = View::default();
        for letter in ('a'..='z').chain('0'..='9').filter(|letter| *letter != 'q') {
            assert_eq!(press(&mut view, false, key(KeyCode::Char(letter))), Wish::Nothing, "{letter}");
            assert!(!view.asks, "{letter}");
        }
        assert_eq!(press(&mut view, false, key(KeyCode::Char('q'))), Wish::Leave);
    }

    #[test]
    fn keys_turn_pages_and_move_them() {
        let mut view = View { most: 15, ..View::default() };
        let mut after = |code| {
            press(&mut view, true, key(code));
            (view.page, view.scroll)
        };
        assert_eq!(after(KeyCode::Char('2')), (Page::Confusion, 0));
        assert_eq!(after(KeyCode::PageDown), (Page::Confusion, 10));
        assert_eq!(after(KeyCode::PageDown), (Page::Confusion, 15), "no further than there are lines");
        assert_eq!(after(KeyCode::Up), (Page::Confusion, 14));
        assert_eq!(after(KeyCode::Tab), (Page::Log, 0));
        assert_eq!(after(KeyCode::Up), (Page::Log, 1), "the log is seen from its end");
        assert_eq!(after(KeyCode::Char('9')), (Page::Log, 1), "there is no such page");
        assert_eq!(after(KeyCode::Char('?')), (Page::Help, 0));
        assert_eq!(after(KeyCode::Tab), (Page::Curves, 0));
        assert_eq!(after(KeyCode::BackTab), (Page::Details, 0));
    }
}
