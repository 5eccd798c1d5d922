//! What is known of examples (nothing, a class, several labels or numbers): commands take all of these, and say what it is.

use crate::errors::{COLOURS, picture};
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
