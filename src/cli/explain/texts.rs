//! Texts: how much the score falls when a word is taken away.

use std::fmt::Write as _;
use std::io::IsTerminal;

use serde_json::{Value, json};

use super::{headline, other_answer};
use crate::checkpoint::Checkpoint;
use crate::cli::args::ExplainArgs;
use crate::cli::error::save_png;
use crate::cli::thresholds::Thresholds;
use crate::cli::{CliError, Exit, open, weights};
use crate::explain::{TextExplainer, TextExplanation, Word};
use crate::platform::files::make_output_folder;
use crate::report::draw::{behind, word_sheet};
use crate::report::{Document, Listing, aside, plain, say, write_painted};

/// The way in which texts are explained.
const METHOD: &str = "occlusion";

/// Words that are named on each side.
const NAMED: usize = 5;

pub fn run(args: &ExplainArgs, checkpoint: &Checkpoint, adapter: Option<&str>) -> Result<Exit, CliError> {
    if let Some(other) = args.method.as_deref().filter(|method| *method != METHOD) {
        return Err(CliError::Usage(format!(
            "--method {other} is for images, but this model takes texts\n  try: --method {METHOD}, which takes away one word at a time"
        )));
    }
    let flags = [
        ("--layer", args.layer.is_some()),
        ("--feature-maps", args.feature_maps.is_some()),
        ("--maximise", !args.maximise.is_empty()),
    ];
    if let Some((flag, _)) = flags.iter().find(|(_, given)| *given) {
        return Err(CliError::Usage(format!(
            "{flag} is for images, but this model takes texts\n  try: texts without it, whose words are taken away one at a time"
        )));
    }
    let thresholds = Thresholds::of_run(&args.run, &[], &checkpoint.meta)?;
    let gpu = open(adapter)?;
    let explainer = TextExplainer::new(&gpu, checkpoint)?.with_thresholds(thresholds.own);
    let class = args.class.as_deref().map(|name| explainer.class(name)).transpose()?;
    make_output_folder(&args.out).map_err(CliError::file(&args.out))?;
    let in_colour =
        std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut rows = Listing::default();
    for (number, text) in args.images.iter().enumerate() {
        let text = text.to_string_lossy();
        let explanation = explainer.explain(&text, class)?;
        if number == 0 {
            weights::tell_who(&gpu, checkpoint);
            thresholds.lines.iter().for_each(|line| aside!("{line}"));
        }
        let picture = args.out.join(format!("text-{}.{METHOD}.png", number + 1));
        let lines = lines(&explanation);
        let largest = explanation.largest();
        let share = |word: &Word| if largest > 0.0 { word.fall / largest } else { 0.0 };
        let words: Vec<(&str, f64)> = explanation.words.iter().map(|word| (word.text.as_str(), share(word))).collect();
        let headline = headline(&explanation.answer, explanation.class);
        save_png(&word_sheet(&headline, &words, &lines), &picture)?;
        if !args.json {
            say!("{headline}   {}", picture.display());
            match in_colour {
                true => write_painted(&format!("  {}", coloured(&words))),
                false => say!("  {text}"),
            }
            lines.iter().for_each(|line| say!("  {line}"));
        }
        if args.json {
            say!("{}", rows.push(&as_json(&text, &explanation, &picture.display().to_string())));
        }
    }
    if args.json {
        say!("{}", rows.end());
    }
    Ok(Exit::Done)
}

/// Words for a terminal, each on the colour of its share.
fn coloured(words: &[(&str, f64)]) -> String {
    let mut text = String::new();
    for (word, share) in words {
        let [r, g, b] = behind(*share).0;
        let _ = write!(text, "\x1b[30;48;2;{r};{g};{b}m {} \x1b[0m", plain(word));
    }
    text
}

/// Lines about a text: the words that count most, on both sides, and what the model does not see.
fn lines(explanation: &TextExplanation) -> Vec<String> {
    let mut lines: Vec<String> = other_answer(&explanation.answer, explanation.class).into_iter().collect();
    let mut words: Vec<&Word> = explanation.words.iter().collect();
    words.sort_by(|a, b| b.fall.total_cmp(&a.fall));
    let name = |word: &&Word| format!("{} {:+.2}", word.text, word.fall);
    let side = |words: Vec<&Word>| words.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", ");
    let speaks_for = side(words.iter().copied().filter(|word| word.fall > 0.0).collect());
    let against = side(words.iter().rev().copied().filter(|word| word.fall < 0.0).collect());
    for (heading, words) in [("for it", speaks_for), ("against it", against)] {
        if !words.is_empty() {
            lines.push(format!("{heading}: {words}"));
        }
    }
    let unknown = explanation.words.iter().filter(|word| !word.known).count();
    if unknown > 0 {
        let (are, count) = if unknown == 1 { ("is", "counts") } else { ("are", "count") };
        let of = explanation.words.len();
        lines.push(format!("{unknown} of {of} words {are} unknown to the model and {count} for nothing"));
    }
    if explanation.cut > 0 {
        let words = if explanation.cut == 1 { "word is" } else { "words are" };
        let read = explanation.words.len();
        lines.push(format!("{} further {words} not read: the model takes {read}", explanation.cut));
    }
    lines
}

fn as_json(text: &str, explanation: &TextExplanation, picture: &str) -> Value {
    let TextExplanation { answer, class, words, cut } = explanation;
    let word = |word: &Word| json!({ "word": word.text, "known": word.known, "fall": word.fall });
    let document = Document::of(json!({
        "text": text,
        "answer": answer.best().map(|best| json!({ "class": best.name, "probability": best.probability })),
        "class": answer.names()[*class],
        "probability": answer.probabilities.get(*class),
        "output": answer.outputs[*class],
        "method": METHOD,
        "words": words.iter().map(word).collect::<Vec<_>>(),
        "cut": cut,
        "picture": picture,
    }));
    document.value()
}
