//! `report`: the page that `train` ends with, made again from what a run keeps, from its data, and on other data.

use crate::errors::{MODEL, photos};
use crate::support::Place;

const TRAIN: &str = "train --model linear --limit 640 --epochs 2 --val-split 0.1 --out run";

#[test]
fn a_report_is_the_same_from_what_was_kept_and_evaluated_again() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = place.run(TRAIN).exits(0);
    assert!(ran.line("report ").contains("report.html"), "{ran}");
    let [page, kept] = ["run/report.html", "run/predictions.csv"].map(|file| place.text(file));
    assert_eq!(kept.lines().count(), 65, "64 held-out images and the names of the columns");
    let accuracy: f64 =
        ran.line("result ").split("accuracy ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(
        page.contains(&format!("({accuracy:.1} %)")) && page.contains("of 64 validation images right"),
        "{accuracy}"
    );
    assert!(page.contains("data:image/png;base64,"), "images of the data set are shown");
    assert!(page.contains("T-shirt&#x2f;top"), "names are escaped");
    place.run("report run --out again.html").exits(0);
    assert_eq!(place.text("again.html"), page, "what is kept is all that a page needs");
    std::fs::remove_file(place.path("run/predictions.csv")).unwrap();
    place.run("report run").exits(0);
    assert_eq!(place.text("run/predictions.csv"), kept, "evaluated again, to the last digit");
    assert_eq!(place.text("run/report.html"), page);
    for figure in ["loss", "measures", "learning-rate", "speed", "reliability", "confusion"] {
        assert!(place.path(&format!("run/plots/{figure}.png")).is_file(), "{figure}");
    }
    // a page that goes elsewhere is worth having where nothing can be written beside the run
    std::fs::remove_dir_all(place.path("run/plots")).unwrap();
    place.write("run/plots", "in the way");
    let ran = place.run("report run --out third.html").exits(0);
    assert!(
        ran.err.contains("note: the plots beside the run were not written: ") && place.text("third.html") == page,
        "{ran}"
    );
    place.run("report run").exits(2);
}

#[test]
fn answers_of_other_weights_are_not_reported() {
    let Some(place) = Place::with_adapter() else { return };
    place.run(TRAIN).exits(0);
    let kept = place.text("run/predictions.csv");
    place.run("train --resume --epochs 4 --no-report --out run").exits(0);
    place.run("report run").exits(0);
    let now = place.text("run/predictions.csv");
    assert!(now != kept && now.lines().count() == kept.lines().count(), "four epochs answer otherwise than two");
}

#[test]
fn other_data_have_a_report_of_their_own() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = place.run(&format!("{TRAIN} --no-report")).exits(0);
    assert!(!ran.out.contains("\nreport ") && !place.path("run/report.html").exists(), "{ran}");
    place.run("report run fashion-small").exits(0);
    let page = place.text("run/report-fashion-small.html");
    assert!(page.contains("of 2,000 test images right"), "all that the data hold out");
    assert!(!place.path("run/predictions.csv").exists(), "the run's own answers are others");
}

#[test]
fn damaged_answers_are_named_and_a_folder_without_a_run_too() {
    let Some(place) = Place::with_adapter() else { return };
    place.run(TRAIN).exits(0);
    std::fs::write(place.path("run/predictions.csv"), "split,from,number,name,class\n").unwrap();
    let ran = place.run("report run").exits(2);
    assert!(ran.err.contains("predictions.csv, line 1: ") && ran.err.contains("try: "), "{ran}");
    let ran = place.run("report nowhere").exits(2);
    assert!(ran.err.contains("no checkpoint found at nowhere"), "{ran}");
}

#[test]
fn images_that_were_learned_are_not_taken_for_held_out_ones() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place);
    place.write("small.toml", MODEL);
    place.run("train photos --model small.toml --batch 16 --steps 2 --no-report --out run").exits(0);
    let before = place.run("eval run --json").exits(0).json();
    assert_eq!(before["split"], "validation");
    let lost = place.read("photos/red/red-3.png");
    std::fs::remove_file(place.path("photos/red/red-3.png")).unwrap();
    for command in ["eval run", "eval run --recall 0.5 --of red", "predict run --grid grid.png"] {
        let ran = place.run(command).exits(2);
        assert!(
            ran.err.contains("the data changed since the run began") && ran.err.contains("now has 56"),
            "{command}: {ran}"
        );
        assert!(
            ran.err.contains("cannot be told from those that it learned") && ran.err.contains("try: --data"),
            "{ran}"
        );
    }
    let ran = place.run("report run").exits(0);
    assert!(place.text("run/report.html").contains("The run was not evaluated"), "{ran}");
    let all = place.run("eval run --data photos --json").exits(0).json();
    assert_eq!(
        (all["split"].as_str(), all["images"].as_u64()),
        (Some("training"), Some(71)),
        "and nothing else is said of them"
    );
    place.write("photos/red/red-3.png", &lost);
    assert_eq!(place.run("eval run --json").exits(0).json(), before, "the data are as they were");
}

#[test]
fn letters_that_no_font_has_are_told_once() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place);
    // a letter for private use: there is no font that draws it
    std::fs::rename(place.path("photos/blue"), place.path("photos/blue \u{f1234}")).unwrap();
    place.write("small.toml", MODEL);
    place.run("train photos --model small.toml --epochs 2 --no-report --out run").exits(0);
    for command in ["report run", "eval run --confusion confusion.png"] {
        let ran = place.run(command).exits(0);
        let note = "note: pictures write “\u{f1234}” as \\u{f1234}, because no font here has it";
        assert_eq!(ran.err.lines().collect::<Vec<_>>(), [note], "{command}\n{ran}");
    }
}
