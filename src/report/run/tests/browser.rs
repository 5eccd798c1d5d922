//! Pages in Chromium, at the widths of a phone, a window and a large screen: no error, no request, every picture there, no text
//! over another or cut.

use std::path::Path;

use serde_json::Value;

use super::{samples, watched};
use crate::chromium;
use crate::report::bench;
use crate::report::embedding::tests as embedding;
use crate::report::run::page;

const WIDTHS: [u32; 3] = [360, 900, 1600];

/// A page with what looks at it: errors are collected before anything else runs.
fn examined(html: &str, name: &str) -> String {
    let csp = html.find("<meta http-equiv=\"Content-Security-Policy\"").expect("a page forbids everything else");
    let end = csp + html[csp..].find('>').expect("a tag ends") + 1;
    let check = include_str!("check.js").replace("NAME", name);
    let (head, body) = (&html[..csp], &html[end..]);
    let watch = "<script>window.problems = []; addEventListener('error', e => problems.push('error: ' + (e.message || e.target.src)), true);\
                 console.error = (...all) => problems.push('error: ' + all.join(' '));</script>";
    format!("{head}{watch}{}", body.replace("</body>", &format!("<script>{check}</script></body>")))
}

/// Every page at every width in one browser; what was wrong with each.
fn problems(pages: &[(&str, String)]) -> Option<Vec<(String, u64, Vec<String>)>> {
    let browser = chromium::browser()?;
    let folder = tempfile::tempdir().unwrap();
    let mut frames = String::new();
    for (name, html) in pages {
        std::fs::write(folder.path().join(format!("{name}.html")), examined(html, name)).unwrap();
        for width in WIDTHS {
            frames +=
                &format!("<iframe src=\"{name}.html\" style=\"width:{width}px;height:900px;border:0\"></iframe>\n");
        }
    }
    let expected = pages.len() * WIDTHS.len();
    let harness = format!(
        "<!doctype html><meta charset=utf-8><body style=\"width:1700px\"><script>const all = []; addEventListener('message', e => {{ all.push(e.data); \
         if (all.length === {expected}) document.querySelector('pre').textContent = btoa(unescape(encodeURIComponent(JSON.stringify(all)))); }});</script><pre></pre>{frames}"
    );
    std::fs::write(folder.path().join("all.html"), harness).unwrap();
    let address = format!("file://{}", folder.path().join("all.html").display());
    let out = chromium::dom(&browser, &address, folder.path(), 60_000, &["--host-resolver-rules=MAP * ~NOTFOUND"]);
    let found =
        out.split("<pre>").nth(1).and_then(|rest| rest.split("</pre>").next()).filter(|found| !found.is_empty());
    let found = found.unwrap_or_else(|| panic!("the browser did not finish:\n{}", &out[..out.len().min(2000)]));
    use base64::Engine;
    let json = base64::engine::general_purpose::STANDARD.decode(found).unwrap();
    let all: Vec<Value> = serde_json::from_slice(&json).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let one = |found: &Value| {
        let problems = found["problems"].as_array().unwrap().iter().map(text).collect();
        (text(&found["name"]), found["width"].as_u64().unwrap(), problems)
    };
    Some(all.iter().map(one).collect())
}

#[test]
fn every_page_is_whole_at_every_width() {
    let mut pages: Vec<(&str, String)> = samples::all().into_iter().map(|(name, facts)| (name, page(&facts))).collect();
    pages.push(("embedding", embedding::sample(6, 40)));
    pages.push(("embedding-100", embedding::sample(100, 12)));
    pages.push(("embedding-numbers", embedding::sample_of_numbers()));
    pages.push(("embedding-texts", embedding::sample_of_texts()));
    for (name, file) in [("bench-a", "sample-a.json"), ("bench-b", "sample-b.json")] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench").join(file);
        pages.push((name, bench::page(&bench::read(&file).unwrap())));
    }
    pages.extend(watched::all());
    let Some(found) = problems(&pages) else { return };
    assert_eq!(found.len(), pages.len() * WIDTHS.len());
    let bad: Vec<String> = found
        .iter()
        .flat_map(|(name, width, problems)| problems.iter().map(move |problem| format!("{name} at {width}: {problem}")))
        .collect();
    assert!(bad.is_empty(), "{} problems:\n{}", bad.len(), bad.iter().take(60).cloned().collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_card_is_of_a_mark_that_is_there() {
    let with = |html: String| html.replace("</body>", &format!("{}</body>", embedding::CARD));
    let pages = [("embedding", with(embedding::sample(6, 40))), ("texts", with(embedding::sample_of_texts()))];
    let Some(found) = problems(&pages) else { return };
    assert!(found.iter().all(|(.., problems)| problems.is_empty()), "{found:?}");
}

#[test]
fn what_is_wrong_with_a_page_is_found() {
    let frame = |body: &str| {
        format!(
            "<!doctype html><html><head><meta http-equiv=\"Content-Security-Policy\" content=\"\"></head><body>{body}</body></html>"
        )
    };
    let broken = [
        (
            "overlap",
            "<p style=\"position:absolute;top:9px\">one text</p><p style=\"position:absolute;top:12px\">another one</p>",
            "overlap",
        ),
        (
            "cut",
            "<p style=\"width:60px;overflow:hidden;white-space:nowrap\">a text that is longer than that</p>",
            "cut",
        ),
        ("wide", "<p style=\"width:3000px\">wider than the page</p>", "wide"),
        ("picture", "<img src=\"data:image/png;base64,AAAA\">", "picture"),
        ("request", "<img src=\"https://example.invalid/a.png\">", "request"),
        ("console", "<script>console.error('trouble')</script>", "error: trouble"),
        ("thrown", "<script>nothing.is()</script>", "error"),
        (
            "drawn",
            "<svg viewBox=\"0 0 50 20\" width=50 height=20 style=\"overflow:hidden\"><text x=40 y=15>outside</text></svg>",
            "cut",
        ),
    ];
    let pages: Vec<(&str, String)> = broken.iter().map(|(name, body, _)| (*name, frame(body))).collect();
    let Some(found) = problems(&pages) else { return };
    for (name, _, problem) in broken {
        let own = found.iter().find(|(of, width, _)| of == name && *width == 900).unwrap();
        assert!(own.2.iter().any(|one| one.starts_with(problem)), "{name}: {:?}", own.2);
    }
}
