//! A screen of text that shows a run.

mod confusion;
mod curves;
mod pages;
mod style;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span, Text};

use super::watched::{Stage, Watched, short_measure};
use crate::plan::{mib, thousands};
use crate::report::chart::figure;
use crate::report::live_line::LiveLine;
use crate::report::to_continue;
pub use curves::{Curves, thinned};
use pages::seconds_short;
pub use style::Palette;
use style::{columns, fit, pad};

/// Rows from which a screen has a third line at its top.
const TALL: u16 = 14;
/// The smallest screen that can be read.
const LEAST: [u16; 2] = [20, 5];

/// A page of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// Curves over epochs.
    #[default]
    Curves,
    /// The last confusion matrix.
    Confusion,
    /// What happened.
    Log,
    /// What the run is, what it takes, and where its time goes.
    Details,
    /// What keys do.
    Help,
}

/// The pages that have a number, in their order.
pub const PAGES: [(Page, &str); 4] =
    [(Page::Curves, "curves"), (Page::Confusion, "confusion"), (Page::Log, "log"), (Page::Details, "details")];

/// Everything that is shown.
#[derive(Debug)]
pub struct Shown<'a> {
    /// What the run told.
    pub watched: &'a Watched,
    /// Its folder.
    pub run: &'a str,
    /// What this program said before the screen, and what it warned of since.
    pub said: &'a [String],
    /// See `said`.
    pub warnings: &'a [String],
    /// Memory of this program, where it trains the run and the system tells.
    pub host_bytes: Option<u64>,
    /// Where a step's time goes; see [`step_split`](super::step_split).
    pub split: Option<(Vec<(String, f64)>, f64)>,
    /// Whether this program trains the run: keys reach it then.
    pub is_own: bool,
    /// Whether a process trains it; none where that is not known.
    pub is_written: Option<bool>,
    /// Whether it is asked to stop.
    pub is_stopping: bool,
}

/// How it is looked at.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Which page.
    pub page: Page,
    /// Lines that the page was moved, and how many it can be.
    pub scroll: usize,
    /// See `scroll`.
    pub most: usize,
    /// Whether it asks whether to stop.
    pub asks: bool,
    /// In which colours.
    pub palette: Palette,
    /// The charts.
    pub curves: Curves,
    /// What the run did when they were drawn last.
    pub made_in: Stage,
}

impl Shown<'_> {
    /// Whether another process trained it, does no more, and could go on.
    fn is_left(&self) -> bool {
        let is_over = matches!(self.watched.stage, Stage::Silent | Stage::Finished);
        !self.is_own && self.is_written == Some(false) && !is_over
    }

    /// What the run does, in a word, and whether that is good news.
    fn state(&self) -> (&'static str, Option<bool>) {
        match (self.watched.stage, self.is_own) {
            (Stage::Finished, _) => ("finished", Some(true)),
            (_, true) if self.is_stopping => ("stopping", Some(false)),
            (stage, true) => (stage.word(), None),
            (Stage::Silent, false) => ("waiting", None),
            (_, false) if self.is_left() => ("not running", Some(false)),
            (stage, false) => (stage.word(), None),
        }
    }

    /// Where it stands, in at most `width` columns.
    fn line(&self, width: usize) -> String {
        let watched = self.watched;
        let best =
            watched.best().map(|best| (format!("{} {:.4}", short_measure(&best.measure), best.value), best.epoch));
        match (&watched.now, watched.stage) {
            (_, Stage::Silent) => fit(&format!("no run in {} yet", self.run), width),
            (Some(now), Stage::Features | Stage::Head) => {
                let share = 100.0 * now.step as f64 / now.steps.max(1) as f64;
                fit(&format!("{} {share:.0} %", watched.stage.word()), width)
            }
            (Some(now), _) if self.is_left() => {
                let share = 100 * now.step / now.steps.max(1);
                let of = watched.epochs().map_or(String::new(), |all| format!("/{all}"));
                let best = best.map_or(String::new(), |(text, epoch)| format!("  best {text} ({epoch})"));
                fit(&format!("Epoch {}{of} {share} %{best}", now.epoch), width)
            }
            (Some(now), _) => {
                let loss = now.so_far.get("loss").map_or(String::new(), |loss| format!("loss {loss:.4}"));
                let line = LiveLine {
                    epoch: [now.epoch, watched.epochs().unwrap_or(now.epoch)],
                    step: [now.step, now.steps],
                    rate: watched.pace.rate(),
                    what: watched.examples(),
                    left: watched.left().unwrap_or(f64::NAN),
                    learned: &loss,
                    best,
                    ..LiveLine::default()
                };
                line.text(width)
            }
            (None, stage) => {
                let done = watched.history.epochs().len();
                let best = best.map_or(String::new(), |(text, epoch)| format!("  best {text} ({epoch})"));
                let test = watched.test.as_ref().and_then(|test| test["accuracy"].as_f64());
                let test = test.map_or(String::new(), |share| format!("  test acc {share:.4}"));
                match (stage, watched.epochs()) {
                    (Stage::Starting, _) => fit("compiling, then the first step", width),
                    (_, Some(all)) => fit(&format!("Epoch {done}/{all}{best}{test}"), width),
                    (_, None) => fit(&format!("{done} epochs{best}{test}"), width),
                }
            }
        }
    }

    /// Numbers of the moment, as many as fit.
    fn numbers(&self, width: usize) -> String {
        if self.is_left() {
            return fit(&to_continue(self.run), width);
        }
        let watched = self.watched;
        let rate = watched.history.epochs().last().and_then(|told| told.learning_rate);
        let is_moving = watched.pace.rate() > 0.0 && watched.now.is_some();
        let parts = |[rate_is, at]: [&str; 2]| {
            let all = [
                rate.map(|rate| format!("{rate_is} {}", rate_text(rate))),
                is_moving
                    .then(|| format!("{} {}/s", thousands(watched.pace.rate().round() as u64), watched.examples())),
                watched.pace.step_seconds().filter(|_| is_moving).map(|time| format!("{} a step", seconds_short(time))),
                watched.start["device_bytes"].as_u64().map(|bytes| format!("{}{at} device", mib(bytes))),
                self.host_bytes.map(|bytes| format!("{}{at} host", mib(bytes))),
            ];
            all.into_iter().flatten().collect::<Vec<String>>()
        };
        let long = parts(["learning rate", " on the"]).join("  ");
        if columns(&long) <= width {
            return long;
        }
        let mut line = String::new();
        for part in parts(["lr", ""]) {
            let longer = if line.is_empty() { part } else { format!("{line}  {part}") };
            if columns(&longer) <= width {
                line = longer;
            }
        }
        line
    }

    /// What keys do, by what there is room for.
    fn keys(&self, view: &View, width: usize, palette: Palette) -> Line<'static> {
        if view.asks {
            let text = ["Stop after this step, save, and end? y: yes, n: no", "Stop the run and save? y/n"];
            let text = text.into_iter().find(|text| columns(text) <= width).unwrap_or("Stop? y/n");
            return Line::styled(text, palette.bad());
        }
        let mut spans = Vec::new();
        for (number, (page, name)) in PAGES.iter().enumerate() {
            let style =
                if *page == view.page { palette.title().add_modifier(Modifier::REVERSED) } else { palette.soft() };
            let name = if *page == Page::Log && width >= 80 { "log (UTC)" } else { name };
            let text = if width >= 60 { format!(" {} {name} ", number + 1) } else { format!(" {} ", number + 1) };
            spans.push(Span::styled(text, style));
        }
        let keys: &[&str] = match (self.is_own, width) {
            (true, 80..) => &["s save", "x stop", "q line", "? help"],
            (false, 60..) => &["q leave", "? help"],
            (true, _) => &["s", "x", "q", "? help"],
            (false, _) => &["q", "? help"],
        };
        spans.push(Span::styled("  ".to_string() + &keys.join("  "), palette.soft()));
        Line::from(spans)
    }
}

/// A learning rate with up to three digits: `0.01`, `0.00163`, `2.1e−6`.
fn rate_text(rate: f64) -> String {
    match rate {
        0.0 => return "0".into(),
        1e-4..1e4 => {}
        _ => return figure(rate),
    }
    let places = (2 - rate.log10().floor() as i32).max(0) as usize;
    let text = format!("{rate:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// Draws the screen; what it can be moved by is noted in the view.
pub fn draw(frame: &mut Frame, shown: &Shown, view: &mut View) {
    let area = frame.area();
    let (width, palette) = (usize::from(area.width), view.palette);
    if area.width < LEAST[0] || area.height < LEAST[1] {
        frame.render_widget(Line::raw(fit(&shown.line(width), width)), Rect { height: area.height.min(1), ..area });
        return;
    }
    let head = head(shown, width, area.height >= TALL, palette);
    let rows = head.len() as u16;
    frame.render_widget(Text::from(head), Rect { height: rows, ..area });
    let foot = Rect { y: area.y + area.height - 1, height: 1, ..area };
    frame.render_widget(shown.keys(view, width, palette), foot);
    let body = Rect { y: area.y + rows, height: area.height - rows - 1, ..area };
    let scroll = view.scroll;
    view.most = match view.page {
        Page::Curves => {
            let stage = shown.watched.stage;
            let is_new = std::mem::replace(&mut view.made_in, stage) != stage;
            let anew = is_new && matches!(stage, Stage::Starting | Stage::Ending | Stage::Finished);
            let charts = view.curves.of(&shown.watched.history, anew);
            curves::draw(frame, body, charts, palette);
            0
        }
        Page::Confusion => match &shown.watched.confusion {
            Some(told) => {
                let names = shown.watched.classes();
                confusion::draw(frame, body, (told.epoch, &told.counts), &names, scroll, palette)
            }
            None => pages::from_top(frame, body, no_confusion(shown, width, palette), scroll),
        },
        Page::Log => {
            let most = usize::from(body.height) + 1000;
            pages::newest(frame, body, pages::log(shown, width, most, palette), scroll)
        }
        Page::Details => pages::from_top(frame, body, pages::details(shown, width, palette), scroll),
        Page::Help => pages::from_top(
            frame,
            body,
            help([shown.is_own, shown.watched.stage == Stage::Finished], width, palette),
            scroll,
        ),
    };
    view.scroll = scroll.min(view.most);
}

/// What stands at the top.
fn head(shown: &Shown, width: usize, is_tall: bool, palette: Palette) -> Vec<Line<'static>> {
    let (state, news) = shown.state();
    let style = match news {
        Some(true) => palette.good(),
        Some(false) => palette.bad(),
        None => palette.title(),
    };
    let [model, data, device] = shown.watched.heading();
    let room = width.saturating_sub(columns(state) + 2);
    // the run's folder stands for what an older log does not say
    let variants = match model.is_empty() {
        true => vec![shown.run.to_string()],
        false => vec![
            format!("{model} on {data} · {device} · {}", shown.run),
            format!("{model} on {data} · {}", shown.run),
            format!("{model} on {data}"),
        ],
    };
    let last = variants.last().cloned().unwrap_or_default();
    let title = variants.into_iter().find(|title| columns(title) <= room).unwrap_or(last);
    let title = Line::from(vec![
        Span::styled(pad(&title, room), palette.title()),
        Span::raw("  "),
        Span::styled(state.to_string(), style),
    ]);
    let line = shown.line(width);
    let line = match line.rfind("best ") {
        None => Line::raw(line),
        Some(at) => {
            let style = match shown.watched.is_improving() {
                Some(true) => palette.good(),
                Some(false) => palette.bad(),
                None => palette.title(),
            };
            Line::from(vec![Span::raw(line[..at].to_string()), Span::styled(line[at..].to_string(), style)])
        }
    };
    let mut lines = vec![title, line];
    if is_tall {
        lines.push(Line::styled(shown.numbers(width), palette.soft()));
        lines.push(Line::raw(""));
    }
    lines
}

/// Why there is no matrix.
fn no_confusion(shown: &Shown, width: usize, palette: Palette) -> Vec<Line<'static>> {
    let start = &shown.watched.start;
    let outputs = start["data"]["classes"].as_array().map_or(0, Vec::len);
    let text = match start["task"].as_str() {
        Some("classify") if !start["split"].is_object() => {
            "no confusion matrix: no examples validate the epochs".into()
        }
        Some("classify") if outputs > crate::metrics::TOLD_CLASSES => {
            let most = crate::metrics::TOLD_CLASSES;
            format!("no confusion matrix: of more than {most} classes epochs tell none; report.html has it at the end")
        }
        Some("classify") => "no confusion matrix before the first epoch has been validated".into(),
        Some(_) => "a confusion matrix is of one class an example; this run learns something else".into(),
        None => "the log says nothing of classes".to_string(),
    };
    pages::sentence(&text, width, palette)
}

/// What keys do.
fn help([is_own, is_over]: [bool; 2], width: usize, palette: Palette) -> Vec<Line<'static>> {
    let own: &[(&str, &str)] = &[
        ("s", "save a checkpoint now; the run goes on"),
        ("x", "stop after this step and save, as Ctrl-C does; train --resume goes on"),
        ("q, Esc", "back to one line; the run goes on, and d shows this screen again"),
        ("Ctrl-C", "stop after this step and save; a second time: end at once"),
    ];
    let leave = if is_over { "leave" } else { "leave; the run goes on" };
    let other: &[(&str, &str)] = &[("q, Esc", leave), ("Ctrl-C", "leave, too")];
    let pages: &[(&str, &str)] = &[
        ("1 to 4", "curves, confusion matrix, log, details"),
        ("Tab", "the next page"),
        ("Up, Down", "move the page; Page Up and Page Down by ten lines"),
        ("?", "this page; any page leaves it"),
    ];
    let all = pages.iter().chain(if is_own { own } else { other });
    all.flat_map(|(key, text)| pages::fact(key, text, width, palette)).collect()
}

#[cfg(test)]
mod tests;
