//! The real program, run in an empty folder as a user runs it: every command, what it prints, what it leaves behind.
//!
//! What happens with bad input is in `bad_input.rs`.

#[path = "cli/answers.rs"]
mod answers;
#[path = "common/chromium.rs"]
mod chromium;
#[path = "cli/defaults.rs"]
mod defaults;
#[path = "cli/errors.rs"]
mod errors;
#[path = "cli/features.rs"]
mod features;
#[path = "cli/json.rs"]
mod json;
#[path = "cli/known.rs"]
mod known;
#[path = "cli/labels.rs"]
mod labels;
#[path = "cli/learned.rs"]
mod learned;
#[path = "cli/many.rs"]
mod many;
#[cfg(unix)]
#[path = "cli/permissions.rs"]
mod permissions;
#[path = "cli/rates.rs"]
mod rates;
#[path = "cli/reports.rs"]
mod reports;
#[path = "cli/runs.rs"]
mod runs;
#[path = "cli/speed.rs"]
mod speed;
#[path = "cli/stopping.rs"]
mod stopping;
#[path = "cli/support.rs"]
mod support;
#[path = "cli/sweeps.rs"]
mod sweeps;
#[path = "cli/thresholds.rs"]
mod thresholds;
#[path = "cli/training.rs"]
mod training;
#[path = "cli/watching.rs"]
mod watching;
#[path = "cli/web.rs"]
mod web;

use std::process::Stdio;

use support::{Place, finish};

#[test]
fn inspect_counts_the_parameters_of_presets() {
    let place = Place::new();
    let list = place.run("models").exits(0).out;
    for (preset, parameters) in [("seed-mnist", "93,322"), ("seed-cifar", "122,570"), ("linear", "7,850")] {
        let row = list.lines().find(|line| line.split_whitespace().next() == Some(preset)).expect("a row");
        assert!(row.contains(&format!(" {parameters} ")), "{row}");
        let summary = place.run_args(&["inspect", preset]).exits(0).out;
        assert!(summary.contains(&format!("parameters: {parameters}")), "{summary}");
        assert!(summary.is_ascii() && summary.ends_with('\n') && summary.lines().all(|l| l.len() < 110), "{summary}");
    }
    assert_eq!(place.snapshot().len(), 0, "inspect writes nothing");
}

#[test]
fn models_and_recipes_are_printed_as_files_to_copy() {
    let place = Place::new();
    for (command, first) in [("models", "seed-mnist"), ("recipes", "mnist-seed")] {
        let list = place.run(command).exits(0).out;
        assert!(list.lines().any(|line| line.starts_with(first)), "{list}");
        assert!(list.lines().all(|line| line == line.trim_end()), "{list}");
        let names = list.lines().skip(1).take_while(|line| !line.is_empty()).filter_map(|l| l.split(' ').next());
        for name in names {
            let printed = place.run_args(&[command, name]).exits(0).out;
            let file = format!("{}/{command}/{name}.toml", env!("CARGO_MANIFEST_DIR"));
            assert_eq!(printed, std::fs::read_to_string(file).expect("a file of this name"), "{command} {name}");
        }
    }
}

#[test]
fn inspect_prints_the_plan() {
    let place = Place::new();
    let plan = place.run("inspect seed-functional --batch 16 --optimizer sgd --plan").exits(0).out;
    for part in [
        "forward:",
        "gradients:",
        "update:",
        "evaluate:",
        "predict:",
        "batch 16",
        "forward/",
        "grad_weight/",
        " sgd/",
        "memory",
        "peak",
    ] {
        assert!(plan.contains(part), "`{part}` is missing in\n{plan}");
    }
    let again = place.run("inspect seed-functional --batch 16 --optimizer sgd --plan").exits(0).out;
    assert_eq!(plan, again, "a plan can be diffed");
    let other = place.run("inspect seed-functional --batch 32 --optimizer sgd --plan").exits(0).out;
    assert_ne!(plan, other);
}

#[test]
fn inspect_compiles_every_kernel_of_the_plan() {
    let Some(place) = Place::with_adapter() else { return };
    let text = place.run("inspect seed-functional --batch 4 --plan --compile").exits(0).out;
    let (plan, kernels) = text.split_once("\nkernels on ").expect("a plan, then its kernels");
    let planned = plan.lines().filter_map(|line| line.split_once(": ")?.1.strip_suffix(" dispatches"));
    let planned: usize = planned.map(|count| count.parse::<usize>().expect("a count")).sum();
    let rows: Vec<_> = kernels.lines().skip(2).take_while(|line| !line.is_empty()).collect();
    let launches: usize = rows.iter().map(|row| row.split(", ").count()).sum();
    assert_eq!(launches, planned, "every launch has a kernel\n{text}");
    let last = kernels.lines().last().unwrap_or_default();
    assert!(last.starts_with(&format!("compiled {} kernels in ", rows.len())), "{last}");
    let names = rows.iter().map(|row| row.split_whitespace().nth(1).unwrap_or_default());
    for name in names {
        assert!(plan.contains(name), "`{name}` is not in the plan\n{text}");
    }
}

#[test]
fn devices_says_which_adapter_would_be_used() {
    let Some(place) = Place::with_adapter() else { return };
    let text = place.run("devices").exits(0).out;
    let json = place.run("devices --json").exits(0).json();
    let used = json["used"].as_u64().expect("a number") as usize;
    let adapter = &json["adapters"][used];
    for key in ["name", "kind", "driver"] {
        let value = adapter[key].as_str().expect("a text");
        assert!(!value.is_empty() && text.contains(value), "{key} `{value}` is missing in\n{text}");
    }
    assert!(adapter["binding_bytes"].as_u64() > Some(1 << 20), "{adapter}");
    assert_eq!(text.lines().filter(|line| line.starts_with('*')).count(), 1, "one adapter is marked\n{text}");
    let last = text.lines().last().unwrap_or_default();
    assert_eq!(last, format!("adapter {used} would be used: {}", json["reason"].as_str().unwrap_or_default()));

    let name = adapter["name"].as_str().unwrap_or_default();
    for wanted in [name.to_uppercase(), used.to_string()] {
        let chosen = place.run_args(&["devices", "--json", "--adapter", &wanted]).exits(0).json();
        assert_eq!(chosen["adapters"][chosen["used"].as_u64().unwrap_or(99) as usize]["name"], name);
    }
}

#[test]
fn verify_checks_one_op() {
    let Some(place) = Place::with_adapter() else { return };
    let text = place.run("verify --op relu").exits(0).out;
    assert!(text.starts_with("adapter "), "{text}");
    let row: Vec<&str> =
        text.lines().find(|l| l.trim_start().starts_with("relu")).expect("a row").split_whitespace().collect();
    assert_eq!(row.last(), Some(&"ok"), "{text}");
    let json = place.run("verify --op relu --json").exits(0).json();
    assert_eq!(json["passed"], true);
    let ops = json["ops"].as_array().expect("a list");
    // once in each way of computing that the adapter has
    let ways: Vec<&str> = ops.iter().map(|op| op["way"].as_str().unwrap_or_default()).collect();
    assert!(["f32"] == ways[..] || ["f32", "f16"] == ways[..] || ["f32", "f16", "f16 matrix"] == ways[..], "{ways:?}");
    for op in ops {
        assert_eq!(op["op"], "relu");
        assert!(op["forward"].as_f64() <= op["tolerance"].as_f64(), "{json}");
        assert!(op["cases"].as_u64() > Some(0), "{json}");
    }
    assert_eq!(json["cases_left_out"], 0);

    let quick = place.run("verify --op relu --quick --json").exits(0).json();
    assert_eq!(quick["ops"].as_array().map(Vec::len), Some(ops.len()), "every way is checked: {quick}");
    let counted = |key: &str| quick[key].as_u64().expect("a number");
    assert!(counted("cases_left_out") > 0, "{quick}");
    assert_eq!(Some(counted("cases") + counted("cases_left_out")), json["cases"].as_u64());
    let text = place.run("verify --op relu --quick").exits(0).out;
    assert!(text.contains("leave out --quick for all of them"), "{text}");
}

#[test]
fn help_version_and_data_sets_need_nothing() {
    let place = Place::new();
    for line in ["--help", "help", "train --help", "predict --help", "data fetch --help"] {
        let help = place.run(line).exits(0);
        assert!(help.out.contains("Usage: lepton-gpu"), "{line}: {help}");
        assert!(help.err.is_empty(), "{line}: {help}");
    }
    assert_eq!(place.run("--version").exits(0).out, format!("lepton-gpu {}\n", env!("CARGO_PKG_VERSION")));
    let list = place.run("data list").exits(0).out;
    for name in ["mnist", "fashion-mnist", "fashion-small"] {
        assert!(list.lines().any(|line| line.starts_with(&format!("{name} "))), "{list}");
    }
    let nothing = place.run("").exits(2);
    assert!(nothing.err.contains("Usage: lepton-gpu") && nothing.out.is_empty(), "{nothing}");
    assert_eq!(place.snapshot().len(), 0);
}

#[test]
fn shells_and_manuals_know_every_option() {
    let place = Place::new();
    let help = place.run("train --help").exits(0).out;
    let flags: Vec<&str> = help.split_whitespace().filter(|word| word.starts_with("--")).collect();
    assert!(flags.len() > 50, "{flags:?}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.run_args(&["completions", shell]).exits(0).out;
        for word in ["train", "lr-find", "adapter"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    let page = place.run("man train").exits(0).out.replace("\\-", "-");
    for flag in ["--epochs", "--lr", "--optimizer", "--augment", "--resume"] {
        assert!(page.contains(flag), "the manual does not have {flag}");
    }
    assert!(place.run("man").exits(0).out.contains("lepton"));
    assert!(place.run("man trian").exits(2).err.contains("did you mean `train`?"));
}

#[test]
fn short_help_is_a_dozen_options_and_long_help_has_sections() {
    let place = Place::new();
    let short = place.run("train -h").exits(0).out;
    let options = short.lines().filter(|line| line.trim_start().starts_with("--")).count();
    assert!((8..=16).contains(&options), "{options} options\n{short}");
    for flag in ["--model", "--epochs", "--batch", "--lr", "--augment", "--val-split", "--out", "--resume", "--recipe"]
    {
        assert!(short.contains(flag), "{flag} is missing\n{short}");
    }
    let long = place.run("train --help").exits(0).out;
    let mut rest = long.as_str();
    for section in
        ["Data", "Model", "Training", "Optimizer", "Learning rate", "Loss", "Augmentation", "Texts", "Output"]
    {
        let at = rest.find(&format!("\n{section}:\n")).unwrap_or_else(|| panic!("{section} is missing\n{long}"));
        rest = &rest[at + 1..];
    }
    // only commands that open a device have an adapter
    for (line, has) in [("eval", true), ("devices", true), ("models", false), ("data list", false), ("recipes", false)]
    {
        assert_eq!(place.run(&format!("{line} --help")).exits(0).out.contains("--adapter"), has, "{line}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_mistake() {
    let adapter = Place::with_adapter();
    let place = Place::new();
    let without: &[&str] = &["models", "recipes", "inspect seed-mnist --plan", "data list", "show --out x.png"];
    let with: &[&str] = &["devices", "verify --op relu --json", "train --model linear --limit 64 --epochs 1 --out run"];
    for line in without.iter().chain(adapter.iter().flat_map(|_| with)) {
        // what `| head -1` is once head has gone: a pipe that nobody reads
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = place.lepton();
        command.args(line.split_whitespace()).stdout(writer).stderr(Stdio::piped());
        let ran = finish(command.spawn().expect("the program starts"));
        assert!(!ran.err.contains("panicked"), "{line}: {ran}");
        assert!(matches!(ran.code, None | Some(0)), "{line}: {ran}");
    }
}
