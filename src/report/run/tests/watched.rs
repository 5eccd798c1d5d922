//! Pages of runs that are under way, without the script, which has its own test with a server.

use serde_json::json;

use crate::report::Entry;
use crate::report::watch::{View, Watched, Writer};

/// What a run of `classes` classes has told after some epochs and half of another.
fn told(classes: usize, epochs: u32) -> Watched {
    let names: Vec<String> = (0..classes).map(|i| format!("class <b>{i}</b> of a long name")).collect();
    let mut lines = vec![json!({
        "event": "start", "schema": 1, "time": "2026-02-11T09:14:00.000Z", "epochs": 40, "best_by": "accuracy",
        "command": "lepton-gpu train photos --model resnet20 --lr 0.1 --out runs/a-run-with-a-rather-long-name-for-a-phone",
        "device": { "name": "llvmpipe (LLVM 15.0.6, 256 bits)" }, "model": { "name": "resnet20" },
        "data": { "name": "photos \"><script>alert(1)</script>", "classes": names }, "device_bytes": 123_456_789, "examples": "images",
    })];
    lines.push(json!({ "event": "first_step", "seconds": 1.5, "time": "2026-02-11T09:14:02.000Z" }));
    for epoch in 1..=epochs {
        let x = f64::from(epoch);
        let matrix: Vec<Vec<u64>> = (0..classes)
            .map(|i| (0..classes).map(|j| if i == j { 90 } else { (i * j % 4) as u64 }).collect())
            .collect();
        lines.push(json!({
            "event": "epoch", "epoch": epoch, "global_step": 100 * epoch, "steps": 100, "seconds": 20.0, "learning_rate": 0.1 / x,
            "loss": 2.0 / x, "accuracy": 1.0 - 0.8 / x, "best": true, "time": "2026-02-11T09:16:00.000Z",
            "validation": { "loss": 2.2 / x, "accuracy": 0.98 - 0.8 / x }, "confusion": matrix,
        }));
    }
    lines.push(json!({
        "event": "progress", "epoch": epochs + 1, "step": 50, "steps": 100, "images": 3200, "seen": 3200, "images_left": 3200, "seconds": 5.0,
        "loss": 0.123, "accuracy": 0.9, "time": "2026-02-11T09:16:10.000Z",
    }));
    let mut watched = Watched::default();
    lines.iter().for_each(|line| watched.take(&Entry::parse(&line.to_string()).expect("an event")));
    watched
}

/// Pages of runs that begin, go on, are stopped, and are over.
pub fn all() -> Vec<(&'static str, String)> {
    let (first, ten, many) = (told(10, 0), told(10, 12), told(50, 3));
    let mut over = told(3, 40);
    for line in
        [json!({ "event": "test", "accuracy": 0.91, "loss": 0.3 }), json!({ "event": "verdict", "seconds": 810.0 })]
    {
        over.take(&Entry::parse(&line.to_string()).expect("an event"));
    }
    let report = Some("runs/first/report.html".to_string());
    let of = |name: &'static str, watched: &Watched, writer, report| {
        let run = "a-run-with-a-rather-long-name-that-a-phone-must-break";
        let page = View { run, folder: "runs/my run", watched, writer, report }.page();
        let (before, script) = page.split_once("<script>").expect("a script");
        let (_, after) = script.split_once("</script>").expect("its end");
        (name, format!("{before}{after}"))
    };
    vec![
        of("watch-absent", &Watched::default(), Writer::Absent, None),
        of("watch-begun", &first, Writer::There, None),
        of("watch-ten", &ten, Writer::There, None),
        of("watch-many", &many, Writer::Gone, None),
        of("watch-over", &over, Writer::Gone, report),
    ]
}

#[test]
fn a_page_says_where_a_run_is_and_names_are_never_markup() {
    let pages = all();
    for (name, page) in &pages {
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("http://"), "{name}");
        if std::env::var_os("LEPTON_KEEP").is_some() {
            std::fs::write(std::env::temp_dir().join(format!("{name}.html")), page).unwrap();
        }
    }
    let parts: [&[&str]; 5] = [
        &["waiting", "no run in this folder yet"],
        &["training", "1 of 40", "50 of 100", "117.7 MiB", "aria-valuenow=\"1\""],
        // half of epoch 13, and 27 more of 20 seconds
        &[
            "best accuracy so far",
            "91.33 %",
            "in epoch 12, the last one",
            "13 of 40",
            "9 min 5 s left",
            "Confusion after epoch 12",
            "aria-valuenow=\"31\"",
            "640",
        ],
        &["stopped", "to continue: lepton-gpu train --out &#x27;runs&#x2f;my run&#x27; --resume", "4 of 40"],
        &["finished", "Its report</a> is in <code>runs&#x2f;first&#x2f;report.html", "accuracy 91.00 %"],
    ];
    for ((name, page), parts) in pages.iter().zip(parts) {
        parts.iter().for_each(|part| assert!(page.contains(part), "{name}: {part}"));
    }
    assert!(!pages[4].1.contains("progressbar") && !pages[3].1.contains(" left</"));
}
