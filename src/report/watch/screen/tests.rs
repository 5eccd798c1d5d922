use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::super::watched::tests::{epoch, line, run, start};
use super::*;
use crate::train::Event;

const FORTY: usize = 40;

fn shown(watched: &Watched) -> Shown<'_> {
    Shown {
        watched,
        run: "runs/seed-mnist-1",
        said: &[],
        warnings: &[],
        host_bytes: Some(310 << 20),
        split: None,
        is_own: true,
        is_written: Some(true),
        is_stopping: false,
    }
}

/// The rows of a screen of this size, without what is free at their ends.
fn rows(shown: &Shown, view: &mut View, [width, height]: [u16; 2]) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, shown, view)).unwrap();
    let buffer = terminal.backend().buffer();
    let letter = |x: u16, y: u16| buffer[(x, y)].symbol().to_string();
    (0..height).map(|y| (0..width).map(|x| letter(x, y)).collect::<String>().trim_end().to_string()).collect()
}

fn on(page: Page) -> View {
    View { page, ..View::default() }
}

/// Names of classes of different lengths.
fn names(count: usize) -> Vec<String> {
    let words = ["cat", "ankle boot", "great crested grebe", "tractor"];
    (0..count).map(|i| format!("{} {i}", words[i % words.len()])).collect()
}

fn of_classes(count: usize) -> Watched {
    let names = names(count);
    run(3, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

#[track_caller]
fn assert_has(rows: &[String], texts: &[&str]) {
    let all = rows.join("\n");
    texts.iter().for_each(|text| assert!(all.contains(text), "`{text}` is missing in\n{all}"));
}

#[test]
fn the_curves_show_what_was_told() {
    let watched = of_classes(2);
    let seen = rows(&shown(&watched), &mut View::default(), [80, 24]);
    assert_eq!(seen[0], format!("{:<72}training", "seed-mnist on photos · Radeon RX 7900 XTX · runs/seed-mnist-1"));
    assert_eq!(seen[1], "Epoch 4/9   40 %  16 s left  400 images/s  loss 0.2000  best F1 0.3000 (3)");
    assert_eq!(seen[2], "lr 0.01  400 images/s  250 ms a step  45.2 MiB device  310.0 MiB host");
    assert_has(
        &seen,
        &[
            "Loss",
            "━ train",
            "• val",
            "━ train acc  • val acc  x val F1",
            "Learning rate",
            "Speed",
            "400",
            "1 curves",
            "s save  x stop  q line  ? help",
        ],
    );
    // the marks of four curves' axes: their first and their last epoch
    let axes = seen.iter().filter(|row| row.contains("1  ") && row.trim_end().ends_with('3')).count();
    assert_eq!(axes, 2, "{}", seen.join("\n"));
    let rate = crate::report::chart::figure(0.01) + "│";
    assert_eq!(seen.iter().filter(|row| row.starts_with(&rate)).count(), 1, "{}", seen.join("\n"));
    assert!(seen.iter().all(|row| !row.contains("0.0101")), "a rate that stays where it is has one label");
    let drawn = |row: &String| row.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
    assert!(seen.iter().filter(|row| drawn(row)).count() > 5, "{}", seen.join("\n"));
    let wide = rows(&shown(&watched), &mut View::default(), [160, 50]);
    assert_has(
        &wide,
        &[
            "Loss  ━ training 0.333  • validation 0.5",
            "━ train acc 90.0 %  • val acc 80.0 %  x val F1 30.0 %",
            "310.0 MiB on the host",
        ],
    );
}

#[test]
fn every_screen_has_its_title_its_figures_and_its_keys_whole() {
    for count in [2, 10, 40] {
        let watched = of_classes(count);
        for (page, _) in PAGES {
            for size in [[40, 10], [40, 24], [80, 24], [160, 50]] {
                let seen = rows(&shown(&watched), &mut on(page), size);
                let whole = seen.join("\n");
                assert!(seen[0].starts_with("seed-mnist on photos") && seen[0].ends_with("training"), "{whole}");
                assert!(
                    seen[1].contains("4/9  ") && seen[1].contains(" 40 %  16 s left") && seen[1].contains("0.3000"),
                    "{whole}"
                );
                assert!(seen[size[1] as usize - 1].ends_with("? help"), "{whole}");
                assert!(seen.iter().all(|row| columns(row) <= size[0].into()), "{whole}");
            }
        }
    }
}

#[test]
fn a_screen_of_any_size_is_drawn() {
    let (watched, silent) = (of_classes(40), Watched::default());
    for (width, height) in (1..50).map(|i| (i, 50 - i)).chain([(1, 1), (200, 3), (3, 200), (300, 100)]) {
        for page in PAGES.map(|(page, _)| page).into_iter().chain([Page::Help]) {
            for watched in [&watched, &silent] {
                rows(&shown(watched), &mut View { asks: width % 2 == 0, scroll: 7, ..on(page) }, [width, height]);
            }
        }
    }
}

#[test]
fn two_classes_have_their_counts_and_names() {
    let watched = run(3, &["cat", "dog"]);
    for size in [[40, 10], [80, 24], [160, 50]] {
        let seen = rows(&shown(&watched), &mut on(Page::Confusion), size);
        // 90 of 93 cats and 90 of 97 dogs
        assert_has(&seen, &["180 of 190", "right         cat        dog", "1 cat       97 %", "2 dog       93 %"]);
        let row = seen.iter().find(|row| row.starts_with("2 dog")).unwrap();
        assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["2", "dog", "93", "%", "7", "90"]);
    }
    let seen = rows(&shown(&watched), &mut on(Page::Confusion), [80, 24]);
    assert_has(&seen, &["Confusion, epoch 3: 180 of 190 validation examples right", "dog → cat: 7 (7.22 %)"]);
}

#[test]
fn forty_classes_fit_80_columns_row_by_row() {
    let watched = of_classes(40);
    let mut view = on(Page::Confusion);
    let mut met = std::collections::BTreeSet::new();
    for _ in 0..40 {
        for row in rows(&shown(&watched), &mut view, [80, 24]) {
            let class = names(40).iter().position(|name| row.contains(&format!(" {name} ")));
            if let Some(class) = class {
                let cells = row.chars().count() - 2 - 1 - 22 - 1 - 6;
                assert!((38..=40).contains(&cells), "a cell a class, of which the last may be free: {row:?}");
                met.insert(class);
            }
        }
        view.scroll += 1;
    }
    assert_has(&rows(&shown(&watched), &mut on(Page::Confusion), [80, 24]), &["right, rows 1 to 16 of 40"]);
    assert_has(&rows(&shown(&watched), &mut view, [80, 24]), &["right, rows 25 to 40 of 40"]);
    assert_eq!(met.len(), 40, "every class is shown with its whole name: {met:?}");
    let narrow = rows(&shown(&watched), &mut on(Page::Confusion), [FORTY as u16, 24]);
    assert_has(&narrow, &["matrix needs 58 columns; most confused:", "→"]);
    let wide = rows(&shown(&watched), &mut on(Page::Confusion), [200, 60]);
    assert_has(&wide, &["most confused", " 90"]);
}

#[test]
fn what_is_not_known_is_said() {
    let mut regression = start("start", 9, &["price".into()]);
    regression["task"] = "regress".into();
    let mut many = start("start", 9, &names(60));
    many["split"] = serde_json::json!({"part": "training", "count": 9});
    let mut held = start("start", 9, &names(3));
    held["split"] = serde_json::Value::Null;
    for (start, text) in [
        (regression, "learns something else"),
        (many, "of more than 50 classes"),
        (held, "no examples validate"),
        (super::super::watched::tests::start("start", 9, &names(3)), "before the first epoch"),
    ] {
        let mut watched = Watched::default();
        watched.take(&line(0, &start));
        assert_has(&[rows(&shown(&watched), &mut on(Page::Confusion), [80, 24]).join(" ")], &[text]);
    }
    let watched = of_classes(2);
    let details = |shown: &Shown| rows(shown, &mut on(Page::Details), [240, 50]);
    let own = details(&shown(&watched));
    let parts = [
        "3.0 s: steps 83 %, validation, saving and the rest 17 %",
        "run train --profile to see where a step's time goes",
        "310.0 MiB of the program",
    ];
    assert_has(&own, &parts);
    assert_has(
        &own,
        &[
            "lepton-gpu train photos --epochs 9",
            "93,322 parameters, input 28 x 28 x 1",
            "radv 25.0",
            "learning_rate = 0.01",
        ],
    );
    let split = Some((vec![("forward".to_string(), 0.4), ("gradients".to_string(), 0.6)], 0.2));
    let profiled = details(&Shown { split, ..shown(&watched) });
    assert_has(
        &profiled,
        &["200 ms on the device when profiled: forward 40 %, gradients 60 %; the rest of a step, 50.0 ms,"],
    );
    let other = details(&Shown { host_bytes: None, is_own: false, ..shown(&watched) });
    assert_has(&other, &["host memory of the training process unknown"]);
}

#[test]
fn the_state_of_a_run_is_in_its_title() {
    let mut watched = of_classes(2);
    let title = |shown: &Shown| rows(shown, &mut View::default(), [80, 24])[0].clone();
    assert!(title(&Shown { is_stopping: true, ..shown(&watched) }).ends_with("  stopping"));
    let other = Shown { is_own: false, ..shown(&watched) };
    assert!(title(&other).ends_with("  training"));
    let left = Shown { is_written: Some(false), ..other };
    let seen = rows(&left, &mut View::default(), [80, 24]);
    assert!(seen[0].ends_with("  not running"), "{seen:?}");
    assert_eq!(seen[1], "Epoch 4/9 40 %  best F1 0.3000 (3)");
    assert_eq!(seen[2], "to continue: lepton-gpu train --out runs/seed-mnist-1 --resume");
    watched.take(&line(90, &epoch(9, 0.9, true, None)));
    watched.take(&line(91, &Event::Verdict { seconds: 91.0, assessment: None }));
    let over = Shown { is_own: false, is_written: Some(false), ..shown(&watched) };
    assert!(title(&over).ends_with("  finished"));
    let seen = rows(&over, &mut View::default(), [80, 24]);
    assert!(seen[1].starts_with("Epoch 4/9  best F1 0.9000 (4)"), "{seen:?}");
    let silent = Watched::default();
    let seen = rows(&Shown { is_own: false, is_written: None, ..shown(&silent) }, &mut View::default(), [80, 24]);
    assert!(seen[0].ends_with("  waiting") && seen[1] == "no run in runs/seed-mnist-1 yet", "{seen:?}");
}

#[test]
fn the_log_has_its_end_and_what_was_said() {
    let watched = of_classes(2);
    let said: Vec<String> = (1..30).map(|i| format!("note     number {i}")).collect();
    let warnings = ["finishing the step".to_string()];
    let all = Shown { said: &said, warnings: &warnings, ..shown(&watched) };
    let mut view = on(Page::Log);
    let seen = rows(&all, &mut view, [80, 24]);
    assert_eq!(seen[22], "finishing the step");
    assert_eq!(seen[20], "17:00:12  epoch 3: loss 0.3333 acc 0.9000  val loss 0.5000 acc 0.8000 F1 0.3000");
    assert_eq!(seen[21], "          *");
    assert_has(&seen, &["note     number 29"]);
    view.scroll = 1000;
    let seen = rows(&all, &mut view, [80, 24]);
    assert_eq!(seen[4], "note     number 1", "{seen:?}");
}

#[test]
fn it_asks_before_it_stops() {
    let watched = of_classes(2);
    for (size, text) in
        [([80, 24], "Stop after this step, save, and end? y: yes, n: no"), ([40, 10], "Stop the run and save? y/n")]
    {
        let seen = rows(&shown(&watched), &mut View { asks: true, ..View::default() }, size);
        assert_eq!(seen.last().unwrap(), text);
    }
}

#[test]
fn colours_are_only_where_they_may_be() {
    let watched = of_classes(4);
    for (page, _) in PAGES {
        for colours in [false, true] {
            let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
            let mut view = View { palette: Palette { colours }, ..on(page) };
            terminal.draw(|frame| draw(frame, &shown(&watched), &mut view)).unwrap();
            let is_plain = |cell: &ratatui::buffer::Cell| {
                [cell.fg, cell.bg].iter().all(|own| *own == ratatui::style::Color::Reset)
            };
            assert_eq!(terminal.backend().buffer().content.iter().all(is_plain), !colours, "{page:?}");
        }
    }
}

#[test]
fn rates_are_short() {
    let texts = [0.01, 0.001_634, 2.14e-6, 1.5, 30.0, 0.0].map(rate_text);
    assert_eq!(rate_text(8e-9), figure(8e-9), "as the legend of its curve has it");
    assert_eq!(texts, ["0.01", "0.00163", "2.1e−6", "1.5", "30", "0"]);
}

#[test]
fn a_run_of_many_epochs_is_drawn_from_few_points() {
    let mut watched = run(1, &["cat", "dog"]);
    (2..5000).for_each(|number| watched.take(&line(0, &epoch(number, 0.5, number == 700, None))));
    let mut curves = Curves::default();
    let charts = curves.of(&watched.history, true);
    let ends = |points: &[[f64; 2]]| (points[0][0], points[points.len() - 1][0]);
    for series in charts.iter().flat_map(|chart| &chart.series).filter(|series| series.name != "images a second") {
        assert!(series.points.len() <= 802 && ends(&series.points) == (1.0, 4999.0), "{}", series.name);
    }
    rows(&shown(&watched), &mut View::default(), [80, 24]);
}
