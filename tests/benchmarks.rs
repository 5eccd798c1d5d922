//! The table in `docs/benchmarks.md` says what the raw results in `benches/results` say, and published figures are sound.

use std::path::{Path, PathBuf};

use lepton_gpu::bench::{FURTHER, PUBLISHED};
use lepton_gpu::model::ModelSpec;
use lepton_gpu::report::bench::{read, table_head, table_row};

/// The table lies between these two.
const BEGIN: &str = "<!-- from benches/results/*/bench.json: LEPTON_BLESS=1 cargo test --test benchmarks -->\n";
const END: &str = "<!-- end of the table -->";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every result of the benchmark that is kept, oldest first.
fn results() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root().join("benches/results")).unwrap();
    let mut files: Vec<PathBuf> = folders.map(|folder| folder.unwrap().path().join("bench.json")).collect();
    files.retain(|file| file.is_file());
    files.sort();
    files
}

fn link(file: &Path) -> String {
    let folder = file.parent().unwrap().strip_prefix(root()).unwrap();
    format!("[raw](../{}/bench.json)", folder.display())
}

#[test]
fn the_page_says_what_the_results_say() {
    let (head, rule) = table_head().trim_end().split_once('\n').map(|(a, b)| (a.to_string(), b.to_string())).unwrap();
    let mut table = format!("{head} |\n{rule}---|\n");
    for file in results() {
        let result = read(&file).unwrap();
        table += &format!("{} {} |\n", table_row(&result).trim_end(), link(&file));
    }
    let path = root().join("docs/benchmarks.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has its mark");
    let (there, after) = rest.split_once(END).expect("the page has its end mark");
    if std::env::var_os("LEPTON_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(there, table, "docs/benchmarks.md is out of date: LEPTON_BLESS=1 cargo test --test benchmarks");
}

#[test]
fn every_row_has_as_many_cells_as_the_head() {
    let cells = |line: &str| line.matches('|').count();
    let head = table_head();
    for file in results() {
        let row = table_row(&read(&file).unwrap());
        assert!(head.lines().all(|line| cells(line) == cells(&row)), "{row}");
    }
}

#[test]
fn published_figures_are_of_networks_that_are_trained() {
    assert!(!PUBLISHED.is_empty());
    for figure in PUBLISHED.iter() {
        assert!(FURTHER.iter().any(|network| network.model == figure.model), "{figure:?}");
        assert_eq!(ModelSpec::open(&figure.model).unwrap().input, [224, 224, 3], "{figure:?}");
        assert!(["f32", "f16"].contains(&&*figure.precision) && figure.images_per_second > 0.0, "{figure:?}");
        assert!(!figure.source.is_empty() && !figure.device.is_empty(), "{figure:?}");
    }
}
