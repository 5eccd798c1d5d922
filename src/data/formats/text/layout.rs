//! How a file of texts is laid out: lines that start with a label, or a table with a column of texts and one of labels.

use std::collections::BTreeSet;
use std::path::Path;

use crate::data::TableOptions;
use crate::data::plain_text::PlainText;
use crate::data::tabular::{Role, Row, Sheet, TableError, is_unnamed};

/// How a file of texts is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A label, a tab or a space, a text.
    Lines,
    /// Fields.
    Table(Columns),
}

/// Columns of a table of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Names of all columns; numbers where there is no header.
    pub names: Vec<String>,
    pub has_header: bool,
    pub text: usize,
    pub label: usize,
    pub split: Option<usize>,
}

/// What a column holds.
struct Content {
    /// Words of a field, on average.
    words: f64,
    different: usize,
    filled: bool,
    is_numbers: bool,
}

/// Rows that tell what a column holds.
const LOOKED_AT: usize = 500;
/// Words of a text, on average, at least.
const WORDS: f64 = 2.0;
/// Words of a label, on average, at most.
const LABEL_WORDS: f64 = 3.0;

impl Layout {
    /// The layout of a file by its content; none if it does not look like texts with labels.
    pub fn of(path: &Path, text: &PlainText, options: &TableOptions) -> Option<Layout> {
        let sheet = Sheet::parse(path, &text.content).ok();
        if let Some(columns) = sheet.as_ref().and_then(|sheet| Self::of_table(sheet, options)) {
            let tab = sheet.is_some_and(|sheet| sheet.delimiter == b'\t');
            // quotes are signs in lines
            let plain = tab && !columns.has_header && columns.names.len() == 2 && columns.label == 0;
            return Some(if plain { Layout::Lines } else { Layout::Table(columns) });
        }
        let lines: Vec<&str> = text.content.lines().filter(|line| !line.trim().is_empty()).take(LOOKED_AT).collect();
        let repeated = |sign: char, share: usize| {
            let labels: Option<BTreeSet<&str>> = lines.iter().map(|line| Some(line.split_once(sign)?.0)).collect();
            labels.is_some_and(|labels| labels.len() > 1 && labels.len() * share <= lines.len())
        };
        (repeated('\t', 2) || repeated(' ', 4)).then_some(Layout::Lines)
    }

    /// The columns of a table of texts, by what a user says, by their names, or by what they hold; none if it is none.
    pub fn of_table(sheet: &Sheet, options: &TableOptions) -> Option<Columns> {
        named(Path::new(""), sheet, options).ok().flatten().or_else(|| by_content(sheet))
    }
}

/// Whether the header of a table names a text, whatever else it lacks.
pub fn names_texts(sheet: &Sheet) -> bool {
    let is_text = |name: &String| Role::TEXT.names.contains(&name.to_lowercase().as_str());
    sheet.rows.first().is_some_and(|row| row.fields.len() > 1 && names(row).iter().any(is_text))
}

fn names(row: &Row) -> Vec<String> {
    row.fields.iter().map(|name| name.trim().to_string()).collect()
}

/// The columns of a table whose header names a text; none if it does not.
///
/// # Errors
/// A column that was asked for is not there, several could be meant, or none holds labels.
pub fn named(path: &Path, sheet: &Sheet, options: &TableOptions) -> Result<Option<Columns>, TableError> {
    let Some(first) = sheet.rows.first().filter(|row| row.fields.len() > 1) else { return Ok(None) };
    let names = names(first);
    let said = options.text_column.is_some() || options.label_column.is_some();
    if !said && !names.iter().any(|name| Role::TEXT.is_called(name)) {
        return Ok(None);
    }
    let contents = contents(&sheet.rows[1..], names.len());
    let label = Role::LABEL.said(path, &names, options.label_column.as_deref())?;
    let text = match Role::TEXT.said(path, &names, options.text_column.as_deref())? {
        Some(text) => text,
        None => match (Role::TEXT.named(path, &names, &[label])?, Role::TEXT.other(path, &names, &[label])?) {
            (Some(text), _) | (None, Some(text)) => text,
            (None, None) => match wordiest(&contents, label) {
                Some(text) => text,
                None => return Ok(None),
            },
        },
    };
    let split = Role::SPLIT.named(path, &names, &[Some(text), label])?;
    let taken = [Some(text), split];
    let by_name = match label {
        Some(label) => Some(label),
        None => match Role::LABEL.named(path, &names, &taken)? {
            None => Role::LABEL.other(path, &names, &taken)?,
            named => named,
        },
    };
    let label = by_name.or_else(|| the_label(&names, &contents, &taken, sheet.rows.len() - 1));
    Ok(label.map(|label| Columns { has_header: true, names, text, label, split }))
}

/// The columns of a table that says nothing of them: the wordiest holds texts, and one that repeats itself labels.
fn by_content(sheet: &Sheet) -> Option<Columns> {
    let first = sheet.rows.first().filter(|_| sheet.is_regular() && sheet.rows.len() > 3)?;
    let (header, rest) = (names(first), &sheet.rows[1..]);
    let contents = contents(rest, header.len());
    let text = wordiest(&contents, None)?;
    let label = the_label(&header, &contents, &[Some(text)], rest.len())?;
    let is_label = rest.iter().any(|row| row.fields[label].trim() == header[label]);
    let has_header = !is_label && header[text].split_whitespace().count() == 1;
    let numbers = || (1..=header.len()).map(|number| number.to_string()).collect();
    let names = if has_header { header.clone() } else { numbers() };
    Some(Columns { has_header, names, text, label, split: None })
}

fn contents(rows: &[Row], columns: usize) -> Vec<Content> {
    let rows = &rows[..rows.len().min(LOOKED_AT)];
    let of = |column: usize| {
        let fields: Vec<&str> =
            rows.iter().filter_map(|row| row.fields.get(column)).map(|field| field.trim()).collect();
        let words: usize = fields.iter().map(|field| field.split_whitespace().count()).sum();
        Content {
            words: words as f64 / fields.len().max(1) as f64,
            different: fields.iter().collect::<BTreeSet<_>>().len(),
            filled: !fields.is_empty() && fields.iter().all(|field| !field.is_empty()),
            is_numbers: fields.iter().all(|field| field.parse::<f64>().is_ok()),
        }
    };
    (0..columns).map(of).collect()
}

fn wordiest(contents: &[Content], label: Option<usize>) -> Option<usize> {
    let free = (0..contents.len()).filter(|&i| Some(i) != label);
    free.max_by(|&a, &b| contents[a].words.total_cmp(&contents[b].words)).filter(|&i| contents[i].words >= WORDS)
}

/// The one column of labels: filled, short, and of few different ones; words before numbers.
fn the_label(names: &[String], contents: &[Content], taken: &[Option<usize>], rows: usize) -> Option<usize> {
    let could = |&i: &usize| {
        let content = &contents[i];
        let few = content.different > 1 && content.different * 2 <= rows.min(LOOKED_AT);
        !taken.contains(&Some(i)) && content.filled && content.words <= LABEL_WORDS && few
    };
    let all: Vec<usize> = (0..contents.len()).filter(could).filter(|&i| !is_unnamed(&names[i])).collect();
    let words: Vec<usize> = all.iter().copied().filter(|&i| !contents[i].is_numbers).collect();
    match (&all[..], &words[..]) {
        (&[one], _) | (_, &[one]) => Some(one),
        _ => None,
    }
}
