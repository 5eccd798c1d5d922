//! What was found, as lines, a table, a sheet of pictures and JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::CliError;
use super::super::args::ErrorsArgs;
use super::super::error::save_png;
use super::super::started::{below, place, short};
use super::super::tasks::drawn;
use super::{Looked, sheet_path};
use crate::checkpoint::write_atomically;
use crate::data::Relabelled;
use crate::metrics::Suspect;
use crate::plan::thousands;
use crate::platform::files;
use crate::report::draw::{Captioned, Mark, gallery};
use crate::report::shell_word;
use crate::report::{Document, percent, say, seconds};

/// Labels that are named where not all of them are asked for.
const SHOWN: usize = 10;
/// Pictures of the sheet, and how many are in a row.
const SHEET: usize = 40;
const ROW: usize = 5;
/// Where fewer answers are the label, many doubts may be mistakes of the network.
const GOOD: f64 = 0.85;

/// An example as a table names it.
struct Named {
    file: String,
    split: &'static str,
    number: usize,
}

impl Named {
    /// What tells it from others.
    fn key(&self) -> (&str, &str, usize) {
        if self.file.is_empty() { ("", self.split, self.number) } else { (&self.file, "", 0) }
    }
}

impl Looked<'_> {
    /// What an earlier table changed or removed.
    fn earlier(&self) -> Vec<(Named, &Relabelled)> {
        let named = |row: &Relabelled| Named {
            file: row.name.as_deref().map_or_else(String::new, |name| below(self.data, name)),
            split: short(row.split),
            number: row.number,
        };
        self.data.relabelled().iter().map(|row| (named(row), row)).collect()
    }

    /// The number of a suspect among all examples.
    fn example(&self, suspect: &Suspect) -> usize {
        self.judged[suspect.index]
    }

    fn class(&self, class: usize) -> &str {
        &self.data.classes()[class]
    }

    fn named(&self, suspect: &Suspect) -> Named {
        let number = self.example(suspect);
        let file = self.all.name(number).map_or_else(String::new, |name| below(self.data, name));
        let (split, number) = place(self.data, number);
        Named { file, split, number }
    }

    /// An example for people: its file, or its split and number.
    fn called(&self, suspect: &Suspect) -> String {
        let Named { file, split, number } = self.named(suspect);
        if file.is_empty() { format!("{split} {number}") } else { file }
    }

    /// Share of answers that are the label.
    fn agreement(&self) -> f64 {
        let labels = self.judged.iter().map(|&i| self.all.labels()[i] as usize);
        let agree =
            self.answers.iter().zip(labels).filter(|(answer, label)| answer.best().is_some_and(|b| b.class == *label));
        agree.count() as f64 / self.answers.len().max(1) as f64
    }

    /// Pairs of a label and the class that its suspects are taken for, those with most suspects first.
    fn pairs(&self) -> Vec<(usize, usize, usize)> {
        let mut counts = BTreeMap::<_, usize>::new();
        self.found.suspects.iter().for_each(|one| *counts.entry((one.given, one.likely)).or_default() += 1);
        let mut pairs: Vec<_> = counts.into_iter().map(|((given, class), count)| (given, class, count)).collect();
        pairs.sort_by_key(|&(given, class, count)| (std::cmp::Reverse(count), given, class));
        pairs
    }
}

/// The table: what is doubted, the surest first, and then what an earlier table changed or removed that nothing doubts now, so that it says by
/// itself what the labels should be.
fn table(looked: &Looked) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut write = |row: &[&str]| csv.write_record(row).expect("rows of one length, into memory");
    write(&["file", "split", "number", "given", "label", "given_probability", "label_probability"]);
    let (mut written, earlier) = (Vec::<Named>::new(), looked.earlier());
    for suspect in &looked.found.suspects {
        let named = looked.named(suspect);
        // the label that the data have without a table
        let before = earlier.iter().find(|(before, _)| before.key() == named.key());
        let given = before.map_or(suspect.given, |(_, row)| row.given as usize);
        let [less, more] = suspect.probabilities.map(|probability| format!("{probability:.6}"));
        let (given, likely) = (looked.class(given), looked.class(suspect.likely));
        write(&[&named.file, named.split, &named.number.to_string(), given, likely, &less, &more]);
        written.push(named);
    }
    let others = earlier.iter().filter(|(named, _)| !written.iter().any(|other| other.key() == named.key()));
    for (named, row) in others {
        let label = row.label.map_or("", |label| looked.class(label as usize));
        let given = looked.class(row.given as usize);
        write(&[&named.file, named.split, &named.number.to_string(), given, label, "", ""]);
    }
    csv.into_inner().expect("memory is written to the end")
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

/// Writes the table, and the sheet where the examples are pictures. Returns the sheet's path.
pub fn save(looked: &Looked, out: &Path) -> Result<Option<PathBuf>, CliError> {
    write_atomically(out, &table(looked))?;
    let first: Vec<&Suspect> = looked.found.suspects.iter().take(SHEET).collect();
    let shape = looked.all.input().shape();
    if looked.data.texts().is_some() || first.is_empty() || ![1, 3].contains(&shape[2]) {
        return Ok(None);
    }
    let path = sheet_path(out);
    let each = looked.all.example_bytes();
    let mut pixels = vec![0; first.len() * each];
    looked.all.read(&first.iter().map(|suspect| looked.example(suspect)).collect::<Vec<_>>(), &mut pixels)?;
    let cells = first.iter().zip(pixels.chunks_exact(each)).map(|(suspect, pixels)| cell(looked, suspect, pixels));
    let cells = cells.collect::<Result<Vec<_>, _>>()?;
    let rows: Vec<Vec<Captioned>> = cells.chunks(ROW).map(<[Captioned]>::to_vec).collect();
    let (count, all) = (thousands(looked.found.suspects.len() as u64), thousands(looked.judged.len() as u64));
    let title = format!("{} · {count} of {all} labels are doubted", looked.data.name());
    let about = "bold: what a model that never saw the image takes it for";
    save_png(&gallery(&title, about, &rows, false), &path)?;
    Ok(Some(path))
}

/// A share without digits behind the point.
fn whole_percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// What trains as the run was trained, into a folder of its own; of other data, these.
fn again(looked: &Looked, args: &ErrorsArgs) -> String {
    if let Some(data) = &args.data {
        return shell_word(data);
    }
    let run = if looked.run.is_file() { looked.run.parent().unwrap_or(looked.run) } else { looked.run };
    let run = run.display().to_string();
    format!("--recipe {} --out {}", shell_word(&run), shell_word(&format!("{}-fixed", run.trim_end_matches('/'))))
}

/// A suspect on the sheet.
fn cell<'a>(looked: &Looked, suspect: &Suspect, pixels: &'a [u8]) -> Result<Captioned<'a>, CliError> {
    let [less, more] = suspect.probabilities.map(percent);
    let label = format!("labelled {}: {less}", looked.class(suspect.given));
    let name = looked.called(suspect);
    let file = Path::new(&name).file_name().map_or(name.clone(), |file| file.to_string_lossy().into_owned());
    let lines = vec![format!("{} {more}", looked.class(suspect.likely)), label, file];
    Ok(Captioned { picture: drawn(pixels, looked.all.input().shape())?, mark: Mark::Plain, lines })
}

/// Says what was found.
pub fn tell(looked: &Looked, args: &ErrorsArgs, out: &Path, sheet: Option<&Path>) {
    if args.json {
        let document = Document::of(as_json(looked, out, sheet));
        say!("{}", serde_json::to_string_pretty(&document).expect("it is JSON"));
        return;
    }
    let folded = &looked.folded;
    let what = match folded.features {
        Some(features) => format!("a new last layer on {} features each", thousands(features as u64)),
        None => "the whole network anew".into(),
    };
    say!(
        "folds    {}, {what}: {} of held-out labels agree with the answer ({})",
        folded.folds,
        whole_percent(looked.agreement()),
        seconds(folded.seconds)
    );
    let (found, count) = (&looked.found.suspects, looked.judged.len());
    let share = percent(found.len() as f64 / count.max(1) as f64);
    say!("errors   {} of {} labels are doubted ({share})", thousands(found.len() as u64), thousands(count as u64));
    let pairs = looked.pairs();
    for (given, class, count) in pairs.iter().take(SHOWN) {
        say!("         `{}` should be `{}`: {}", looked.class(*given), looked.class(*class), thousands(*count as u64));
    }
    if pairs.len() > SHOWN {
        say!("         and {} more pairs (--json has all)", pairs.len() - SHOWN);
    }
    let shown = if args.all { usize::MAX } else { SHOWN };
    if !found.is_empty() {
        say!("surest");
    }
    for suspect in found.iter().take(shown) {
        let [less, more] = suspect.probabilities.map(percent);
        let (given, likely) = (looked.class(suspect.given), looked.class(suspect.likely));
        say!("         {}: labelled `{given}` ({less}), looks like `{likely}` ({more})", looked.called(suspect));
    }
    if found.len() > shown {
        say!("         and {} more (--all names them)", thousands((found.len() - shown) as u64));
    }
    looked.notes.iter().for_each(|note| say!("note     {note}"));
    if looked.agreement() < GOOD && !found.is_empty() {
        say!(
            "note     fewer than {} of held-out labels agree with the answer, so many doubts may be the network's own mistakes",
            whole_percent(GOOD)
        );
    }
    if folded.has_seen {
        say!(
            "note     the features were learned from these labels, so labels that the network has memorised are not found (--retrain finds them)"
        );
    }
    sheet.iter().for_each(|sheet| say!("sheet    {}", sheet.display()));
    let changed = looked.data.relabelled().len();
    let with = if changed == 0 { String::new() } else { format!(", with the {changed} labels of the run's own table") };
    say!("table    {}{with}", out.display());
    if !found.is_empty() {
        say!(
            "next     look at them; correct `label` where it is wrong, empty it to leave an example out, delete the rows whose label was right"
        );
        say!("         lepton-gpu train {} --labels {}", again(looked, args), shell_word(&out.display().to_string()));
    }
}

fn as_json(looked: &Looked, out: &Path, sheet: Option<&Path>) -> Value {
    let suspect = |suspect: &Suspect| {
        let Named { file, split, number } = looked.named(suspect);
        let [given, likely] = [suspect.given, suspect.likely].map(|class| looked.class(class));
        let [less, more] = suspect.probabilities;
        json!({
            "file": (!file.is_empty()).then_some(file), "split": split, "number": number, "given": given, "label": likely,
            "given_probability": less, "label_probability": more,
        })
    };
    let pair = |&(given, class, count): &(usize, usize, usize)| json!({ "given": looked.class(given), "label": looked.class(class), "examples": count });
    json!({
        "run": looked.run.display().to_string(),
        "data": looked.data.name(),
        "examples": looked.judged.len(),
        "trained": looked.folded.trained,
        "folds": looked.folded.folds,
        "features": looked.folded.features,
        "has_seen": looked.folded.has_seen,
        "agreement": looked.agreement(),
        "seconds": looked.folded.seconds,
        "estimated": looked.found.estimated(),
        "pairs": looked.pairs().iter().map(pair).collect::<Vec<_>>(),
        "errors": looked.found.suspects.iter().map(suspect).collect::<Vec<_>>(),
        "table": out.display().to_string(),
        "sheet": sheet.map(|sheet| sheet.display().to_string()),
        "notes": looked.notes,
    })
}
