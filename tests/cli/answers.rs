//! `predict` and `show`: answers on a user's own images, and pictures.

use image::{DynamicImage, ImageFormat, Luma, Rgb, RgbImage, imageops::FilterType};

use crate::support::{Place, idx};
use crate::training::in_order;

/// Grey images of two classes that anybody can tell apart: bright on the left (0), bright on the right (1).
pub fn half(class: usize, i: usize) -> image::GrayImage {
    image::GrayImage::from_fn(28, 28, |x, y| {
        let noise = (x as usize * 7 + y as usize * 13 + i * 29) % 60;
        let bright = (x >= 14) == (class == 1);
        Luma([if bright { 190 + noise as u8 } else { noise as u8 }])
    })
}

const MODEL: &str = "name = \"sides\"\ninput = [28, 28, 1]\n\n[[layer]]\ntype = \"flatten\"\n\n[[layer]]\ntype = \"linear\"\nunits = 2\n";

/// A folder of such images, and a model trained on them.
pub fn trained() -> Option<Place> {
    let place = Place::with_adapter()?;
    for (split, count) in [("train", 64), ("t10k", 20)] {
        let pixels: Vec<u8> = (0..count).flat_map(|i| half(i % 2, i).into_raw()).collect();
        let labels: Vec<u8> = (0..count).map(|i| (i % 2) as u8).collect();
        place.write(&format!("sides/{split}-images-idx3-ubyte"), idx(&[count as u32, 28, 28], &pixels));
        place.write(&format!("sides/{split}-labels-idx1-ubyte"), idx(&[count as u32], &labels));
    }
    place.write("sides.toml", MODEL);
    let ran = place.run("train sides --model sides.toml --batch 16 --lr 0.01 --epochs 5 --out run").exits(0);
    assert!(ran.out.contains("Test accuracy: 1.0000"), "{ran}");
    Some(place)
}

pub fn save(place: &Place, name: &str, picture: &DynamicImage, format: ImageFormat) {
    picture.save_with_format(place.path(name), format).expect("an image can be written");
}

#[test]
fn predict_reads_a_users_images() {
    let Some(place) = trained() else { return };
    let big = |class| DynamicImage::from(half(class, 3)).resize_exact(90, 41, FilterType::Triangle);
    let see_through = image::RgbaImage::from_fn(40, 40, |x, _| image::Rgba([0, 0, 0, if x < 20 { 0 } else { 255 }]));
    save(&place, "left.png", &half(0, 1).into(), ImageFormat::Png);
    save(&place, "two words.png", &big(1).to_rgb8().into(), ImageFormat::Png);
    save(&place, "Größe № 1 — 右.jpg", &big(1).to_rgb8().into(), ImageFormat::Jpeg);
    save(&place, "a JPEG, not a.png", &big(0).to_rgb8().into(), ImageFormat::Jpeg);
    save(&place, "clear.png", &see_through.into(), ImageFormat::Png);
    let files = [
        ("left.png", "0"),
        ("two words.png", "1"),
        ("Größe № 1 — 右.jpg", "1"),
        ("a JPEG, not a.png", "0"),
        ("clear.png", "0"),
    ];
    let names = files.map(|(name, _)| name);

    let text = place.run_args(&[&["predict", "run"][..], &names].concat()).exits(0);
    assert!(text.err.starts_with("adapter ") && text.err.contains("\nweights  epoch "), "{text}");
    let lines = &text.out;
    assert_eq!(lines.lines().count(), files.len(), "{text}");
    let json = place.run_args(&[&["predict", "run", "--json", "--top", "2"][..], &names].concat()).exits(0).json();
    let rows = json.as_array().expect("a list");
    assert_eq!(rows.len(), files.len());
    for ((name, class), (line, row)) in files.iter().zip(lines.lines().zip(rows)) {
        assert!(line.starts_with(&format!("{name}: {class} ")), "{line}");
        assert_eq!(row["image"], *name);
        assert_eq!(row["top"][0]["class"], *class, "{row}");
        let chances: Vec<f64> =
            [0, 1].iter().map(|&i| row["top"][i]["probability"].as_f64().expect("a number")).collect();
        assert!(chances[0] > chances[1] && (chances[0] + chances[1] - 1.0).abs() < 1e-6, "{row}");
    }
    let inverted = place.run_args(&["predict", "run", "two words.png", "--invert", "--top", "1"]).exits(0);
    let answer = inverted.line("two words.png: ");
    assert!(answer.starts_with("two words.png: 0 ") && !answer.contains(','), "{inverted}");
}

/// Pixels that are clearly green, and clearly red.
fn colours(picture: &RgbImage) -> [usize; 2] {
    let clearly = |a: u8, b: u8, c: u8| i32::from(a) > 60 + i32::from(b.max(c));
    let count = |test: &dyn Fn(&Rgb<u8>) -> bool| picture.pixels().filter(|pixel| test(pixel)).count();
    [count(&|&Rgb([r, g, b])| clearly(g, r, b)), count(&|&Rgb([r, g, b])| clearly(r, g, b))]
}

fn png(place: &Place, name: &str) -> RgbImage {
    let bytes = place.read(name);
    let picture = image::load_from_memory_with_format(&bytes, ImageFormat::Png).expect("a PNG").to_rgb8();
    assert!(picture.width() >= 200 && picture.height() >= 200, "{:?}", picture.dimensions());
    picture
}

#[test]
fn the_grid_is_green_where_right_and_red_where_wrong() {
    let Some(place) = trained() else { return };
    let ran = place.run("predict run --grid right.png").exits(0);
    assert_eq!(ran.line("right.png: "), "right.png: 20 of 20 right", "the test split has 20 images");
    let [green, red] = colours(&png(&place, "right.png"));
    assert!(green > 200 && red == 0, "{green} green and {red} red pixels");

    // the same images with labels that are wrong for the first 5
    let labels: Vec<u8> = (0..20).map(|i| ((i + usize::from(i < 5)) % 2) as u8).collect();
    place.write("wrong/t10k-images-idx3-ubyte", place.read("sides/t10k-images-idx3-ubyte"));
    place.write("wrong/t10k-labels-idx1-ubyte", idx(&[20], &labels));
    let ran = place.run("predict run --data wrong --grid some.png").exits(0);
    assert_eq!(ran.line("some.png: "), "some.png: 15 of 20 right");
    let [green, red] = colours(&png(&place, "some.png"));
    assert!(green > 150 && red > 50, "{green} green and {red} red pixels");

    let ran = place.run("predict run --data wrong --from 18 --grid two.png").exits(0);
    assert_eq!(ran.line("two.png: "), "two.png: 2 of 2 right");
    assert_eq!(colours(&png(&place, "two.png"))[1], 0);
}

#[test]
fn show_draws_an_image_with_its_label() {
    let place = Place::new();
    let ran = place.run("show --index 3 --test --out a.png").exits(0);
    assert!(ran.out.starts_with("a.png: test image 3 · ") && ran.out.ends_with(" · fashion-small\n"), "{ran}");
    place.run("show fashion-small --index 3 --out b.png").exits(0);
    let [a, b] = ["a.png", "b.png"].map(|name| png(&place, name));
    assert!(a != b, "training and test images differ");
    assert!(colours(&a)[0] > 100, "viridis has green");
    assert_eq!(place.snapshot().len(), 2, "nothing is left beside the pictures");
    place.run("show --index 3 --out a.png").exits(0);
    assert!(place.read("a.png") == place.read("b.png"), "an old picture is replaced, and pictures repeat");
}

#[test]
fn explain_draws_what_speaks_for_an_answer() {
    let Some(place) = trained() else { return };
    std::fs::create_dir(place.path("more")).unwrap();
    save(&place, "left.png", &half(0, 1).into(), ImageFormat::Png);
    save(&place, "more/left.png", &half(1, 2).into(), ImageFormat::Png);
    place.write("broken.png", b"no picture");
    let none = place.run("explain run left.png").exits(2);
    assert!(none.err.contains("no layer of model `sides` gives an image, which Grad-CAM needs"), "{none}");

    let ran = place.run("explain run left.png more broken.png --method occlusion --out maps").exits(1);
    in_order(&ran.out, &["left.png: 0 ", "maps/left.occlusion.png", "Occlusion", "trust +", "more/left.png: 1 "]);
    assert!(ran.err.contains("skipped  broken.png: ") && ran.err.contains("sheet.occlusion.png: all of them"), "{ran}");
    for name in ["left", "left-2", "sheet"] {
        // both images are of greys, and so is all but the map
        let picture = png(&place, &format!("maps/{name}.occlusion.png"));
        let is_colour = |&&Rgb([r, g, b]): &&Rgb<u8>| r.abs_diff(g).max(g.abs_diff(b)) > 60;
        assert!(picture.pixels().filter(is_colour).count() > 10_000, "{name} has a map in colour");
    }

    let rows = place.run("explain run left.png --method integrated-gradients --class 1 --json").exits(0).json();
    let row = &rows[0];
    assert_eq!((&row["class"], &row["answer"]["class"], &row["layer"]), (&"1".into(), &"0".into(), &().into()));
    let values = row["map"]["values"].as_array().expect("a list");
    assert_eq!(values.len(), 28 * 28);
    // of a linear model integrated gradients are exact, and against class 1 where its side is dark
    let sum: f64 = values.iter().map(|value| value.as_f64().unwrap()).sum();
    assert!((sum - row["completeness"]["difference"].as_f64().unwrap()).abs() < 1e-3, "{sum}");
    assert!(row["completeness"]["error"].as_f64().unwrap() < 1e-4 && place.path("explained").is_dir());
    let refused = place.run("explain run left.png --layer linear --method saliency").exits(2);
    assert!(
        refused.err.contains("--layer is for methods that look at a layer, and saliency looks at none"),
        "{refused}"
    );
    assert!(refused.err.contains("try: without it, or --method grad-cam"), "{refused}");
    let refused = place.run("explain run left.png --class left --method saliency").exits(2);
    assert!(refused.err.contains("the model knows no class `left`") && refused.err.contains("try: "), "{refused}");
}

#[test]
fn explain_draws_feature_maps_and_images_for_classes() {
    let Some(place) = trained() else { return };
    save(&place, "left.png", &half(0, 1).into(), ImageFormat::Png);
    place.run("train sides --model seed-mnist --steps 2 --batch 4 --out deep").exits(0);
    for (line, says) in [
        ("explain deep --feature-maps left.png", "\"left.png\" was read as the layer of --feature-maps"),
        ("explain deep left.png --feature-maps conv9", "the model has no layer `conv9`"),
        ("explain deep left.png --feature-maps dense1", "no height and width"),
        ("explain deep left.png --feature-maps --method saliency", "cannot be used with"),
        ("explain deep left.png --maximise 0", "cannot be used with"),
        ("explain deep --maximise conv1:999", "no channel 999"),
        ("explain deep --maximise nothing", "neither a class that the model knows nor a channel"),
        ("explain deep", "required arguments"),
    ] {
        let refused = place.run(line).exits(2);
        assert!(refused.err.contains(says), "{refused}\nshould say: {says}");
    }
    let told = place.run("explain deep left.png left.png --feature-maps conv1,conv2").exits(0);
    assert_eq!(told.out.matches("  conv1 · 26x26: all 32 channels").count(), 2, "{told}");
    for picture in ["left.features.png", "left-2.features.png"] {
        assert!(place.path(&format!("explained/{picture}")).is_file(), "{picture}: {told}");
    }
    let lines = [
        "explain deep --maximise 1 --steps 3 --seed 5 --out a",
        "explain deep --maximise 1 --steps 3 --seed 5 --out b",
    ];
    lines.iter().for_each(|line| drop(place.run(line).exits(0)));
    let [a, b] = ["a", "b"].map(|out| std::fs::read(place.path(&format!("{out}/1.maximised.png"))).unwrap());
    assert_eq!(a, b, "the same seed, the same bytes");
    let picture = image::load_from_memory(&a).unwrap();
    assert_eq!((picture.width(), picture.height()), (28, 28), "the size that the model takes");
    assert!(place.path("a/sheet.maximised.png").is_file());
}

#[test]
fn explain_and_predict_agree_on_the_answer() {
    let Some(place) = trained() else { return };
    place.run("train sides --model sides.toml --batch 16 --lr 0.01 --epochs 5 --val-split 0.25 --out held").exits(0);
    save(&place, "left.png", &half(0, 1).into(), ImageFormat::Png);
    let answers = || {
        let predicted = place.run("predict held left.png").exits(0);
        let told = place.run("explain held left.png --method occlusion --no-trust").exits(0);
        for line in told.err.lines().filter(|line| line.starts_with("threshold ") || line.starts_with("note ")) {
            assert!(predicted.err.contains(line), "{predicted}{told}");
        }
        let class = |line: &str| line.split(' ').nth(1).map(String::from).expect("a class");
        let explained = class(told.line("left.png: "));
        assert_eq!(class(predicted.line("left.png: ")), explained, "{predicted}{told}");
        (explained, told.err)
    };
    let (class, lines) = answers();
    assert!(class == "0" && !lines.contains("threshold "), "{class}: {lines}");
    // every image is of class 1 from a probability of 0 on
    place.run("eval held --recall 1 --of 1").exits(0);
    let kept = place.text("held/thresholds.json");
    let mut kept: serde_json::Value = serde_json::from_str(&kept).expect("it is JSON");
    kept["thresholds"][0]["threshold"] = 0.0.into();
    place.write("held/thresholds.json", kept.to_string());
    let (class, lines) = answers();
    assert!(class == "1" && lines.contains("threshold  1 from 0.0000"), "{class}: {lines}");
}
