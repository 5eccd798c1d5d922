//! A kept benchmark as screen, comparison and page. Sample B is slower, lacks rows of A, has a wrong loss, and its names
//! are HTML.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use lepton_gpu::bench::BenchResult;
use lepton_gpu::report::bench::{ReadError, page, read};
use serde_json::Value;
use tempfile::TempDir;

#[path = "common/surroundings.rs"]
mod surroundings;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench").join(name)
}

fn result(name: &str) -> BenchResult {
    read(&sample(name)).unwrap()
}

/// What `lepton-gpu bench` with these arguments does in `folder`: exit code, standard output, standard error.
fn bench(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = surroundings::lepton(Path::new(env!("CARGO_TARGET_TMPDIR")));
    command.arg("bench").args(args).current_dir(folder).stdin(Stdio::null());
    let out = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code(), text(out.stdout), text(out.stderr))
}

/// Standard output of a command that must succeed.
fn shown(args: &[&str]) -> String {
    let (code, out, err) = bench(Path::new(env!("CARGO_MANIFEST_DIR")), args);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    out
}

const A: &str = "tests/bench/sample-a.json";
const B: &str = "tests/bench/sample-b.json";

/// The lines of `out` that have all of `parts`.
fn with<'a>(out: &'a str, parts: &[&str]) -> Vec<&'a str> {
    out.lines().filter(|line| parts.iter().all(|part| line.contains(part))).collect()
}

#[track_caller]
fn is_narrow(out: &str) {
    for line in out.lines() {
        assert!(line.chars().count() <= 100, "{} columns: {line}", line.chars().count());
    }
}

#[test]
fn the_screen_is_one_screen() {
    for file in [A, B] {
        let out = shown(&["--from", file]);
        is_narrow(&out);
        assert!(out.lines().count() <= 50, "{} lines\n{out}", out.lines().count());
    }
}

#[test]
fn the_screen_has_every_row() {
    let (a, out) = (result("sample-a.json"), shown(&["--from", A]));
    for ceiling in &a.ceilings {
        assert_eq!(with(&out, &[&ceiling.name]).len(), 1, "{}\n{out}", ceiling.name);
    }
    for kernel in &a.kernels {
        let shape = kernel.shape.replace(" * ", "*");
        assert!(!with(&out, &[&kernel.direction, &kernel.precision, &shape]).is_empty(), "{kernel:?}\n{out}");
    }
    assert_eq!(with(&out, &["conv2d grad_weight", "f16", "resnet18 stage 2", "TF/s", "matrix"]).len(), 1, "{out}");
    assert_eq!(with(&out, &["adam update", "GB/s", "copy"]).len(), 1, "{out}");
    for t in &a.training {
        let found = out
            .lines()
            .filter(|line| line.split_whitespace().take(3).eq([&t.model, &t.batch.to_string(), &t.precision]));
        assert_eq!(found.count(), 1, "{t:?}\n{out}");
    }
    assert_eq!(with(&out, &["score", "2,536", "geometric mean"]).len(), 1, "{out}");
}

#[test]
fn a_wrong_loss_is_loud() {
    let out = shown(&["--from", B]);
    assert_eq!(with(&out, &["seed-cifar", "1.7211", "1.5893", "WRONG"]).len(), 1, "{out}");
    assert_eq!(with(&out, &["1 of 10 losses", "mean nothing"]).len(), 1, "{out}");
    assert_eq!(with(&out, &["score", "none"]).len(), 1, "{out}");
    assert_eq!(with(&out, &["skipped", "f16 cooperative matrix"]).len(), 1, "{out}");
    assert!(!shown(&["--from", A]).contains("WRONG"));
    assert!(page(&result("sample-b.json")).contains("1 of 10 checked losses"));
}

#[test]
fn a_loss_that_is_no_number_survives_the_file() {
    let folder = TempDir::new().unwrap();
    let mut nan = result("sample-a.json");
    nan.training[1].loss.as_mut().unwrap().found = f64::NAN;
    let file = folder.path().join("nan.json");
    fs::write(&file, serde_json::to_vec(&nan).unwrap()).unwrap();
    let again = read(&file).unwrap();
    assert!(again.training[1].loss.unwrap().found.is_nan());
    let (code, out, err) = bench(folder.path(), &["--from", "nan.json"]);
    assert_eq!((code, with(&out, &["seed-mnist", "NaN", "WRONG"]).len()), (Some(0), 1), "{out}{err}");
}

#[test]
fn a_comparison_says_what_differs() {
    let out = shown(&["--compare", A, B]);
    is_narrow(&out);
    for parts in [
        ["adapter", "A NVIDIA GeForce RTX 4070"].as_slice(),
        &["B Größe"],
        &["version", "0.1.0"],
        &["same", "preset"],
        &["f32 multiply-add", "28.4 TFLOP/s", "7.94 TFLOP/s", "0.28x", "slower"],
        &["upload", "1.79x", "faster"],
        // a time: twice as long is half as fast
        &["one dispatch", "3.12 µs", "6.24 µs", "0.50x", "slower"],
        &["dependent dispatch", "1.00x", "within noise"],
        &["adam update", "808 µs", "4.61 ms", "0.18x", "slower"],
        &["chosen", "conv2d forward f32 64x8x8x256*3x3x256x256", "simt 64x64", "simt 32x32"],
        &["seed-mnist b1024 f16", "2,210,326", "707,916", "0.32x", "slower"],
        &["seed-cifar b64 f32", "B is WRONG"],
        &["only in A", "f16 cooperative matrix"],
        &["only in A", "linear, forward"],
        &["score", "A 2,536", "B none"],
    ] {
        assert_eq!(with(&out, parts).len(), 1, "{parts:?}\n{out}");
    }
    assert_eq!(with(&out, &["only in B"]).len(), 0, "{out}");
    let turned = shown(&["--compare", B, A]);
    assert_eq!(with(&turned, &["one dispatch", "2.00x", "faster"]).len(), 1, "{turned}");
    assert_eq!(with(&turned, &["only in B", "linear, forward"]).len(), 1, "{turned}");
}

#[test]
fn nothing_is_faster_than_itself() {
    let out = shown(&["--compare", A, A]);
    is_narrow(&out);
    let a = result("sample-a.json");
    let rows = a.ceilings.len() + a.kernels.len() + a.training.len();
    assert_eq!(with(&out, &["1.00x", "within noise"]).len(), rows, "{out}");
    assert_eq!(with(&out, &["same", "adapter, driver, host, version, preset, began"]).len(), 1, "{out}");
    assert!(!out.contains("only in") && !out.contains("faster\n"), "{out}");
    assert!(out.contains("B/A 1.00x"), "{out}");
}

#[test]
fn one_sample_decides_nothing() {
    let folder = TempDir::new().unwrap();
    let mut once = result("sample-b.json");
    once.kernels[0].seconds.samples.truncate(1);
    fs::write(folder.path().join("once.json"), serde_json::to_vec(&once).unwrap()).unwrap();
    let (_, out, err) = bench(folder.path(), &["--compare", sample("sample-a.json").to_str().unwrap(), "once.json"]);
    assert_eq!(with(&out, &["conv2d forward", "275 µs", "one sample"]).len(), 1, "{out}{err}");
}

/// HTML as a reader sees it.
fn unescaped(html: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    pairs.iter().fold(html.to_string(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn the_page_has_every_row() {
    for name in ["sample-a.json", "sample-b.json"] {
        let result = result(name);
        let html = unescaped(&page(&result));
        let table = |id: &str| {
            let from = html.find(&format!("<table id=\"{id}\">")).unwrap();
            let body = &html[from..from + html[from..].find("</table>").unwrap()];
            body.split("<tr").skip(2).map(String::from).collect::<Vec<_>>()
        };
        let kernels = table("kernel-table");
        assert_eq!(kernels.len(), result.kernels.len());
        for (row, k) in kernels.iter().zip(&result.kernels) {
            for part in [&k.op, &k.direction, &k.precision, &k.shape, &k.source, &k.kernel] {
                assert!(row.contains(part.as_str()), "{name}: {part} in {row}");
            }
        }
        let training = table("training-table");
        assert_eq!(training.len(), result.training.len());
        for (row, t) in training.iter().zip(&result.training) {
            assert!(
                [&t.model, &t.batch.to_string(), &t.precision].iter().all(|part| row.contains(part.as_str())),
                "{row}"
            );
            assert_eq!(row.contains("WRONG"), t.loss.is_some_and(|l| !l.passed()), "{row}");
        }
        for part in result.ceilings.iter().map(|c| &c.name).chain(&result.left_out) {
            assert!(html.contains(part.as_str()), "{name}: {part}");
        }
        let drawn = result.kernels.iter().filter(|k| k.flops > 0).count();
        // once for wide windows and once for narrow ones
        assert_eq!(html.matches("<g><title>").count(), 2 * drawn);
        assert!(html.contains(&result.run.command.join(" ")) && html.contains(&result.adapter.driver));
    }
}

#[test]
fn names_are_text_and_nothing_else() {
    let mut evil = result("sample-b.json");
    let attack = "\"><img src=x onerror='alert(1)'>";
    evil.kernels[0].direction = attack.into();
    evil.kernels[1].precision = attack.into();
    evil.training[0].precision = attack.into();
    evil.ceilings[0].unit = attack.into();
    evil.ceilings[1].id = format!("fma_{attack}f16");
    evil.run.command.push(attack.into());
    let html = page(&evil);
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>CPU"), "foreign tags");
    assert!(html.contains("Größe &lt;script&gt;alert(1)&lt;&#x2f;script&gt; &amp; Söhne 9000"));
    assert!(html.contains("Zwölfkern"));
}

#[test]
fn the_page_is_alone() {
    let html = page(&result("sample-a.json"));
    for outside in ["http://", "https://", "url(", "@import", "<link rel=\"stylesheet", "<script"] {
        assert!(!html.contains(outside), "{outside}");
    }
    for needed in
        ["prefers-color-scheme: dark", "@media print", "role=\"img\" aria-label=", "<caption>", "scope=\"col\""]
    {
        assert!(html.contains(needed), "{needed}");
    }
}

#[test]
fn odd_numbers_make_a_page_too() {
    let mut odd = result("sample-a.json");
    odd.kernels[0].seconds.median = 0.0;
    odd.kernels[1].seconds.samples.clear();
    (odd.kernels[2].share, odd.kernels[5].share) = (1e300, -1.0);
    (odd.kernels[3].bytes, odd.kernels[4].flops) = (0, u64::MAX);
    odd.training[0].step_seconds.samples = vec![0.0];
    odd.ceilings[0].value.median = -1.0;
    let html = page(&odd);
    for (before, after, most) in
        [("width:", "%", 100.0), ("left:", "%", 100.0), ("x=\"", "\"", 1040.0), ("y=\"", "\"", 540.0)]
    {
        for rest in html.split(before).skip(1) {
            let Some((number, _)) = rest.split_once(after).filter(|(number, _)| number.len() < 12) else { continue };
            let Ok(number) = number.parse::<f64>() else { continue };
            assert!((0.0..=most).contains(&number), "{before}{number}");
        }
    }
    let empty = BenchResult { ceilings: vec![], kernels: vec![], training: vec![], score: None, ..odd };
    assert!(!page(&empty).contains("<svg"));
}

/// `sample-a.json` with one change, in a file of its own.
fn changed(folder: &TempDir, name: &str, change: impl Fn(&mut Value)) -> PathBuf {
    let mut value: Value = serde_json::from_slice(&fs::read(sample("sample-a.json")).unwrap()).unwrap();
    change(&mut value);
    let file = folder.path().join(name);
    fs::write(&file, value.to_string()).unwrap();
    file
}

#[test]
fn what_is_no_result_is_an_error_with_a_way_out() {
    let folder = TempDir::new().unwrap();
    let whole = fs::read(sample("sample-a.json")).unwrap();
    fs::write(folder.path().join("cut.json"), &whole[..whole.len() / 2]).unwrap();
    fs::write(folder.path().join("picture.json"), b"\x89PNG\r\n\x1a\n").unwrap();
    fs::write(folder.path().join("foreign.json"), "{\"name\": \"left-pad\", \"format\": 1}").unwrap();
    changed(&folder, "newer.json", |v| {
        (v["format"], v["run"]["version"]) = (7.into(), "9.9.0".into());
        v.as_object_mut().unwrap().remove("kernels");
    });
    changed(&folder, "older.json", |v| v["format"] = 0.into());
    changed(&folder, "words.json", |v| v["format"] = "one".into());
    changed(&folder, "damaged.json", |v| v["kernels"][3]["seconds"] = "fast".into());
    for (file, says) in [
        ("missing.json", ["missing.json", "--json FILE"].as_slice()),
        (".", &["--json FILE"]),
        ("cut.json", &["cut.json is not JSON", "line", "--json FILE"]),
        ("picture.json", &["picture.json is not JSON", "--json FILE"]),
        ("foreign.json", &["foreign.json is JSON, but not of a benchmark", "`run`", "--json FILE"]),
        ("newer.json", &["newer.json has format 7", "reads format 1", "lepton-gpu 9.9.0", "newer"]),
        ("older.json", &["older.json has format 0", "reads format 1", "measure again"]),
        ("words.json", &["words.json", "no number in `format`"]),
        ("damaged.json", &["damaged.json is damaged", "column", "measure again"]),
    ] {
        for args in [vec!["--from", file], vec!["--compare", sample("sample-a.json").to_str().unwrap(), file]] {
            let (code, out, err) = bench(folder.path(), &args);
            assert_eq!((code, out.as_str()), (Some(2), ""), "{file}: {err}");
            assert!(says.iter().all(|part| err.contains(part)), "{file}: {says:?}\n{err}");
        }
    }
    assert!(matches!(read(&folder.path().join("cut.json")), Err(ReadError::NotJson { .. })));
}

#[test]
fn a_name_does_not_steer_the_terminal() {
    let folder = TempDir::new().unwrap();
    let file =
        changed(&folder, "esc.json", |v| v["adapter"]["name"] = "\u{1b}[31mRed\u{1b}]0;title\u{7}\nnew line".into());
    let (code, out, _) = bench(folder.path(), &["--from", file.to_str().unwrap()]);
    assert_eq!(code, Some(0));
    assert!(out.contains("Red") && !out.contains('\u{1b}') && !out.contains('\u{7}'), "{out}");
    assert_eq!(with(&out, &["adapter", "Red", "new line"]).len(), 1, "{out}");
}

#[test]
fn pages_are_whole_or_absent() {
    let folder = TempDir::new().unwrap();
    let a = sample("sample-a.json");
    let (code, out, _) = bench(folder.path(), &["--from", a.to_str().unwrap(), "--html", "a.html"]);
    assert_eq!((code, with(&out, &["written", "a.html"]).len()), (Some(0), 1), "{out}");
    assert_eq!(fs::read_to_string(folder.path().join("a.html")).unwrap(), page(&result("sample-a.json")));
    let (code, _, err) = bench(folder.path(), &["--from", a.to_str().unwrap(), "--html", "none/a.html"]);
    assert!(code == Some(2) && err.contains("none/a.html") && !err.contains("--out"), "{err}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-written stays");
}

#[test]
fn what_contradicts_itself_is_refused() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for args in [
        vec!["--quick", "--full"],
        vec!["--compare", A],
        vec!["--compare", A, B, "--html", "x.html"],
        vec!["--compare", A, B, "--from", A],
        vec!["--from", A, "--json", "x.json"],
        vec!["--from", A, "--quick"],
    ] {
        let (code, _, err) = bench(here, &args);
        assert!(
            code == Some(2) && (err.contains("cannot be used with") || err.contains("2 values")),
            "{args:?}: {err}"
        );
    }
    assert!(!here.join("x.html").exists());
}

#[test]
fn a_verdict_comes_first() {
    let first = |out: &str| out.lines().next().unwrap_or_default().to_string();
    let one = first(&shown(&["--from", A]));
    assert!(one.starts_with("verdict") && one.contains("25.4x as fast as the baseline"), "{one}");
    assert!(first(&shown(&["--from", B])).contains("none: a loss was wrong"));
    assert!(first(&shown(&["--compare", A, B])).contains("none: a loss of B is wrong"));

    // half as fast, with every loss right
    let folder = TempDir::new().unwrap();
    let mut slow = result("sample-a.json");
    slow.training.iter_mut().for_each(|training| training.images_per_second /= 2.0);
    let file = folder.path().join("slow.json");
    fs::write(&file, serde_json::to_vec(&slow).unwrap()).unwrap();
    let file = file.to_str().unwrap();
    let count = slow.training.len();
    let said = format!("A trains 2.00x as fast as B (2.00x to 2.00x in {count} workloads)");
    assert!(shown(&["--compare", A, file]).replace("\n          ", " ").contains(&said));
    let said = said.replace("A trains", "B trains").replace("as B", "as A");
    assert!(shown(&["--compare", file, A]).replace("\n          ", " ").contains(&said));
}

#[test]
fn published_rates_stand_beside_the_same_work() {
    let folder = TempDir::new().unwrap();
    let mut large = result("sample-a.json");
    assert!(!shown(&["--from", A]).contains("published"));
    (large.training[0].model, large.training[0].batch) = ("resnet50".into(), 64);
    large.training[0].precision = "f32".into();
    let file = folder.path().join("large.json");
    fs::write(&file, serde_json::to_vec(&large).unwrap()).unwrap();
    let out = shown(&["--from", file.to_str().unwrap()]);
    is_narrow(&out);
    assert_eq!(with(&out, &["resnet50", "348", "RX 7900 XTX", "PyTorch"]).len(), 1, "{out}");
    assert_eq!(with(&out, &["resnet50", "721", "RTX 4090", "TF32"]).len(), 1, "{out}");
    assert!(with(&out, &["resnet50", "f16"]).is_empty(), "another precision is other work: {out}");
}

#[test]
fn a_row_has_the_rates() {
    let out = shown(&["--from", A, "--row"]);
    let row = out.lines().last().unwrap_or_default();
    assert!(row.starts_with("| NVIDIA GeForce RTX 4070") && row.ends_with(" |"), "{row}");
    assert!(row.contains("| 2,536 |"), "{row}");
}
