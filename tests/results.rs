//! `docs/results.md` says what the raw results say, and these were made by the recipes as they are.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use lepton_gpu::config::{RECIPES, Recipe, RunConfig};
use lepton_gpu::report::History;
use lepton_gpu::tasks;
use serde_json::Value;

/// The table lies between these two.
const BEGIN: &str = "<!-- from benches/results/*-recipes: LEPTON_BLESS=1 cargo test --test results -->\n";
const END: &str = "<!-- end of the table -->";

/// One run of a recipe.
struct Run {
    folder: PathBuf,
    config: RunConfig,
    events: Vec<Value>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Folders of runs, one for a day and a device.
fn collections() -> Vec<PathBuf> {
    let all = folders(&root().join("benches/results"));
    all.into_iter().filter(|path| path.to_string_lossy().ends_with("-recipes")).collect()
}

fn runs(collection: &Path, recipe: &str) -> Vec<Run> {
    let folder = collection.join(recipe);
    if !folder.is_dir() {
        return Vec::new();
    }
    let run = |folder: PathBuf| {
        let config = toml::from_str(&read(&folder.join("config.toml"))).unwrap();
        let lines = read(&folder.join("events.jsonl"));
        let events = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Run { folder, config, events }
    };
    folders(&folder).into_iter().map(run).collect()
}

impl Run {
    fn last(&self, event: &str) -> Option<&Value> {
        self.events.iter().rev().find(|value| value["event"] == event)
    }

    /// What is held against the published figure: of the test images, or else of those that validate after the last epoch.
    fn figure(&self) -> Option<(&'static str, f64)> {
        let validation = &self.last("epoch").unwrap()["validation"];
        let of = |values: &Value| ["accuracy", "auc"].into_iter().find_map(|name| Some((name, values[name].as_f64()?)));
        self.last("test").and_then(of).or_else(|| of(validation))
    }

    fn seconds(&self) -> f64 {
        self.events.iter().filter(|e| e["event"] == "epoch").map(|e| e["seconds"].as_f64().unwrap()).sum()
    }

    /// The recipe, but for the seed, where the data lay, and numbers that a run takes from the data.
    fn check(&self, recipe: &Recipe) {
        let mut expected = recipe.run.clone();
        expected.seed = self.config.seed;
        expected.data.clone_from(&self.config.data);
        if expected.normalize.mean.is_empty() {
            expected.normalize.mean.clone_from(&self.config.normalize.mean);
            expected.normalize.std.clone_from(&self.config.normalize.std);
        }
        assert_eq!(self.config, expected, "{} is no run of the recipe as it is", self.folder.display());
        let epochs = self.events.iter().filter(|event| event["event"] == "epoch").count();
        assert_eq!(epochs, recipe.run.epochs as usize, "{}", self.folder.display());
        // data that are known by name have test images, and two networks are tested on nothing
        let tested =
            recipe.run.data.is_none() || !tasks::of(&recipe.run.loss).evaluates() || self.last("test").is_some();
        assert!(tested, "{} was never tested", self.folder.display());
    }
}

/// Mean, and deviation of a sample where there are several.
fn summed_up(values: &[f64]) -> (f64, Option<f64>) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt()))
}

/// What the runs reached.
fn reached(runs: &[Run]) -> String {
    let figures: Option<Vec<_>> = runs.iter().map(Run::figure).collect();
    let Some(figures) = figures else { return "judged by eye".into() };
    let values: Vec<f64> = figures.iter().map(|(_, value)| *value).collect();
    let (mean, deviation) = summed_up(&values);
    let (factor, digits, unit) = if figures[0].0 == "accuracy" { (100.0, 2, " %") } else { (1.0, 4, " AUC") };
    let spread = deviation.map_or(String::new(), |d| format!(" ± {:.digits$}", factor * d));
    format!("**{:.digits$}{spread}{unit}**", factor * mean)
}

fn lasted(runs: &[Run]) -> String {
    let (mean, _) = summed_up(&runs.iter().map(Run::seconds).collect::<Vec<f64>>());
    if mean < 100.0 { format!("{mean:.0} s") } else { format!("{:.0} min", mean / 60.0) }
}

fn blesses() -> bool {
    std::env::var_os("LEPTON_BLESS").is_some()
}

/// The page's curve is that of a run.
fn curve(name: &str, run: &Run) {
    let history = History::read(&run.folder.join("events.jsonl")).unwrap();
    let (drawn, path) =
        (history.draw(name).expect("there are epochs").to_picture(), root().join(format!("docs/results/{name}.png")));
    if blesses() {
        drawn.save(&path).unwrap();
    }
    let there = image::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into_rgb8();
    assert!(there == drawn, "{} is out of date: LEPTON_BLESS=1 cargo test --test results", path.display());
}

fn row(table: &mut String, name: &str, recipe: &Recipe) {
    let data = if recipe.run.data.is_some() { "" } else { " DATA" };
    let start = format!("| [`{name}`](../recipes/{name}.toml) | {} | ", recipe.published.replace('|', "/"));
    let command = format!("`train --recipe {name}{data}`");
    let mut none = true;
    for collection in collections() {
        let runs = runs(&collection, name);
        if runs.is_empty() {
            continue;
        }
        if none {
            curve(name, &runs[0]);
        }
        none = false;
        runs.iter().for_each(|run| run.check(recipe));
        let tested = runs.iter().filter(|run| run.last("test").is_some()).count();
        assert!([0, runs.len()].contains(&tested), "{name}: figures of test and of validation images are no mean");
        let mut seeds: Vec<u64> = runs.iter().map(|run| run.config.seed).collect();
        seeds.sort_unstable();
        let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
        let device = read(&collection.join("device.txt"));
        let raw = collection.strip_prefix(root()).unwrap().join(name);
        let _ = writeln!(
            table,
            "{start}{} | {} | {} | {} | {command} | [curve](results/{name}.png), [raw](../{}) |",
            reached(&runs),
            seeds.join(", "),
            device.trim(),
            lasted(&runs),
            raw.display()
        );
    }
    if none {
        let _ = writeln!(table, "{start}not run to its end | | | | {command} | |");
    }
}

#[test]
fn the_page_says_what_the_runs_say() {
    let mut table = String::from(
        "| recipe | published | here | seeds | device | time of a run | command: `lepton-gpu …` | |\n|---|---|---|---|---|---|---|---|\n",
    );
    for (name, text) in RECIPES {
        row(&mut table, name, &Recipe::parse(text, name).unwrap());
    }
    let path = root().join("docs/results.md");
    let page = read(&path);
    let (before, rest) = page.split_once(BEGIN).expect("the page has its mark");
    let (there, after) = rest.split_once(END).expect("the page has its end mark");
    if blesses() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(there, table, "docs/results.md is out of date: LEPTON_BLESS=1 cargo test --test results");
}

#[test]
fn every_raw_result_belongs_to_a_recipe() {
    let mut results = 0;
    for folder in collections().iter().flat_map(|collection| folders(collection)) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(RECIPES.iter().any(|(recipe, _)| *recipe == name), "{}", folder.display());
        results += 1;
    }
    assert!(results > 0);
}

#[test]
fn a_mean_has_the_deviation_of_a_sample() {
    let (mean, deviation) = summed_up(&[1.0, 2.0, 6.0]);
    assert_eq!((mean, deviation), (3.0, Some(7f64.sqrt())));
    assert_eq!(summed_up(&[5.0]), (5.0, None));
}
