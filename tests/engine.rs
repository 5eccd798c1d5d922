//! What the engine may not touch: clock, threads, environment, files and blocking are reached through `src/platform` alone, so
//! that the engine can be brought to machines that lack them, such as a browser.

use std::path::{Path, PathBuf};

/// Folders and files of the engine.
const ENGINE: [&str; 17] = [
    "checkpoint",
    "config",
    "explain",
    "gpu",
    "hint.rs",
    "metrics",
    "model",
    "onnx",
    "plan",
    "reference",
    "run.rs",
    "session",
    "tasks",
    "train",
    "tune",
    "verify",
    "weights",
];

/// What stands for a machine's services in a source.
const SERVICES: [&str; 7] = ["std::time", "std::env", "std::fs", "std::thread", "rayon", "pollster", "directories::"];

fn sources(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| sources(&entry.unwrap().path(), found));
    } else if path.extension().is_some_and(|end| end == "rs") {
        found.push(path.to_path_buf());
    }
}

/// The code of a source, without its comments and its tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    code.enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn the_engine_reaches_the_machine_through_one_module() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for part in ENGINE {
        let before = files.len();
        sources(&src.join(part), &mut files);
        assert!(files.len() > before, "src/{part} is part of the engine, and is not there");
    }
    let mut reached = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, line) in code(&text) {
            if SERVICES.iter().any(|service| line.contains(service)) {
                reached.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(reached.is_empty(), "past src/platform:\n{}", reached.join("\n"));
}

/// A pipe or a device under the name of a file would be waited for, or read without an end.
#[test]
fn files_are_opened_for_reading_in_one_place() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    // the system's own files, and a folder that is synced
    let others = [src.join("platform/files.rs"), src.join("bench/machine.rs")];
    let mut opened = Vec::new();
    for file in files.iter().filter(|file| !others.contains(file)) {
        let text = std::fs::read_to_string(file).unwrap();
        for (number, line) in code(&text) {
            let by_itself = ["fs::read(", "fs::read_to_string(", "image::open(", "ImageReader::open("];
            let folder = line.contains("File::open(folder)");
            if by_itself.iter().any(|call| line.contains(call)) || line.contains(" File::open(") && !folder {
                opened.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(opened.is_empty(), "past files::open and files::read:\n{}", opened.join("\n"));
}

#[test]
fn unsafe_code_stands_in_one_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "shaders"] {
        sources(&root.join(folder), &mut files);
    }
    let uses = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        code(&text)
            .any(|(_, line)| line.contains("unsafe {") || line.contains("unsafe fn") || line.contains("unsafe impl"))
    };
    files.retain(uses);
    assert_eq!(files, [root.join("src/gpu/unchecked.rs")]);
}
