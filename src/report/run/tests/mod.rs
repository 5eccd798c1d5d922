//! Pages of every kind, as text and in a browser.

mod browser;
mod samples;
mod watched;

use std::time::Instant;

use super::page;
use super::plots::save_plots;
use crate::platform::files;
use crate::report::draw::turns;

#[test]
fn pages_ask_nobody_and_names_are_never_markup() {
    for (name, facts) in samples::all() {
        let html = page(&facts);
        for outside in ["http://", "https://", "url(", "@import", "<link rel=\"stylesheet", " src=\"/", "file:"] {
            assert!(!html.replace("http://www.w3.org/2000/svg", "").contains(outside), "{name}: {outside}");
        }
        assert_eq!(html.matches("<script").count(), 1, "{name}: only the page's own script");
        assert!(!html.contains("alert(\"x\")") && !html.contains("<b>"), "{name}");
        assert!(!html.contains(turns), "{name}: a name turns what follows");
        assert!(html.len() < 5_000_000, "{name}: {} bytes", html.len());
        if std::env::var_os("LEPTON_KEEP").is_some() {
            std::fs::write(std::env::temp_dir().join(format!("report-{name}.html")), html).unwrap();
        }
    }
}

#[test]
fn a_page_shows_what_it_was_given() {
    let html = page(&samples::classes(10, 1001, "images"));
    for part in [
        "of 1,001 validation images right",
        "Most confident mistakes",
        "Least confident hits",
        "Confusion matrix",
        "Expected calibration error",
        "Filters of the first layer",
        "Time by kernel",
        "Memory by buffer",
        "--recipe runs&#x2f;a --out a-again",
        "&lt;script&gt;alert(&quot;x&quot;)&lt;&#x2f;script&gt;",
        "aria-label=\"right\"",
        "aria-label=\"wrong\"",
        "שלום עולם",
    ] {
        assert!(html.contains(part), "{part}");
    }
    let hopeless =
        samples::all().into_iter().find(|(name, _)| *name == "hopeless").map(|(_, facts)| page(&facts)).unwrap();
    for part in
        ["gets 100.0 % of answers: little learned", "Try: more epochs", "33.33 % right on 30 test images", "1,000"]
    {
        assert!(hopeless.contains(part), "{part}");
    }
    assert!(!html.contains("ROC"), "ten classes have no ROC curve");
    assert!(page(&samples::classes(2, 300, "images")).contains("Area under the curve"));
}

#[test]
fn ten_thousand_examples_are_shown_in_a_moment() {
    let timed = |examples| {
        let facts = samples::classes(10, examples, "images");
        let begun = Instant::now();
        (page(&facts), begun.elapsed().as_secs_f64())
    };
    // ten times as many must not take a hundred times as long; what else the machine does takes its share once, not each time
    let ratios = (0..5).map(|_| {
        let [(_, few), (html, many)] = [1_000, 10_000].map(timed);
        assert!(html.len() < 5_000_000, "{} bytes", html.len());
        many / few
    });
    let least = ratios.reduce(f64::min).unwrap_or(f64::MAX);
    assert!(least < 12.0, "ten times as many examples take {least:.0} times as long");
}

#[test]
fn figures_are_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let facts = samples::classes(2, 40, "images");
    save_plots(&facts, folder.path()).unwrap();
    for name in ["loss", "measures", "learning-rate", "speed", "confusion", "reliability", "precision-recall", "roc"] {
        let file = |end: &str| files::read(&folder.path().join(format!("{name}.{end}"))).unwrap();
        let svg = String::from_utf8(file("svg")).unwrap();
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{name}");
        let picture = image::load_from_memory(&file("png")).unwrap().into_rgb8();
        let inked = picture.pixels().filter(|pixel| pixel.0 != [255; 3]).count();
        assert!(inked > 1000, "{name}: {inked} pixels are drawn");
    }
}
