//! The last confusion matrix: counts, percent or shades, as there is room.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::style::{Palette, columns, fit, pad};
use crate::plan::thousands;
use crate::report::percent;

/// Columns of names beside rows, at least and at most.
const NAMES: [usize; 2] = [8, 22];
/// Widest cell.
const WIDEST: usize = 11;

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cells {
    /// Number of examples.
    Counts,
    /// Percent of the row's examples.
    Percent,
    /// A shade.
    Shades,
}

/// Draws a matrix, its rows from `scroll` on, and below it which classes are confused most; `epoch` is the one it is of. Where not
/// even shades fit, only the latter. Returns the greatest `scroll` that shows something new.
pub fn draw(
    frame: &mut Frame,
    area: Rect,
    (epoch, counts): (u32, &[Vec<u64>]),
    names: &[String],
    scroll: usize,
    palette: Palette,
) -> usize {
    let (count, width) = (counts.len(), usize::from(area.width));
    let name = |class: usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
    let number = columns(&count.to_string());
    let longest = (0..count).map(|class| columns(&name(class))).max().unwrap_or(0).clamp(NAMES[0], NAMES[1]);
    // number, name, and share of right answers beside each row
    let beside = |names: usize| number + 1 + names + 1 + RECALL;
    let digits = columns(&counts.iter().flatten().max().unwrap_or(&0).to_string());
    let kinds = [
        (WIDEST.max(digits + 2), Cells::Counts),
        (digits + 1, Cells::Counts),
        (4, Cells::Percent),
        (2, Cells::Shades),
        (1, Cells::Shades),
    ];
    let fits = |names: usize| kinds.into_iter().find(|(cell, _)| beside(names) + count * cell <= width);
    let chosen = fits(longest).map(|kind| (longest, kind)).or_else(|| Some((NAMES[0], fits(NAMES[0])?)));
    let total: u64 = counts.iter().flatten().sum();
    let right: u64 = (0..count).map(|class| counts[class][class]).sum();
    let heading = |part: &str| {
        let told = [thousands(right), thousands(total)].join(" of ");
        let short = format!("Epoch {epoch}: {told} right");
        let all = [format!("Confusion, epoch {epoch}: {told} validation examples right{part}"), short.clone() + part];
        let fitting = all.into_iter().find(|text| columns(text) <= width);
        Line::styled(fitting.unwrap_or_else(|| fit(&short, width)), palette.title())
    };
    let mut lines = vec![heading("")];
    let Some((names_width, (cell, cells))) = chosen else {
        let needed = beside(NAMES[0]) + count;
        lines.push(Line::styled(fit(&format!("matrix needs {needed} columns; most confused:"), width), palette.soft()));
        let listed = confused(counts, &name);
        let room = usize::from(area.height).saturating_sub(lines.len());
        let most = listed.len().saturating_sub(room);
        lines.extend(listed.into_iter().skip(scroll.min(most)).take(room).map(|text| Line::raw(fit(&text, width))));
        frame.render_widget(ratatui::text::Text::from(lines), area);
        return most;
    };
    let matrix = Matrix { counts, number, names_width, cell, cells, palette };
    lines.extend(matrix.columns(&name));
    let head = lines.len();
    let room = usize::from(area.height).saturating_sub(head);
    let most = count.saturating_sub(room);
    let first = scroll.min(most);
    if most > 0 {
        lines[0] = heading(&format!(", rows {} to {} of {count}", first + 1, first + room));
    }
    lines.extend((first..count).take(room).map(|class| matrix.row(class, &name(class))));
    let free = usize::from(area.height).saturating_sub(lines.len());
    if free > 2 {
        lines.push(Line::raw(""));
        let listed = confused(counts, &name);
        let text = if listed.is_empty() { "nothing is confused" } else { "most confused" };
        lines.push(Line::styled(text, palette.soft()));
        lines.extend(listed.into_iter().take(free - 2).map(|text| Line::raw(fit(&text, width))));
    }
    frame.render_widget(ratatui::text::Text::from(lines), area);
    most
}

/// Columns of the share of right answers.
const RECALL: usize = 6;

/// A matrix as lines of text.
struct Matrix<'a> {
    counts: &'a [Vec<u64>],
    /// Columns of the number of a class and of its name.
    number: usize,
    names_width: usize,
    /// Columns of a cell, and what it says.
    cell: usize,
    cells: Cells,
    palette: Palette,
}

impl Matrix<'_> {
    /// The answers above the columns: by name where they fit, else by number, from top to bottom where cells are narrow.
    fn columns(&self, name: &impl Fn(usize) -> String) -> Vec<Line<'static>> {
        let (count, cell) = (self.counts.len(), self.cell);
        let before = |text: &str| format!("{:>1$}", text, self.number + 1 + self.names_width + 1 + RECALL);
        let soft = |text: String| Line::styled(text, self.palette.soft());
        let are_names = (0..count).all(|class| columns(&name(class)) < cell);
        let label = |class: usize| if are_names { name(class) } else { (class + 1).to_string() };
        if self.number < cell {
            let heads = (0..count).map(|class| " ".repeat(cell - columns(&label(class))) + &label(class));
            return vec![soft(before("right ") + &heads.collect::<String>())];
        }
        let digit = |class: usize, place: usize| {
            let text = format!("{:>1$}", class + 1, self.number);
            text.chars().nth(place).unwrap_or(' ')
        };
        let line = |place: usize| {
            let text: String = (0..count).map(|class| format!("{:>cell$}", digit(class, place))).collect();
            before(if place + 1 == self.number { "right " } else { "" }) + &text
        };
        (0..self.number).map(|place| soft(line(place))).collect()
    }

    fn row(&self, class: usize, name: &str) -> Line<'static> {
        let row = &self.counts[class];
        let all: u64 = row.iter().sum();
        let share = |count: u64| if all == 0 { 0.0 } else { count as f64 / all as f64 };
        let recall = if all == 0 { "-".into() } else { format!("{:.0} %", 100.0 * share(row[class])) };
        let beside = format!("{:>2$} {} {recall:>5} ", class + 1, pad(name, self.names_width), self.number);
        let mut spans = vec![Span::raw(pad(&beside, self.number + 1 + self.names_width + 1 + RECALL))];
        spans.extend(row.iter().enumerate().map(|(answer, &count)| {
            let style = self.palette.ground(share(count), answer == class);
            let text = match self.cells {
                Cells::Counts if count == 0 => "·".into(),
                Cells::Counts => count.to_string(),
                Cells::Percent if count == 0 => "·".into(),
                Cells::Percent => format!("{:.0}", 100.0 * share(count)),
                Cells::Shades => shade(share(count), self.palette).to_string(),
            };
            Span::styled(format!("{text:>width$}", width = self.cell), style)
        }));
        Line::from(spans)
    }
}

/// A share as a letter: where there are colours they say how much.
fn shade(share: f64, palette: Palette) -> char {
    match share {
        0.0 => '·',
        _ if palette.colours => ' ',
        ..0.02 => '.',
        ..0.1 => '░',
        ..0.4 => '▒',
        ..0.75 => '▓',
        _ => '█',
    }
}

/// Which classes are taken for which others, the most frequent first: `shirt → coat: 12 (24.00 %)`.
fn confused(counts: &[Vec<u64>], name: &impl Fn(usize) -> String) -> Vec<String> {
    let mut pairs: Vec<(u64, usize, usize)> = Vec::new();
    for (class, row) in counts.iter().enumerate() {
        pairs.extend(
            row.iter().enumerate().filter(|(answer, n)| *answer != class && **n > 0).map(|(i, n)| (*n, class, i)),
        );
    }
    pairs.sort_by_key(|&(count, class, answer)| (std::cmp::Reverse(count), class, answer));
    let line = |(count, class, answer): (u64, usize, usize)| {
        let all: u64 = counts[class].iter().sum();
        let share = percent(count as f64 / all.max(1) as f64);
        format!("{} → {}: {} ({share})", name(class), name(answer), thousands(count))
    };
    pairs.into_iter().map(line).collect()
}
