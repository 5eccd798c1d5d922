//! `eval --data`: which of the images were learned, and what people should know about how they were read.

use std::collections::BTreeSet;
use std::fs;

use crate::errors::{COLOURS, MODEL, photos, picture};
use crate::support::{Place, Ran};

/// Pictures of the run, and those that it learns: a quarter is held out.
const ALL: u64 = 72;
const LEARNED: u64 = 54;

/// How many images were learned, as JSON and the lines for people say it, and that they agree.
fn learned(place: &Place, data: &str) -> Option<u64> {
    let json = place.run(&format!("eval run --data {data} --json")).exits(0).json();
    let (images, learned) = (json["images"].as_u64().unwrap(), json["learned"].as_u64());
    let ran = place.run(&format!("eval run --data {data}")).exits(0);
    let said = ran.out.lines().find(|line| line.contains("learned"));
    match (learned, said) {
        (Some(0), None) => {}
        (Some(count), Some(said)) => {
            let share = format!("{:.2} %", 100.0 * count as f64 / images as f64);
            let wanted =
                format!("WARNING     {count} of {images} images were learned ({share}): the measure is too good");
            assert_eq!(said, wanted, "{ran}");
        }
        (None, Some(said)) => assert!(said.starts_with("note ") && said.contains("no longer as they were"), "{ran}"),
        _ => panic!("{learned:?}: {ran}"),
    }
    learned
}

/// What is noted about how data were read.
fn notes(ran: &Ran) -> BTreeSet<String> {
    let noted = ran.out.lines().filter_map(|line| line.strip_prefix("note "));
    noted.map(|note| note.trim_start().to_string()).collect()
}

#[test]
fn images_that_were_learned_are_counted_wherever_they_are() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place);
    place.write("small.toml", MODEL);
    place.run("train photos --model small.toml --batch 16 --epochs 1 --val-split 0.25 --out run").exits(0);
    let own = place.run("eval run --json").exits(0).json();
    assert_eq!((own["images"].as_u64(), own["learned"].as_u64()), (Some(ALL - LEARNED), None));

    assert_eq!(learned(&place, "photos"), Some(LEARNED));
    // copies under other names, some in other classes
    let mut all = 0;
    for (number, (colour, _)) in COLOURS.iter().enumerate() {
        let data = format!("copies-{number}");
        for (i, entry) in fs::read_dir(place.path(&format!("photos/{colour}"))).unwrap().enumerate() {
            let class = COLOURS[i % 3].0;
            place.write(&format!("{data}/{class}/copy-{i}.png"), fs::read(entry.unwrap().path()).unwrap());
        }
        all += learned(&place, &data).unwrap();
    }
    assert_eq!(all, LEARNED);
    for i in 0..6 {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture(i % 3, 24 + i).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        place.write(&format!("new/{}/{i}.png", COLOURS[i % 3].0), bytes.into_inner());
    }
    assert_eq!(learned(&place, "new"), Some(0));

    // the run's own data, which are elsewhere now
    fs::rename(place.path("photos"), place.path("moved")).unwrap();
    assert_eq!(learned(&place, "moved"), Some(LEARNED));
    let first = fs::read_dir(place.path("moved/red")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(first).unwrap();
    assert_eq!(learned(&place, "moved"), None);
}

#[test]
fn what_is_noted_when_data_are_read_is_noted_when_they_are_evaluated() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place);
    place.write("small.toml", MODEL);
    // what the program wrote is no data
    place.write("photos/drawn/.lepton-gpu", "");
    place.write("photos/drawn/red.png", place.read("photos/red/red-0.png"));
    let train = notes(&place.run("train photos --model small.toml --batch 16 --steps 1 --out run").exits(0));
    assert!(train.iter().any(|note| note.contains("drawn")), "{train:?}");
    assert_eq!(notes(&place.run("eval run").exits(0)), train);
    // of other data nothing is held out
    let others: BTreeSet<String> = train.into_iter().filter(|note| !note.starts_with("holding out")).collect();
    fs::rename(place.path("photos"), place.path("other")).unwrap();
    assert_eq!(notes(&place.run("eval run --data other").exits(0)), others);
    let json = place.run("eval run --data other --json").exits(0).json();
    let noted: BTreeSet<String> = serde_json::from_value(json["notes"].clone()).unwrap();
    assert_eq!(noted, others);
}
