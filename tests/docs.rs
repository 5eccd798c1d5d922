//! What the guides say: tables that are made from the code are up to date, model files are models, commands exist.

use std::path::{Path, PathBuf};

use lepton_gpu::config::{FIELDS, Recipe, settings_markdown};
use lepton_gpu::model::{LAYERS, ModelSpec, layers_markdown};
use lepton_gpu::plan::summary;

mod common;
#[path = "common/surroundings.rs"]
mod surroundings;

/// Everything after this line of the guide is made from the code.
const MADE: &str = "LEPTON_BLESS=1 cargo test --test docs -->\n";

fn guides() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pages = entries.filter(|path| path.extension().is_some_and(|e| e == "md"));
    pages.map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
}

/// Compares what a guide has after its mark with what the code makes, or writes it.
fn is_up_to_date(guide: &str, made: &str) {
    let (path, text) = guides().into_iter().find(|(path, _)| path.ends_with(guide)).unwrap();
    let (before, there) = text.split_once(MADE).expect("the guide has its mark");
    if std::env::var_os("LEPTON_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{MADE}\n{}\n", made.trim())).unwrap();
        return;
    }
    assert_eq!(there.trim(), made.trim(), "{path} is out of date: LEPTON_BLESS=1 cargo test --test docs");
}

#[test]
fn the_table_of_layers_is_what_the_parser_reads() {
    let made = layers_markdown();
    assert!(LAYERS.iter().all(|layer| made.contains(&format!("### `{}`", layer.name))));
    is_up_to_date("guide-models.md", &made);
}

#[test]
fn the_table_of_settings_has_every_key() {
    let made = settings_markdown();
    assert!(FIELDS.iter().all(|setting| made.contains(&format!("| `{}` |", setting.field.key))));
    is_up_to_date("guide-recipes.md", &made);
}

#[test]
fn model_files_in_guides_are_models() {
    let mut models = 0;
    for (path, text) in guides() {
        for block in common::blocks(&text, "toml").into_iter().filter(|block| block.contains("[[layer]]")) {
            summary(&ModelSpec::parse(block, &path).unwrap()).unwrap();
            models += 1;
        }
    }
    assert!(models > 0);
}

#[test]
fn recipes_in_guides_are_recipes() {
    let mut recipes = 0;
    for (path, text) in guides() {
        for block in common::blocks(&text, "toml")
            .into_iter()
            .filter(|block| block.contains("[run]") || block.starts_with("data ="))
        {
            Recipe::parse(block, &path).unwrap();
            recipes += 1;
        }
    }
    assert!(recipes > 0);
}

#[test]
fn commands_in_guides_exist() {
    let lepton = || surroundings::lepton(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let help = lepton().arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let mut seen = 0;
    for (path, text) in guides() {
        for line in common::blocks(&text, "sh").iter().flat_map(|block| block.lines()) {
            let Some(typed) = line.trim().strip_prefix("lepton-gpu ") else { continue };
            let mut words = typed.split_whitespace();
            let command = words.next().unwrap();
            assert!(help.contains(&format!("  {command} ")), "{path}: `{command}` is not in --help");
            // a command of a command, `data split`, has flags of its own
            let inner = typed.split_whitespace().nth(1).filter(|word| !word.starts_with('-'));
            let of = |words: &[&str]| {
                let ran = lepton().args(words).arg("--help").output().unwrap();
                ran.status.success().then(|| String::from_utf8(ran.stdout).unwrap())
            };
            let own = of(&[command]).unwrap();
            let lists = |word: &&str| own.contains("Commands:") && own.contains(&format!("\n  {word} "));
            let own = inner.filter(lists).and_then(|inner| of(&[command, inner])).unwrap_or(own);
            for flag in words.filter_map(|word| word.strip_prefix("--")) {
                let flag = flag.split('=').next().unwrap();
                let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
                let has = own.split(|c| !is_word(c)).any(|word| word == format!("--{flag}"));
                assert!(has, "{path}: `{line}`: {command} has no --{flag}");
            }
            seen += 1;
        }
    }
    assert!(seen > 0);
}
