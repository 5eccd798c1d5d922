//! Images that `predict` cannot read, alone and among others.

use crate::case;
use crate::cases::refused;
use crate::support::Place;

#[test]
fn images_to_predict() {
    let Some(place) = Place::with_adapter() else { return };
    place.run("train --model linear --limit 64 --steps 0 --out run").exits(0);
    let mut png = std::io::Cursor::new(Vec::new());
    let picture = image::GrayImage::from_fn(64, 64, |x, y| image::Luma([(x * y) as u8]));
    picture.write_to(&mut png, image::ImageFormat::Png).expect("a PNG");
    let png = png.into_inner();
    place.write("good.png", &png);
    place.write("cut.png", &png[..png.len() / 2]);
    place.write("text.png", "this is a text, whatever its name says\n");
    place.write("empty.png", "");
    place.write("notes.txt", "this is a text, and says so\n");
    refused(
        &place,
        &[
            case("predict run text.png", &["text.png"]),
            case("predict run missing.png", &["missing.png"]),
            case("predict run empty.png", &["empty.png"]),
            case("predict run cut.png", &["cut.png"]),
            case("predict run notes.txt", &["notes.txt"]),
            case("predict run empty.png missing.png", &["none of the 2 images can be read", "empty.png"]),
            case("predict run 'no*.png'", &["no*.png"]),
            case("predict run run", &["run: no images"]),
            case("predict run good.png --csv --submission missing.csv", &["--submission"]),
            case("predict run good.png --submission missing.csv", &["missing.csv"]),
            case("predict run good.png --submission notes.txt", &["no sample of a submission"]),
            case("predict run good.png --grid x.png", &["--grid"]),
        ],
    );
    // one bad image among others is reported and skipped
    let some = place.run("predict run good.png missing.png text.png").exits(1);
    assert!(some.out.starts_with("good.png: ") && some.out.lines().count() == 1, "{some}");
    for says in ["skipped  missing.png: ", "skipped  text.png: a text, not an image", "2 of 3 images cannot be read"] {
        assert!(some.err.contains(says), "no {says:?} in\n{some}");
    }
    let rows = place.run("predict run . --json").exits(1).json();
    assert_eq!((rows.as_array().map(Vec::len), &rows[0]["image"]), (Some(1), &"./good.png".into()));
}
