//! What the guides say: tables that are made from the code are up to date, model files are models, commands exist.

use std::path::PathBuf;
use std::process::Command;

use lepton_gpu::config::Recipe;
use lepton_gpu::model::{LAYERS, ModelSpec, layers_markdown, summary};

mod common;

/// Everything after this line of the guide is made from the code.
const MADE: &str = "LEPTON_BLESS=1 cargo test --test docs -->\n";

fn guides() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pages = entries.filter(|path| path.extension().is_some_and(|e| e == "md"));
    pages.map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn the_table_of_layers_is_what_the_parser_reads() {
    let (path, text) = guides().into_iter().find(|(path, _)| path.ends_with("guide-models.md")).unwrap();
    let (before, there) = text.split_once(MADE).expect("the guide has its mark");
    let made = format!("\n{}", layers_markdown());
    if std::env::var_os("LEPTON_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{MADE}{}\n", made.trim_end())).unwrap();
        return;
    }
    assert!(LAYERS.iter().all(|layer| made.contains(&format!("### `{}`", layer.name))));
    assert_eq!(there.trim(), made.trim(), "{path} is out of date: LEPTON_BLESS=1 cargo test --test docs");
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
        for block in common::blocks(&text, "toml").into_iter().filter(|block| block.contains("[run]")) {
            Recipe::parse(block, &path).unwrap();
            recipes += 1;
        }
    }
    assert!(recipes > 0);
}

#[test]
fn commands_in_guides_exist() {
    let help = Command::new(env!("CARGO_BIN_EXE_lepton-gpu")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let mut seen = 0;
    for (path, text) in guides() {
        for line in common::blocks(&text, "sh").iter().flat_map(|block| block.lines()) {
            let Some(typed) = line.trim().strip_prefix("lepton-gpu ") else { continue };
            let mut words = typed.split_whitespace();
            let command = words.next().unwrap();
            assert!(help.contains(&format!("  {command} ")), "{path}: `{command}` is not in --help");
            let own = Command::new(env!("CARGO_BIN_EXE_lepton-gpu")).args([command, "--help"]).output().unwrap();
            let own = String::from_utf8(own.stdout).unwrap();
            for flag in words.filter_map(|word| word.strip_prefix("--")) {
                let flag = flag.split('=').next().unwrap();
                assert!(own.contains(&format!("--{flag}")), "{path}: `{line}`: {command} has no --{flag}");
            }
            seen += 1;
        }
    }
    assert!(seen > 0);
}
