//! `predictions.csv` in a run folder: what a finished run answers on each example that its verdict is told from.
//!
//! The first columns are `split` (what the examples are to the run: validation, test or training), `from` and `number` (the split
//! of the data that has the example, and its number there, from 0) and `name` (the path of its file, or file and line of a text).
//! What follows depends on the task:
//!
//! | task | columns |
//! |---|---|
//! | classes | `class`, `predicted`, `probability` (of what is predicted), `rank` of the class (1 is right); of two classes `margin`, the second logit minus the first |
//! | labels | for each label its name (0 or 1), and its name with ` logit` |
//! | numbers | for each its name, and its name with ` predicted` |
//! | reconstruction | `class` and `error` |

use std::path::Path;

use super::ReportError;
use crate::metrics::{Answers, ClassAnswer, Errors, Examined, Numbers};
use crate::platform::files;
use crate::train::Place;

/// The file's name in a run folder.
pub const PREDICTIONS: &str = "predictions.csv";

/// An example, and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Where it is in its data.
    pub place: Place,
    /// What it is called; empty where that is not known.
    pub name: String,
}

/// Answers on the examples that a run's verdict is told from.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// What the examples are to the run.
    pub of: Examined,
    /// The examples.
    pub examples: Vec<Example>,
    /// The answers, in the same order.
    pub answers: Answers,
}

/// Names of what answers are about, by which they are written and read.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The model's classes, labels or numbers.
    pub outputs: &'a [String],
    /// Classes that are normal; none where no class is called so.
    pub normal: &'a [String],
}

/// Columns about the example.
const FIXED: [&str; 4] = ["split", "from", "number", "name"];

impl Predictions {
    /// The file's bytes.
    pub fn to_csv(&self, names: Names) -> Vec<u8> {
        let mut out = csv::Writer::from_writer(Vec::new());
        let mut write = |row: Vec<String>| out.write_record(row).expect("rows of one length, into memory");
        write(FIXED.iter().map(|name| name.to_string()).chain(self.columns(names)).collect());
        for (i, Example { place, name }) in self.examples.iter().enumerate() {
            let fixed = [self.of.name(), place.split.name(), &place.index.to_string(), name].map(String::from);
            write(fixed.into_iter().chain(self.cells(i, names)).collect());
        }
        out.into_inner().expect("memory is written to the end")
    }

    fn columns(&self, names: Names) -> Vec<String> {
        let pairs = |suffix: &str| names.outputs.iter().flat_map(|n| [n.clone(), format!("{n} {suffix}")]).collect();
        let named = |columns: &[&str]| columns.iter().map(|column| column.to_string()).collect();
        match &self.answers {
            Answers::Classes { classes: 2, .. } => named(&["class", "predicted", "probability", "rank", "margin"]),
            Answers::Classes { .. } => named(&["class", "predicted", "probability", "rank"]),
            Answers::Labels(_) => pairs("logit"),
            Answers::Values(_) => pairs("predicted"),
            Answers::Errors(_) => named(&["class", "error"]),
        }
    }

    fn cells(&self, i: usize, names: Names) -> Vec<String> {
        match &self.answers {
            Answers::Classes { answers, classes } => {
                let a = &answers[i];
                let name = |class: u32| names.outputs.get(class as usize).cloned().unwrap_or_else(|| class.to_string());
                let (probability, rank) = (a.confidence.to_string(), (a.before + 1).to_string());
                let margin = (*classes == 2).then(|| a.margin.to_string());
                [name(a.label), name(a.answer), probability, rank].into_iter().chain(margin).collect()
            }
            Answers::Labels(Numbers { outputs, targets, width })
            | Answers::Values(Numbers { outputs, targets, width }) => {
                let of = |all: &[f32]| all[i * width..][..*width].to_vec();
                of(targets).iter().zip(&of(outputs)).flat_map(|(t, o)| [t.to_string(), o.to_string()]).collect()
            }
            Answers::Errors(Errors { errors, classes, .. }) => {
                let (error, class) = errors[i];
                vec![classes.get(class as usize).cloned().unwrap_or_default(), error.to_string()]
            }
        }
    }

    /// What an earlier run wrote.
    ///
    /// # Errors
    /// [`ReportError`] with the line that is damaged.
    pub fn read(path: &Path, names: Names) -> Result<Self, ReportError> {
        let bytes = files::read(path).map_err(ReportError::file(path))?;
        Self::parse(&bytes, names).map_err(|(line, problem)| ReportError::Predictions {
            path: path.display().to_string(),
            line,
            problem,
        })
    }

    fn parse(bytes: &[u8], names: Names) -> Result<Self, (usize, String)> {
        let mut reader = csv::Reader::from_reader(bytes);
        let header = reader.headers().map_err(|error| (1, error.to_string()))?.clone();
        if header.iter().take(FIXED.len()).ne(FIXED) {
            return Err((1, format!("expected columns {}", FIXED.join(", "))));
        }
        let kind =
            Kind::of(&header, names).ok_or_else(|| (1, "these are not the columns of this run's task".to_string()))?;
        let (mut of, mut examples) = (None, Vec::new());
        let mut answers = kind.empty(names);
        for (i, record) in reader.records().enumerate() {
            let line = i + 2;
            let record = record.map_err(|error| (line, error.to_string()))?;
            let split = |name: &str| Examined::ALL.into_iter().find(|one| one.name() == name);
            let (Some(whose), Some(from), Ok(index)) = (split(&record[0]), split(&record[1]), record[2].parse()) else {
                return Err((line, "no split and number".into()));
            };
            of = of.or(Some(whose));
            examples.push(Example { place: Place { split: from, index }, name: record[3].to_string() });
            add(&mut answers, &record, names).ok_or_else(|| (line, "it is not an answer of this run".to_string()))?;
        }
        let of = of.ok_or_else(|| (2, "there is no example".to_string()))?;
        Ok(Predictions { of, examples, answers })
    }
}

/// What a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Classes,
    Labels,
    Values,
    Errors,
}

impl Kind {
    fn of(header: &csv::StringRecord, names: Names) -> Option<Self> {
        let rest: Vec<&str> = header.iter().skip(FIXED.len()).collect();
        let pairs = |suffix: &str| {
            let wanted = names.outputs.iter().flat_map(|name| [name.clone(), format!("{name} {suffix}")]);
            wanted.eq(rest.iter().map(|column| column.to_string()))
        };
        match rest.as_slice() {
            ["class", "error"] => Some(Kind::Errors),
            ["class", "predicted", "probability", "rank"] | ["class", "predicted", "probability", "rank", "margin"] => {
                Some(Kind::Classes)
            }
            _ if pairs("logit") => Some(Kind::Labels),
            _ if pairs("predicted") => Some(Kind::Values),
            _ => None,
        }
    }

    fn empty(self, names: Names) -> Answers {
        let numbers = Numbers { width: names.outputs.len(), ..Numbers::default() };
        let numbered = |name: &String| names.outputs.iter().position(|class| class == name).map(|class| class as u32);
        match self {
            Kind::Classes => Answers::Classes { answers: Vec::new(), classes: names.outputs.len() },
            Kind::Labels => Answers::Labels(numbers),
            Kind::Values => Answers::Values(numbers),
            Kind::Errors => Answers::Errors(Errors {
                errors: Vec::new(),
                classes: names.outputs.to_vec(),
                normal: (!names.normal.is_empty()).then(|| names.normal.iter().filter_map(numbered).collect()),
            }),
        }
    }
}

/// Adds a row's answer; `None` if it is none.
fn add(answers: &mut Answers, record: &csv::StringRecord, names: Names) -> Option<()> {
    let cell = |i: usize| record.get(FIXED.len() + i);
    let number = |i: usize| cell(i)?.parse::<f32>().ok();
    let class = |i: usize| {
        let name = cell(i)?;
        let known = names.outputs.iter().position(|class| class == name);
        known.or_else(|| name.parse().ok().filter(|&number| number < names.outputs.len())).map(|class| class as u32)
    };
    match answers {
        Answers::Classes { answers, classes } => {
            let rank: u32 = cell(3)?.parse().ok().filter(|rank| (1..=*classes as u32).contains(rank))?;
            let margin = if *classes == 2 { number(4)? } else { 0.0 };
            let (label, answer, confidence) = (class(0)?, class(1)?, number(2)?);
            answers.push(ClassAnswer { label, answer, before: rank - 1, confidence, margin });
        }
        Answers::Labels(numbers) | Answers::Values(numbers) => {
            for i in 0..numbers.width {
                numbers.targets.push(number(2 * i)?);
                numbers.outputs.push(number(2 * i + 1)?);
            }
        }
        Answers::Errors(errors) => {
            let class = if cell(0)?.is_empty() { 0 } else { class(0)? };
            errors.errors.push((number(1)?, class));
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("class, \"{i}\" <b>")).collect()
    }

    fn kept(answers: Answers, outputs: &[String], normal: &[String]) {
        let example = |index| Example {
            place: Place { split: Examined::Training, index },
            name: format!("folder/it's \"{index}\"\n.jpg"),
        };
        let examples = (0..answers.len()).map(example).collect();
        let written = Predictions { of: Examined::Validation, examples, answers };
        let names = Names { outputs, normal };
        assert_eq!(Predictions::parse(&written.to_csv(names), names), Ok(written));
    }

    #[test]
    fn what_was_written_is_read_to_the_last_bit() {
        let answer =
            |label, answer, before, margin| ClassAnswer { label, answer, before, confidence: 0.1 + 0.2, margin };
        for classes in [2, 3] {
            let margin = if classes == 2 { 1.0e-7 } else { 0.0 };
            let answers = vec![answer(0, 1, 1, margin), answer(1, 1, 0, -margin)];
            kept(Answers::Classes { answers, classes }, &names(classes), &[]);
        }
        let numbers = Numbers { outputs: vec![1.5e-30, -3.25, 0.1, 7.0], targets: vec![0.0, 1.0, 1.0, 0.0], width: 2 };
        kept(Answers::Labels(numbers.clone()), &names(2), &[]);
        kept(Answers::Values(numbers), &names(2), &[]);
        let errors = |normal| Errors { errors: vec![(0.125, 1), (3e-9, 0)], classes: names(2), normal };
        kept(Answers::Errors(errors(None)), &names(2), &[]);
        kept(Answers::Errors(errors(Some(vec![1]))), &names(2), &names(2)[1..]);
    }

    #[test]
    fn what_is_damaged_is_named_with_its_line() {
        let outputs = names(2);
        let of = Names { outputs: &outputs, normal: &[] };
        let head = "split,from,number,name,class,predicted,probability,rank,margin\n";
        let row = "test,test,0,a.png,\"class, \"\"0\"\" <b>\",1,0.5,1,0.25\n";
        assert!(Predictions::parse((head.to_string() + row).as_bytes(), of).is_ok(), "a class may be a number");
        for (text, line) in [
            ("", 1),
            ("a,b\n", 1),
            (head, 2),
            (&format!("{head}{row}test,test,0"), 3),
            (&format!("{head}{row}{}", row.replace("0.5", "half")), 3),
            (&format!("{head}{}", row.replace(",1,0.25", ",9,0.25")), 2),
            (&format!("{head}{}", row.replace("test,0", "nowhere,0")), 2),
        ] {
            assert_eq!(Predictions::parse(text.as_bytes(), of).unwrap_err().0, line, "{text}");
        }
    }
}
