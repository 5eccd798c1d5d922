//! The size budget: lengths of files and functions, where `unsafe` may stand, and what is never committed.
//!
//! Exceptions stand in `size_budget.toml`, each with its reason and the length that it is granted.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

const FOLDERS: [&str; 5] = ["src", "shaders", "tests", "benches", "examples"];
const RUST_LINES: usize = 400;
const WGSL_LINES: usize = 200;
const FUNCTION_LINES: usize = 70;
/// The one file that may say `unsafe`.
const UNSAFE_FILE: &str = "src/gpu/unchecked.rs";
const NEVER: [&str; 4] = ["todo!(", "unimplemented!(", "dbg!(", "#[ignore"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    #[serde(default)]
    exception: Vec<Exception>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    file: String,
    function: Option<String>,
    lines: usize,
    reason: String,
}

/// A file or function over its budget, or something else that is not allowed.
#[derive(Debug, PartialEq)]
enum Finding {
    Long { function: Option<String>, line: usize, lines: usize, budget: usize },
    Banned { what: &'static str, line: usize },
}

/// Rust source with comments and the insides of string and character literals blanked; lines stay where they are.
fn code_only(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = skipped(source, at);
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + 1);
    }
    String::from_utf8(out).expect("whole literals and comments are replaced by spaces")
}

/// Where the comment or literal that starts at `at` ends; `at` itself if none does.
fn skipped(source: &str, at: usize) -> usize {
    let bytes = source.as_bytes();
    let rest = &bytes[at..];
    let in_word = at > 0 && is_word(bytes[at - 1]);
    match rest[0] {
        b'/' if rest.starts_with(b"//") => at + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len()),
        b'/' if rest.starts_with(b"/*") => at + block_comment(rest),
        b'"' => at + quoted(rest, b'"'),
        b'\'' => at + character(&source[at..]),
        b'r' | b'b' | b'c' if !in_word => at + raw_string(rest).unwrap_or(0),
        _ => at,
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Length of a literal with escapes, both quotes included.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Length of a character literal; 0 for a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(rest.as_bytes(), b'\''),
        _ => 0,
    }
}

/// Length of `r".."`, `br#".."#` and the like.
fn raw_string(rest: &[u8]) -> Option<usize> {
    let prefix = rest.iter().take_while(|b| b"rbc".contains(b)).count();
    let hashes = rest[prefix..].iter().take_while(|&&b| b == b'#').count();
    let open = prefix + hashes + 1;
    if prefix > 2 || rest[prefix - 1] != b'r' || rest.get(open - 1) != Some(&b'"') {
        return None;
    }
    let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    let inside = rest[open..].windows(close.len()).position(|window| window == close);
    Some(inside.map_or(rest.len(), |inside| open + inside + close.len()))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Where `word` stands on its own in `code`.
fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = code[..at].bytes().next_back().is_some_and(is_word);
        let after = code[at + word.len()..].bytes().next().is_some_and(is_word);
        !(before || after && word.bytes().next_back().is_some_and(is_word))
    })
}

fn line_of(code: &str, at: usize) -> usize {
    1 + code[..at].matches('\n').count()
}

/// Name, first line and length of every function that has a body. An outer function contains its inner ones.
fn functions(code: &str) -> Vec<(String, usize, usize)> {
    let measure = |at: usize| {
        let rest = code[at + 2..].trim_start();
        let name = &rest[..rest.bytes().position(|b| !is_word(b))?];
        let end = at + body_end(&code[at..])?;
        let first = line_of(code, at);
        // without a name it is a pointer type or a macro's pattern
        (!name.is_empty()).then(|| (name.to_string(), first, 1 + line_of(code, end) - first))
    };
    words(code, "fn").filter_map(measure).collect()
}

/// Where the braces of the item that starts here close; nothing for a signature without a body.
fn body_end(code: &str) -> Option<usize> {
    let (mut braces, mut others) = (0, 0);
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' => others += 1,
            b')' | b']' => others -= 1,
            b';' if braces == 0 && others == 0 => return None,
            b'{' => braces += 1,
            b'}' => braces -= 1,
            _ => continue,
        }
        // a pointer type `fn(..)` ends where its surroundings do
        if others < 0 || braces < 0 {
            return None;
        }
        if byte == b'}' && braces == 0 && others == 0 {
            return Some(at);
        }
    }
    None
}

/// Everything that is wrong with one file, before exceptions.
fn findings(file: &str, source: &str) -> Vec<Finding> {
    let budget = if file.ends_with(".rs") { RUST_LINES } else { WGSL_LINES };
    let lines = source.lines().count();
    let mut found = Vec::new();
    if lines > budget {
        found.push(Finding::Long { function: None, line: 1, lines, budget });
    }
    if !file.ends_with(".rs") {
        return found;
    }
    let code = code_only(source);
    let long = functions(&code).into_iter().filter(|(_, _, lines)| *lines > FUNCTION_LINES);
    found.extend(long.map(|(name, line, lines)| Finding::Long {
        function: Some(name),
        line,
        lines,
        budget: FUNCTION_LINES,
    }));
    let banned = NEVER.into_iter().chain((file != UNSAFE_FILE).then_some("unsafe"));
    for what in banned {
        found.extend(words(&code, what).map(|at| Finding::Banned { what, line: line_of(&code, at) }));
    }
    found
}

/// All violations in `files` (path and text), one line each: what no exception grants, and exceptions without use.
fn violations(files: &[(String, String)], exceptions: &[Exception]) -> Vec<String> {
    let mut used = vec![false; exceptions.len()];
    let mut out = Vec::new();
    for (file, source) in files {
        for finding in findings(file, source) {
            let (function, line, lines, budget) = match finding {
                Finding::Banned { what: "unsafe", line } => {
                    out.push(format!("{file}:{line}: `unsafe` outside {UNSAFE_FILE}"));
                    continue;
                }
                Finding::Banned { what, line } => {
                    out.push(format!("{file}:{line}: `{what}` is not committed"));
                    continue;
                }
                Finding::Long { function, line, lines, budget } => (function, line, lines, budget),
            };
            let entry = exceptions.iter().position(|e| e.file == *file && e.function == function);
            let granted = entry.map_or(budget, |i| exceptions[i].lines);
            if let Some(i) = entry {
                used[i] = true;
            }
            if lines > granted {
                let what = function.map_or("the file".to_string(), |name| format!("fn {name}"));
                out.push(format!("{file}:{line}: {what} has {lines} lines, the budget is {granted}"));
            }
        }
    }
    for (exception, used) in exceptions.iter().zip(used) {
        let name = exception.function.as_ref().map_or(String::new(), |name| format!(" fn {name}"));
        if exception.reason.trim().is_empty() {
            out.push(format!("tests/size_budget.toml: {}{name} gives no reason", exception.file));
        }
        if !used {
            let advice = "is within the budget or gone; remove the exception";
            out.push(format!("tests/size_budget.toml: {}{name} {advice}", exception.file));
        }
    }
    out
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            if !name.ends_with("/target") {
                collect(root, &path, files);
            }
        } else if [".rs", ".wgsl", ".wgsl.j2"].iter().any(|end| name.ends_with(end)) {
            files.push((name, fs::read_to_string(&path).expect("source is UTF-8")));
        }
    }
}

#[test]
fn the_repository_is_within_its_budget() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in FOLDERS.iter().map(|folder| root.join(folder)).filter(|folder| folder.is_dir()) {
        collect(root, &folder, &mut files);
    }
    assert!(files.iter().any(|(name, _)| name == "tests/size_budget.rs"), "the walk found {} files", files.len());
    let text = fs::read_to_string(root.join("tests/size_budget.toml")).expect("the exceptions");
    let exceptions: Exceptions = toml::from_str(&text).expect("the exceptions parse");
    let violations = violations(&files, &exceptions.exception);
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}

fn body(lines: usize) -> String {
    (1..lines).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "    let x{i} = {i};");
        text
    })
}

fn check(file: &str, source: &str, exceptions: &[Exception]) -> Vec<String> {
    violations(&[(file.to_string(), source.to_string())], exceptions)
}

fn exception(function: Option<&str>, lines: usize, reason: &str) -> Exception {
    Exception { file: "src/a.rs".into(), function: function.map(Into::into), lines, reason: reason.into() }
}

#[test]
fn long_files_are_noticed() {
    assert!(check("src/a.rs", &"\n".repeat(400), &[]).is_empty());
    assert_eq!(check("src/a.rs", &"\n".repeat(401), &[]), ["src/a.rs:1: the file has 401 lines, the budget is 400"]);
    assert!(check("shaders/a.wgsl", &"\n".repeat(200), &[]).is_empty());
    assert_eq!(check("shaders/a.wgsl.j2", &"\n".repeat(201), &[]).len(), 1);
}

#[test]
fn long_functions_are_noticed() {
    let within = format!("fn f(x: [u8; 4]) {{\n{}}}\n", body(69));
    assert!(check("src/a.rs", &within, &[]).is_empty());
    let signature = "impl A {\n    #[test]\n    pub(crate) const fn f<'a>(\n        x: &'a [u8; 4],\n    ) -> fn(u8) -> u8\n    where\n        Self: Sized,\n    {\n";
    let long = format!("{signature}{}    }}\n}}\n", body(67));
    assert_eq!(check("src/a.rs", &long, &[]), ["src/a.rs:3: fn f has 73 lines, the budget is 70"]);
    // braces in literals and comments close nothing, a trait's signature has no body
    let tricky = format!(
        "trait T {{\n    fn g(&self) -> u8;\n}}\nfn h() {{\n    let a = ('}}', '\\'', b'}}', \"}}\", r#\"}}\"}}\"#); // }}\n{}}}\n",
        body(70)
    );
    assert_eq!(check("src/a.rs", &tricky, &[]), ["src/a.rs:4: fn h has 72 lines, the budget is 70"]);
}

#[test]
fn unsafe_is_noticed_outside_its_file() {
    let source = "fn f() {\n    unsafe { g() }\n}\n";
    assert_eq!(check("src/a.rs", source, &[]), ["src/a.rs:2: `unsafe` outside src/gpu/unchecked.rs"]);
    assert_eq!(check("src/a.rs", "unsafe impl Send for A {}\npub unsafe fn f() {}\n", &[]).len(), 2);
    assert!(check(UNSAFE_FILE, source, &[]).is_empty());
    let harmless =
        "//! unsafe\n#[allow(unsafe_code)]\nconst A: &str = \"unsafe \\\" unsafe\"; /* unsafe /* */ unsafe */\n";
    assert!(check("src/a.rs", harmless, &[]).is_empty());
}

#[test]
fn leftovers_are_noticed() {
    let source = "#[test]\n#[ignore = \"slow\"]\nfn f() {\n    dbg!(1);\n    todo!()\n}\nfn g() {\n    unimplemented!(\"x\")\n}\n";
    let lines: Vec<usize> = findings("src/a.rs", source)
        .iter()
        .map(|finding| match finding {
            Finding::Banned { line, .. } | Finding::Long { line, .. } => *line,
        })
        .collect();
    assert_eq!(lines, [5, 8, 4, 2]);
    assert!(check("src/a.rs", "// todo!(\nfn f() {\n    not_todo!();\n}\n", &[]).is_empty());
}

#[test]
fn an_exception_needs_a_reason_a_limit_and_a_use() {
    let long = "\n".repeat(450);
    assert!(check("src/a.rs", &long, &[exception(None, 460, "a table")]).is_empty());
    assert_eq!(check("src/a.rs", &long, &[exception(None, 440, "a table")]).len(), 1);
    assert_eq!(check("src/a.rs", &long, &[exception(None, 460, " ")]).len(), 1);
    assert_eq!(check("src/a.rs", &long, &[exception(Some("f"), 460, "a table")]).len(), 2);
    assert_eq!(check("src/a.rs", "\n", &[exception(None, 460, "a table")]).len(), 1);
}
