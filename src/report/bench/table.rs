//! Tables of at most 100 columns.

use comfy_table::{CellAlignment, Table, presets};

use super::format::shorten;

/// The widest line that is printed.
pub const WIDTH: usize = 100;

/// One column of a table.
pub struct Column {
    pub head: &'static str,
    pub right: bool,
    /// Spaces after it.
    pub gap: u16,
    /// The widest that a cell may be.
    pub most: usize,
}

/// A column of text.
pub const fn left(head: &'static str, gap: u16, most: usize) -> Column {
    Column { head, right: false, gap, most }
}

/// A column of numbers.
pub const fn right(head: &'static str, gap: u16, most: usize) -> Column {
    Column { head, right: true, gap, most }
}

/// The lines of a table. Column `flexible` gives way until the whole is [`WIDTH`] wide.
pub fn table(columns: &[Column], flexible: usize, mut rows: Vec<Vec<String>>) -> String {
    let count = |text: &str| text.chars().count();
    let width = |rows: &[Vec<String>], i: usize| {
        rows.iter().map(|row| count(&row[i])).chain([count(columns[i].head)]).max().unwrap_or(0)
    };
    for row in &mut rows {
        for (cell, column) in row.iter_mut().zip(columns) {
            *cell = shorten(cell, column.most);
        }
    }
    let others: usize = (0..columns.len())
        .map(|i| if i == flexible { columns[i].gap as usize } else { width(&rows, i) + columns[i].gap as usize })
        .sum();
    let left_over = WIDTH.saturating_sub(others);
    for row in &mut rows {
        row[flexible] = shorten(&row[flexible], left_over);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(columns.iter().map(|c| c.head));
    table.add_rows(rows);
    for (i, column) in columns.iter().enumerate() {
        let of_table = table.column_mut(i).expect("the header has every column");
        of_table.set_padding((0, column.gap));
        of_table.set_cell_alignment(if column.right { CellAlignment::Right } else { CellAlignment::Left });
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// `label` and a text beside it, in lines of at most [`WIDTH`].
pub fn paragraph(label: &str, text: &str) -> String {
    const INDENT: usize = 10;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a first line");
        let needed = line.chars().count() + 1 + word.chars().count();
        if line.is_empty() {
            *line = word.into();
        } else if INDENT + needed <= WIDTH {
            *line += &format!(" {word}");
        } else {
            lines.push(word.into());
        }
    }
    let label = |i: usize| if i == 0 { label } else { "" };
    lines
        .iter()
        .enumerate()
        .map(|(i, line)| format!("{:INDENT$}{}\n", label(i), shorten(line, WIDTH - INDENT)))
        .collect()
}
