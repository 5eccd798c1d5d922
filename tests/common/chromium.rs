//! Chromium or Chrome for tests of pages: where it is, and how it runs.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What may be found on the path; `LEPTON_CHROMIUM` names another.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// Where it is set, a test fails without a browser.
const REQUIRED: &str = "LEPTON_REQUIRE_CHROMIUM";
/// Without a window, in a container, and without questions; the page as it is in the end goes to standard output.
const FLAGS: [&str; 6] =
    ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--dump-dom"];

/// The browser, or none with a line that says so.
pub fn browser() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("LEPTON_CHROMIUM") {
        return Some(path.into());
    }
    let folders: Vec<PathBuf> =
        std::env::var_os("PATH").map_or_else(Vec::new, |path| std::env::split_paths(&path).collect());
    let starts = |path: &Path| {
        // Ubuntu's chromium-browser only says that a snap should be installed
        path.is_file() && Command::new(path).arg("--version").output().is_ok_and(|out| out.status.success())
    };
    let mut all = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = all.find(|path| starts(path));
    if found.is_none() {
        assert!(
            std::env::var_os(REQUIRED).is_none(),
            "{REQUIRED} is set, but there is no browser: try LEPTON_CHROMIUM=PATH"
        );
        eprintln!("skipped: no Chromium on the path");
    }
    found
}

/// A page at an address as it is after its scripts had `milliseconds` of their own time; what the browser keeps goes to a folder.
pub fn dom(browser: &Path, address: &str, folder: &Path, milliseconds: u32, more: &[&str]) -> String {
    let mut command = Command::new(browser);
    command.args(FLAGS).args(more).arg("--timeout=120000");
    command.arg(format!("--virtual-time-budget={milliseconds}"));
    command.arg(format!("--user-data-dir={}", folder.join("profile").display()));
    let out = command.arg(address).output().unwrap_or_else(|error| panic!("{}: {error}", browser.display()));
    String::from_utf8_lossy(&out.stdout).into_owned()
}
