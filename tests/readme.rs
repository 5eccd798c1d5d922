//! What the README says can be done: its commands are run in an empty folder, its model file is a model. The page of commands
//! has those that there are.

use std::collections::BTreeSet;
use std::path::Path;

use lepton_gpu::model::ModelSpec;
use lepton_gpu::plan::summary;

mod common;
#[path = "common/surroundings.rs"]
mod surroundings;

const README: &str = include_str!("../README.md");
const COMMANDS: &str = include_str!("../docs/commands.md");

fn blocks(language: &str) -> Vec<&'static str> {
    common::blocks(README, language)
}

#[test]
fn its_commands_run() {
    let Some(gpu) = common::gpu() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut ran = 0;
    for line in blocks("sh").iter().flat_map(|block| block.lines()) {
        let Some(typed) = line.strip_prefix("lepton-gpu ") else { continue };
        if typed.contains("--precision f16") && common::f16(&gpu).is_none() {
            continue;
        }
        // fewer images, so that the test takes seconds
        let typed = typed.replace("--epochs 5", "--epochs 1 --limit 256");
        let output = surroundings::lepton(&folder.path().join("home"))
            .args(typed.split_whitespace())
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
        ran += 1;
    }
    assert!(ran >= 3, "only {ran} commands were found");
    assert!(folder.path().join("grid.png").exists());
}

#[test]
fn its_model_file_is_a_model() {
    let models = blocks("toml");
    assert_eq!(models.len(), 1);
    let model = ModelSpec::parse(models[0], "README.md").unwrap();
    summary(&model).unwrap();
}

#[test]
fn the_page_of_commands_has_them_all() {
    let help = surroundings::lepton(Path::new(env!("CARGO_TARGET_TMPDIR"))).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let listed = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let rows = listed.lines().filter_map(|line| line.strip_prefix("  ")).filter(|row| !row.starts_with(' '));
    let there: BTreeSet<&str> = rows.filter_map(|row| row.split(' ').next()).collect();
    // a row may name several commands; `lepton-gpu` stands before the first, words in capitals are arguments
    let cells =
        COMMANDS.lines().filter(|line| line.starts_with("| `lepton-gpu ")).filter_map(|row| row.split(" | ").next());
    let named = |cell: &'static str| {
        cell.split('`').skip(1).step_by(2).filter_map(|typed| typed.trim_start_matches("lepton-gpu ").split(' ').next())
    };
    let on_page: BTreeSet<&str> = cells.flat_map(named).collect();
    assert_eq!(on_page, there.into_iter().filter(|name| *name != "help").collect());
}
