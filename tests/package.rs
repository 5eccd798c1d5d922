//! What `cargo package` puts into the packages: everything that their sources include, and not much more.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// Most bytes of a package's files, before they are compressed.
const LARGEST: u64 = 25_000_000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a package that are in the repository, by their paths in the package's folder.
fn files(package: &str, folder: &Path) -> BTreeSet<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["package", "--list", "--allow-dirty", "--offline", "--locked", "--package", package])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list = String::from_utf8(output.stdout).unwrap();
    // cargo adds files of its own, such as Cargo.toml.orig
    list.lines().map(PathBuf::from).filter(|path| folder.join(path).is_file()).collect()
}

/// A path without `..`
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(plain.pop(), "{} leaves its package", path.display()),
            part => plain.push(part),
        }
    }
    plain
}

/// What the code of a source includes, its tests left out.
fn included(source: &Path, text: &str) -> Vec<PathBuf> {
    let code =
        text.lines().take_while(|line| line.trim() != "#[cfg(test)]").filter(|line| !line.trim().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    let calls = ["include_str!(\"", "include_bytes!(\""].into_iter().flat_map(|call| code.split(call).skip(1));
    calls.map(|rest| plain(&source.with_file_name(rest.split('"').next().unwrap()))).collect()
}

#[test]
fn packages_have_what_their_sources_include() {
    for (package, folder) in [("lepton-gpu", root().to_path_buf()), ("lepton-kernels", root().join("shaders"))] {
        let files = files(package, &folder);
        let mut seen = 0;
        for source in files.iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
            for path in included(source, &std::fs::read_to_string(folder.join(source)).unwrap()) {
                assert!(files.contains(&path), "{package}: {} includes {}", source.display(), path.display());
                seen += 1;
            }
        }
        assert!(seen > 10, "{package}: only {seen} files are included");
        assert!(files.iter().all(|path| !path.starts_with("tests") || package == "lepton-kernels"));
        let bytes: u64 = files.iter().map(|path| folder.join(path).metadata().unwrap().len()).sum();
        assert!(bytes < LARGEST, "{package} has {bytes} bytes, more than {LARGEST}");
    }
}
