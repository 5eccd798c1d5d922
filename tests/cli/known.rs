//! What is known of examples (nothing, a class, several labels or numbers): commands take all of these, and say what it is.

use crate::errors::{COLOURS, MODEL, picture};
use crate::support::Place;

/// Pictures.
const COUNT: usize = 6;

/// Pictures of three colours in `photos`, with a tar shard of them that says no label.
fn photos(place: &Place) {
    let mut tar = tar::Builder::new(Vec::new());
    for i in 0..COUNT {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture(i % 3, i).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        let bytes = bytes.into_inner();
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{i:04}.png"), &bytes[..]).unwrap();
        place.write(&format!("photos/{}/{i:04}.png", COLOURS[i % 3].0), bytes);
    }
    place.write("bare.tar", tar.into_inner().unwrap());
}

/// A table of these pictures, with a line for each that ends as `of` says.
fn table(place: &Place, name: &str, header: &str, of: impl Fn(usize) -> String) {
    let row = |i: usize| format!("photos/{}/{i:04}.png,{}\n", COLOURS[i % 3].0, of(i));
    place.write(name, format!("image,{header}\n{}", (0..COUNT).map(row).collect::<String>()));
}

#[test]
fn show_says_what_is_known_of_an_image() {
    let place = Place::new();
    photos(&place);
    table(&place, "ages.csv", "age", |i| format!("{}.5", 20 + i));
    table(&place, "sizes.csv", "height,width", |i| format!("{}.25,{i}", 20 + i));
    table(&place, "tags.csv", "labels", |i| ["wet|dry", "dry", "wet"][i % 3].into());
    table(&place, "colours.csv", "label", |i| COLOURS[i % 3].0.into());
    // a table is shuffled
    let of = |data: &str| {
        let one = |i: usize| {
            let said = place.run(&format!("show {data} --index {i} --out one.png")).exits(0).out;
            let [start, end] = [format!("one.png: training image {i}"), format!(" · {data}\n")];
            said.strip_prefix(&start)
                .and_then(|rest| rest.strip_suffix(&end))
                .unwrap_or_else(|| panic!("{said}"))
                .to_string()
        };
        let mut said: Vec<String> = (0..COUNT).map(one).collect();
        said.sort();
        said
    };
    let sorted = |of: &dyn Fn(usize) -> String| {
        let mut all: Vec<String> = (0..COUNT).map(of).collect();
        all.sort();
        all
    };
    let cases: [(&str, &dyn Fn(usize) -> String); 5] = [
        ("bare.tar", &|_| String::new()),
        ("ages.csv", &|i| format!(" · {}.5", 20 + i)),
        ("sizes.csv", &|i| format!(" · height {}.25, width {i}", 20 + i)),
        ("tags.csv", &|i| format!(" · {}", ["dry, wet", "dry", "wet"][i % 3])),
        ("colours.csv", &|i| format!(" · {}", COLOURS[i % 3].0)),
    ];
    for (data, says) in cases {
        assert_eq!(of(data), sorted(says), "{data}");
    }
    let Some(_) = Place::with_adapter() else { return };
    for (data, _) in cases {
        place.run(&format!("show {data} --augment flip --count 2 --out {data}.png")).exits(0);
    }
}

#[test]
fn what_learned_images_without_labels_is_evaluated_on_them() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place);
    let train = "--model autoencoder --batch 2 --epochs 2";
    place.run(&format!("train bare.tar {train} --out bare")).exits(0);
    place.run(&format!("train photos {train} --normal red,green --out some")).exits(0);
    for run in ["bare", "some"] {
        let measured = place.run(&format!("eval {run} --data bare.tar --json")).exits(0).json();
        let (summary, all) = (&measured["summary"], measured["measures"]["images"].as_u64());
        assert_eq!((all, summary["normal_error"].is_null()), (Some(COUNT as u64), true), "{run}: {measured}");
        assert!(
            summary["other_error"].is_null() && measured["measures"]["classes"] == serde_json::json!([]),
            "{measured}"
        );
        let grid = place.run(&format!("predict {run} --data bare.tar --grid grid.png")).exits(0);
        assert!(grid.out.contains(&format!("grid.png: {COUNT} images")), "{grid}");
        place.run(&format!("report {run} bare.tar --out report.html")).exits(0);
    }
    place.run("eval bare").exits(0);
    place.run("predict bare --grid grid.png").exits(0);
    place.run("runs compare bare bare").exits(0);
    // a class that is known is told from the others
    let measured = place.run("eval some --data photos --json").exits(0).json();
    assert!(measured["summary"]["normal_error"].is_f64() && measured["summary"]["other_error"].is_f64(), "{measured}");
}

#[test]
fn a_run_on_classes_is_not_asked_about_numbers() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place);
    place.write("small.toml", MODEL);
    place.run("train photos --model small.toml --steps 1 --out run").exits(0);
    table(&place, "ages.csv", "age", |i| format!("{}.5", 20 + i));
    table(&place, "tags.csv", "labels", |i| ["wet|dry", "dry", "wet"][i % 3].into());
    for data in ["ages.csv", "tags.csv"] {
        let ran = place.run(&format!("data check {data} --run run")).exits(2);
        assert!(ran.err.contains("classes") && ran.err.contains("try: ") && !ran.out.contains("doubts"), "{ran}");
    }
    let ran = place.run("data check photos --run run");
    assert!(ran.line("suspect").contains(&format!(" of {COUNT} (")), "{ran}");
}
