//! The rows of a table: its delimiter is found, and every row knows its line.

use std::path::Path;

use csv::ReaderBuilder;

use super::TableError;

/// A row of fields with its line, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub line: u64,
    pub fields: Vec<String>,
}

/// A table as it stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub rows: Vec<Row>,
    pub delimiter: u8,
}

/// Signs between fields, the likeliest first.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// Records that tell which sign is the delimiter.
const LOOKED_AT: usize = 100;

impl Sheet {
    /// The rows of a text; `sep=;` in its first line, as Excel writes it, says the delimiter.
    ///
    /// # Errors
    /// A quote that no other one closes; JSON.
    pub fn parse(path: &Path, content: &str) -> Result<Sheet, TableError> {
        if is_json(content) {
            return Err(TableError::Json { path: path.to_path_buf() });
        }
        let (declared, rest) = declared(content);
        let skipped = (content.len() - rest.len()).min(1) as u64;
        let delimiter = declared.unwrap_or_else(|| delimiter(rest));
        let (mut rows, ends) = records(rest, delimiter, usize::MAX);
        if let (Some(last), Some(start)) = (rows.last(), ends) {
            let reason = format!("line {}: a quote is opened and never closed", last.line + skipped);
            let raw = &rest[start..];
            if raw.trim_end().contains('\n') && raw.matches('"').count() % 2 == 1 {
                return Err(TableError::Malformed { path: path.to_path_buf(), reason });
            }
        }
        rows.iter_mut().for_each(|row| row.line += skipped);
        Ok(Sheet { rows, delimiter })
    }

    /// Whether each row has as many fields as the first one, and several.
    #[cfg(feature = "text")]
    pub fn is_regular(&self) -> bool {
        let width = self.rows.first().map_or(0, |row| row.fields.len());
        width > 1 && self.rows.iter().all(|row| row.fields.len() == width)
    }
}

/// Whether a text is a JSON array of objects, or an object a line.
fn is_json(content: &str) -> bool {
    let content = content.trim_start();
    let first = content.lines().next().unwrap_or_default().trim_end();
    let is_object = first.starts_with("{\"") && first.ends_with('}');
    is_object || content.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{'))
}

fn declared(content: &str) -> (Option<u8>, &str) {
    let (first, rest) = content.split_once('\n').unwrap_or((content, ""));
    let sign = first.trim_end_matches(['\r', ' ']).trim_matches('"').to_lowercase();
    match sign.strip_prefix("sep=").map(str::as_bytes) {
        Some([sign]) => (Some(*sign), rest),
        Some(b"\\t") => (Some(b'\t'), rest),
        _ => (None, content),
    }
}

/// The sign with which all of the first rows have equally many fields; of several ones, or none, the one that most often stands in
/// the first row, a comma before others.
fn delimiter(content: &str) -> u8 {
    let score = |&sign: &u8| {
        let (rows, _) = records(content, sign, LOOKED_AT);
        let width = rows.first().map_or(0, |row| row.fields.len());
        let regular = width > 1 && rows.iter().all(|row| row.fields.len() == width);
        (regular, width, std::cmp::Reverse(DELIMITERS.iter().position(|&other| other == sign)))
    };
    let best = DELIMITERS.into_iter().max_by_key(score).expect("four signs");
    let (_, width, _) = score(&best);
    // a list of files, `photos/1.png 3`: the first word has an extension
    let is_list = || content.split_whitespace().next().is_some_and(|word| Path::new(word).extension().is_some());
    if width < 2 && score(&b' ').0 && is_list() { b' ' } else { best }
}

/// Rows that hold something, of at most so many, and where the last one starts.
fn records(content: &str, delimiter: u8, most: usize) -> (Vec<Row>, Option<usize>) {
    // between tabs a quote is mostly a quote and no more
    let quoting = delimiter != b'\t' || !is_regular_unquoted(content);
    let read = |quoting| {
        let mut reader = ReaderBuilder::new();
        reader.delimiter(delimiter).flexible(true).has_headers(false).quoting(quoting);
        let mut reader = reader.from_reader(content.as_bytes());
        let (mut rows, mut start) = (Vec::new(), None);
        for record in reader.records().take(most) {
            let Ok(record) = record else { break };
            if record.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let position = record.position();
            start = position.map(|position| position.byte() as usize);
            let line = position.map_or(0, |position| line_of(position, content.as_bytes()));
            rows.push(Row { line, fields: record.iter().map(|field| unquoted(field, quoting).to_string()).collect() });
        }
        (rows, start.filter(|_| quoting))
    };
    read(quoting)
}

/// Whether every line has as many tabs as the first one.
fn is_regular_unquoted(content: &str) -> bool {
    let mut counts = content.lines().filter(|line| !line.trim().is_empty()).map(|line| line.matches('\t').count());
    let first = counts.next();
    first.is_some_and(|first| counts.all(|count| count == first))
}

/// A field without the quotes around it, if the parser left them.
fn unquoted(field: &str, quoting: bool) -> &str {
    let inner = field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|inner| !quoting && !inner.contains('"')).unwrap_or(field)
}

/// The line of a row, from 1. The parser counts empty lines before a row as its start.
fn line_of(position: &csv::Position, bytes: &[u8]) -> u64 {
    let rest = bytes.get(position.byte() as usize..).unwrap_or_default();
    let empty = rest.iter().take_while(|&byte| matches!(byte, b'\r' | b'\n')).filter(|&&byte| byte == b'\n');
    position.line() + empty.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(content: &str) -> (Vec<Vec<String>>, u8) {
        let sheet = Sheet::parse(Path::new("t.csv"), content).unwrap();
        (sheet.rows.into_iter().map(|row| row.fields).collect(), sheet.delimiter)
    }

    #[test]
    fn rows_that_hold_nothing_are_none_and_json_is_no_table() {
        let (rows, delimiter) = fields("a;b\n  \n1;2\n;\n\n ; \n");
        assert_eq!((rows, delimiter), (vec![vec!["a".into(), "b".into()], vec!["1".into(), "2".into()]], b';'));
        for text in ["{\"image\":\"1.png\",\"label\":\"a\"}\n", "[\n {\"image\": 1}]", "{\"a\": 1}"] {
            let error = Sheet::parse(Path::new("t.csv"), text).unwrap_err();
            assert_eq!(error.to_string(), "t.csv: JSON, not a table");
        }
        assert_eq!(fields("{x} is,a\n[y],b\n").1, b',', "brackets alone say nothing");
    }

    #[test]
    fn the_delimiter_is_the_sign_that_divides_all_rows_alike() {
        for (content, delimiter) in [
            ("a,b\nc,d\n", b','),
            ("text;label\nyes, no, maybe;a\nwell, now;b\n", b';'),
            ("text,label\n\"one; two\",a\n\"three; four; five\",b\n", b','),
            ("a\tb, c\nd\te\n", b'\t'),
            ("a|b\nc|d\n", b'|'),
            ("image,labels\n0.png,red|round\n1.png,red\n", b','),
            ("sep=;\na,b;c\n", b';'),
            ("\"sep=|\"\na,b|c\n", b'|'),
        ] {
            assert_eq!(fields(content).1, delimiter, "{content}");
        }
        let sheet = Sheet::parse(Path::new("t.csv"), "sep=;\na;b\n\nc;d\n").unwrap();
        assert_eq!(sheet.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn quotes_hold_delimiters_and_lines_and_between_tabs_they_are_signs() {
        assert_eq!(fields("a,\"b, \"\"c\"\"\nd\"\ne,f\n").0, [["a", "b, \"c\"\nd"], ["e", "f"]]);
        assert_eq!(
            fields("ham\t\"hello\nspam\tbuy \"now\"\nham\t\"quoted\"\n").0,
            [["ham", "\"hello"], ["spam", "buy \"now\""], ["ham", "quoted"]]
        );
        let error = Sheet::parse(Path::new("t.csv"), "a,b\nc,\"d\ne,f\ng,h\n").unwrap_err();
        assert_eq!(error.to_string(), "t.csv: line 2: a quote is opened and never closed");
    }
}
