//! Answers on standard output, in the format that was asked for.

use serde_json::{Value, json};

use super::submission::Submission;
use crate::cli::CliError;
use crate::cli::args::{Format, PredictArgs};
use crate::cli::tasks::{Row, TaskView};
use crate::report::{Document, say};

/// Where answers go, one after another.
pub struct Output {
    format: Format,
    /// What an example is called in JSON: `image` or `text`.
    key: &'static str,
    /// The header of a table, until its first line.
    header: Option<String>,
    probabilities: bool,
    /// Answers of a JSON array, which is one value.
    all: Vec<Value>,
    submission: Option<Submission>,
}

impl Output {
    /// Begins, for answers of a task on examples of such a model, with the names of its classes, labels or numbers.
    ///
    /// # Errors
    /// If the sample of a submission cannot be read, or has columns that the model does not answer, and if probabilities are
    /// asked for where there are none.
    pub fn new(args: &PredictArgs, key: &'static str, view: &dyn TaskView, names: &[String]) -> Result<Self, CliError> {
        let (columns, probabilities) = (view.columns(names), view.probabilities(names));
        if args.probabilities && probabilities.is_empty() {
            let problem = "--probabilities: this model's answers are numbers, without probabilities";
            return Err(CliError::Usage(format!("{problem}\n  try: without --probabilities")));
        }
        let sample = args.submission.as_deref();
        let submission = sample.map(|sample| Submission::open(sample, &columns, probabilities)).transpose()?;
        let named = if args.probabilities { probabilities } else { &[] };
        let header = std::iter::once("id".to_string()).chain(columns).chain(named.iter().cloned());
        let header = (args.format() == Format::Csv).then(|| line(header, b','));
        let (format, probabilities) = (args.format(), args.probabilities);
        Ok(Output { format, key, header, probabilities, all: Vec::new(), submission })
    }

    /// Takes the answer on an example.
    pub fn take(&mut self, id: &str, mut row: Row) {
        if let Some(header) = self.header.take() {
            say!("{header}");
        }
        let mut object = || {
            row.json[self.key] = json!(id);
            Document::of(row.json.take()).value()
        };
        match self.format {
            Format::Lines => say!("{id}: {}", row.line),
            Format::Json => self.all.push(object()),
            Format::JsonLines => say!("{}", object()),
            Format::Csv => {
                let probabilities = row.probabilities.iter().filter(|_| self.probabilities);
                let cells = std::iter::once(id.to_string()).chain(row.cells);
                say!("{}", line(cells.chain(probabilities.map(|probability| format!("{probability:.6}"))), b','));
            }
            Format::Submission => {
                if let Some(submission) = &mut self.submission {
                    submission.take(id, row);
                }
            }
        }
    }

    /// Ends: whether everything that was asked for was answered.
    ///
    /// # Errors
    /// If a submission has no answer at all.
    pub fn finish(self) -> Result<bool, CliError> {
        if self.format == Format::Json {
            say!("{:#}", Value::from(self.all));
        }
        self.submission.map_or(Ok(true), Submission::finish)
    }
}

/// Fields as a line of a table, in quotes where they need them.
pub fn line(fields: impl IntoIterator<Item = String>, delimiter: u8) -> String {
    let mut writer =
        csv::WriterBuilder::new().delimiter(delimiter).terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    writer.write_record(fields).expect("a line is written into memory");
    let bytes = writer.into_inner().expect("a line is written into memory");
    String::from_utf8(bytes).expect("fields are UTF-8").trim_end_matches('\n').into()
}
