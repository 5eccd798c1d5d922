//! The table of what was found, which `train --labels` takes.

use std::path::{Path, PathBuf};

use super::super::CliError;
use super::super::started::{below, place, short};
use super::Looked;
use crate::checkpoint::write_atomically;
use crate::data::Relabelled;
use crate::platform::files;

/// The columns; of texts there is one more.
const COLUMNS: [&str; 8] =
    ["file", "split", "number", "given", "label", "given_probability", "label_probability", "conflict"];

/// What a row is about.
struct Named<'a> {
    /// The name of the example in its split, if it has one.
    name: Option<&'a str>,
    split: &'static str,
    number: usize,
}

impl Named<'_> {
    fn at(&self) -> (&'static str, usize) {
        (self.split, self.number)
    }
}

/// What a row says.
struct Said {
    given: usize,
    /// Nothing where the example should be left out.
    label: Option<usize>,
    /// How likely both are, where they were judged.
    probabilities: [Option<f64>; 2],
    /// Number of the conflict, from 1.
    conflict: Option<usize>,
}

/// The rows while they are written.
struct Rows<'a> {
    looked: &'a Looked<'a>,
    csv: csv::Writer<Vec<u8>>,
    /// Examples that have a row.
    written: Vec<(&'static str, usize)>,
}

impl Rows<'_> {
    fn push(&mut self, named: &Named, said: &Said) {
        let looked = self.looked;
        let file = named.name.map_or_else(String::new, |name| below(looked.data, name));
        let label = said.label.map_or("", |label| looked.class(label));
        let [less, more] = said.probabilities.map(|p| p.map_or_else(String::new, |p| format!("{p:.6}")));
        let conflict = said.conflict.map_or_else(String::new, |number| number.to_string());
        let number = named.number.to_string();
        let mut row = vec![&*file, named.split, &number, looked.class(said.given), label, &less, &more, &conflict];
        row.extend(
            looked.data.texts().map(|_| named.name.and_then(|name| looked.texts.get(name)).map_or("", |text| text)),
        );
        self.csv.write_record(row).expect("rows of one length, into memory");
        self.written.push(named.at());
    }
}

impl Looked<'_> {
    /// What an earlier table changed or removed.
    fn earlier(&self) -> impl Iterator<Item = (Named<'_>, &Relabelled)> {
        let named = |row: &Relabelled| (short(row.split), row.number);
        self.data.relabelled().iter().map(move |row| {
            let (split, number) = named(row);
            (Named { name: row.name.as_deref(), split, number }, row)
        })
    }

    fn named(&self, example: usize) -> Named<'_> {
        let (split, number) = place(self.data, example);
        Named { name: self.all.name(example), split, number }
    }

    /// The label that an example has without a table.
    fn given(&self, named: &Named, now: usize) -> usize {
        self.earlier().find(|(before, _)| before.at() == named.at()).map_or(now, |(_, row)| row.given as usize)
    }
}

/// The table: what is in conflict, what is doubted, the surest first, and then what an earlier table changed or removed that nothing doubts
/// now, so that it says by itself what the labels should be.
fn table(looked: &Looked) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let text = looked.data.texts().map(|_| "text");
    csv.write_record(COLUMNS.into_iter().chain(text)).expect("into memory");
    let mut rows = Rows { looked, csv, written: Vec::new() };
    for (number, conflict) in looked.conflicts.iter().enumerate() {
        for &example in &conflict.members {
            let (named, now) = (looked.named(example), looked.label(example));
            let of = |class: Option<usize>| Some(*looked.answer(example)?.probabilities.get(class?)?);
            let probabilities = [of(Some(now)), of(conflict.class)];
            let given = looked.given(&named, now);
            rows.push(&named, &Said { given, label: conflict.class, probabilities, conflict: Some(number + 1) });
        }
    }
    for suspect in &looked.found.suspects {
        let named = looked.named(looked.example(suspect));
        let (given, label) = (looked.given(&named, suspect.given), Some(suspect.likely));
        rows.push(&named, &Said { given, label, probabilities: suspect.probabilities.map(Some), conflict: None });
    }
    for (named, row) in looked.earlier() {
        if !rows.written.contains(&named.at()) {
            let (given, label) = (row.given as usize, row.label.map(|label| label as usize));
            rows.push(&named, &Said { given, label, probabilities: [None; 2], conflict: None });
        }
    }
    rows.csv.into_inner().expect("memory is written to the end")
}

/// Puts a table away that says something else than the one that will be written: somebody may have corrected it. Returns where.
pub fn kept(looked: &Looked, out: &Path) -> Result<Option<PathBuf>, CliError> {
    let there = if out.exists() { files::read(out).map_err(CliError::file(out))? } else { return Ok(None) };
    if there == table(looked) {
        return Ok(None);
    }
    let stem = out.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let free = (1..).map(|n| out.with_file_name(format!("{stem}-{n}.csv"))).find(|path| !path.exists());
    let free = free.expect("numbers do not end");
    std::fs::rename(out, &free).map_err(CliError::file(&free))?;
    Ok(Some(free))
}

/// Writes the table.
pub fn save(looked: &Looked, out: &Path) -> Result<(), CliError> {
    Ok(write_atomically(out, &table(looked))?)
}
