//! `explain --nearest` and `explain --embedding`: what a network sees as alike.

use crate::errors::{MODEL, photos};
use crate::support::Place;

fn trained() -> Option<Place> {
    let place = Place::with_adapter()?;
    photos(&place);
    place.write("small.toml", MODEL);
    place.run("train photos --model small.toml --batch 16 --lr 0.01 --epochs 12 --out run").exits(0);
    Some(place)
}

#[test]
fn the_nearest_training_images_are_shown_with_their_labels() {
    let Some(place) = trained() else { return };
    // a training image is not its own neighbour
    let learned = |name: &str| place.text("run/events.jsonl").contains(&format!("\"{name}\""));
    let own: Vec<String> = (0..3).map(|i| format!("green/green-{i}.png")).filter(|name| !learned(name)).collect();
    let image = format!("photos/{}", own[0]);
    let json = place.run(&format!("explain run {image} photos/red --nearest 4 --json")).exits(0).json();
    let first = &json[0];
    assert_eq!(
        (first["image"].as_str().unwrap(), first["answer"]["class"].as_str().unwrap()),
        (image.as_str(), "green")
    );
    let near = first["nearest"].as_array().unwrap();
    assert_eq!(near.len(), 4);
    assert!(near.iter().all(|near| near["file"] != own[0].as_str()), "{near:?}");
    assert_eq!((&first["itself"], &json[1]["nearest"][0]["agrees"].is_boolean()), (&1.into(), &true));
    let distances: Vec<f64> = near.iter().map(|near| near["distance"].as_f64().unwrap()).collect();
    assert!(distances.is_sorted() && distances[0] > 1e-6, "{distances:?}");
    for near in near {
        // the label, which is that of the folder, may be wrong; the network sees the colour
        assert!(near["file"].as_str().unwrap().contains("/green-"), "{near}");
        assert_eq!(near["agrees"], near["label"] == "green", "{near}");
    }
    let picture = image::open(place.path(first["picture"].as_str().unwrap())).unwrap();
    assert!(picture.width() > 1000, "an image and four others");
    assert!(place.path("explained/sheet.nearest.png").is_file());
    let ran = place.run(&format!("explain run {image} --nearest 4")).exits(0);
    assert!(ran.out.contains("nearest training images are labelled green"), "{ran}");
    for (line, message) in [
        (format!("explain run {image} --nearest 4 --method saliency"), "cannot be used with"),
        (format!("explain run {image} --data photos"), "--data names what --nearest"),
        (format!("explain run {image} --most 3"), "--most says how many examples --embedding shows"),
        (format!("explain run {image} --nearest 0"), "0 is not in 1..=50"),
    ] {
        let ran = place.run(&line).exits(2);
        assert!(ran.err.contains(message), "{ran}");
    }
}

#[test]
fn a_page_shows_examples_on_a_plane() {
    let Some(place) = trained() else { return };
    let json = place.run("explain run --embedding --json").exits(0).json();
    let html = place.text("explained/embedding.html");
    assert_eq!((json["points"].as_array().unwrap().len(), html.matches("class=\"m c").count()), (72, 72));
    let [trust_pca, trust_tsne] = ["pca", "tsne"].map(|view| json["trustworthiness"][view].as_f64().unwrap());
    assert!(trust_pca > 0.7 && trust_tsne > 0.8, "{trust_pca} {trust_tsne}");
    let explained: f64 = json["explained"].as_array().unwrap().iter().map(|share| share.as_f64().unwrap()).sum();
    assert!(explained > 0.5 && explained <= 1.0, "three colours lie on a plane: {explained}");
    // pictures of one colour lie together: the centre of their own is nearest
    let names = ["red", "green", "blue"];
    let points: Vec<(usize, [f64; 2])> = (json["points"].as_array().unwrap().iter())
        .map(|point| {
            let file = point["name"].as_str().unwrap().rsplit('/').next().unwrap();
            let colour = names.iter().position(|name| file.starts_with(name)).unwrap();
            (colour, [0, 1].map(|k| point["tsne"][k].as_f64().unwrap()))
        })
        .collect();
    let centre = |colour: usize| {
        let own = || points.iter().filter(|(of, _)| *of == colour);
        [0, 1].map(|k| own().map(|(_, place)| place[k]).sum::<f64>() / own().count() as f64)
    };
    let centres = [centre(0), centre(1), centre(2)];
    let far = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
    let nearest = |place| (0..3).min_by(|&a, &b| far(place, centres[a]).total_cmp(&far(place, centres[b]))).unwrap();
    let right = points.iter().filter(|(colour, place)| nearest(*place) == *colour).count();
    assert!(right >= 68, "{right} of 72");
    assert_eq!(place.run("explain run --embedding --json").exits(0).json(), json, "nothing is random");
    let some = place.run("explain run --embedding --most 30 --data photos --out some").exits(0);
    assert!(some.out.contains("page     some/embedding.html"), "{some}");
    assert_eq!(place.text("some/embedding.html").matches("class=\"m c").count(), 30);
    place.run("explain run photos/red --embedding").exits(2);
    // what a run folder keeps of features changes nothing, whatever becomes of it
    let embedded = || place.run("explain run --embedding --json").exits(0).json();
    let ran = place.run("explain run --embedding").exits(0);
    assert!(!ran.out.contains("features 72"), "they are computed once: {ran}");
    let kept = place.read("run/features.cache");
    let changed = [&kept[..99], &[kept[99] ^ 1], &kept[100..]].concat();
    for damaged in [&kept[..kept.len() / 2], &[], &changed] {
        place.write("run/features.cache", damaged);
        assert!(embedded() == json, "{} bytes", damaged.len());
        assert!(place.read("run/features.cache") == kept, "{} bytes: it is written anew", damaged.len());
    }
    place.run("train --resume --epochs 30 --out run").exits(0);
    let last = || place.run("explain run/last.safetensors --embedding --json").exits(0).json();
    let later = last();
    assert!(place.read("run/features.cache") != kept, "other weights, another file");
    std::fs::remove_file(place.path("run/features.cache")).unwrap();
    assert!(later == last() && later != json, "other weights have other features");
}

#[test]
fn numbers_have_values_and_a_scale_of_colours() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place);
    // the number is that of the picture's name, and 100 more for each colour
    let names = ["red", "green", "blue"];
    let rows = (0..24).filter(|i| i % 12 != 5).flat_map(|i| {
        names.iter().enumerate().map(move |(at, name)| format!("photos/{name}/{name}-{i}.png,{}.5\n", 100 * at + i))
    });
    place.write("values.csv", "image,shade\n".to_string() + &rows.collect::<String>());
    place.write("small.toml", MODEL);
    place.run("train values.csv --model small.toml --batch 16 --lr 0.01 --epochs 12 --out run").exits(0);
    let image = "photos/green/green-3.png";
    let ran = place.run(&format!("explain run {image} --nearest 4")).exits(0);
    let says = ran.line(image);
    assert!(says.contains("; the 4 nearest training images have ") && says.contains(" on average ("), "{ran}");
    let json = place.run(&format!("explain run {image} --nearest 4 --json")).exits(0).json();
    let near = json[0]["nearest"].as_array().unwrap();
    for near in near {
        // each line names the value that the table says
        let number: f64 = near["file"].as_str().unwrap().split(['-', '.']).nth(1).unwrap().parse().unwrap();
        let value = near["values"][0].as_f64().unwrap();
        assert!((value % 100.0 - 0.5 - number).abs() < 1e-6 && near["label"].is_null(), "{near}");
        assert!(ran.out.contains(&format!("  {value}  photos")), "{value}: {ran}");
    }
    let mean = near.iter().map(|near| near["values"][0].as_f64().unwrap()).sum::<f64>() / 4.0;
    assert!(says.contains(&format!("have {mean} on average")), "{mean}: {ran}");
    assert!(json[0]["answer"]["values"][0]["predicted"].is_number(), "{json}");
    assert!(image::open(place.path("explained/green-3.nearest.png")).unwrap().width() > 1000);
    let json = place.run("explain run --embedding --json").exits(0).json();
    let html = place.text("explained/embedding.html");
    let marks = html.matches("class=\"m v\" fill=\"#").count();
    assert_eq!((marks, json["points"].as_array().unwrap().len()), (66, 66));
    for part in [
        "shade, answered",
        "<span>0.5</span>",
        "<span>223.5</span>",
        "<dt>value</dt>",
        "fill=\"#440154\"",
        "fill=\"#fde725\"",
    ] {
        assert!(html.contains(part), "no `{part}`");
    }
}

#[test]
fn several_labels_are_sets_of_them() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place);
    let labels = ["red", "green|cold", "blue|cold"];
    let rows = (0..24).filter(|i| i % 12 != 5).flat_map(|i| {
        ["red", "green", "blue"]
            .iter()
            .zip(labels)
            .map(move |(name, labels)| format!("photos/{name}/{name}-{i}.png,{labels}\n"))
    });
    place.write("labels.csv", "image,label\n".to_string() + &rows.collect::<String>());
    place.write("small.toml", MODEL);
    place.run("train labels.csv --model small.toml --batch 16 --lr 0.01 --epochs 20 --out run").exits(0);
    let image = "photos/green/green-3.png";
    let json = place.run(&format!("explain run {image} --nearest 4 --json")).exits(0).json();
    for near in json[0]["nearest"].as_array().unwrap() {
        assert!(near["file"].as_str().unwrap().contains("/green-"), "{near}");
        assert_eq!((&near["labels"], &near["agrees"]), (&serde_json::json!(["cold", "green"]), &true.into()), "{near}");
    }
    let ran = place.run(&format!("explain run {image} --nearest 4")).exits(0);
    assert!(ran.line(image).contains("4 of the 4 nearest training images have just these labels"), "{ran}");
    assert!(ran.out.contains("  cold, green  photos"), "{ran}");
    let json = place.run("explain run --embedding --json").exits(0).json();
    assert_eq!(json["points"][0]["labels"].as_array().map(|labels| labels.is_empty()), Some(false), "{json}");
    let html = place.text("explained/embedding.html");
    for part in ["<span>blue, cold</span><small>22</small>", "<span>red</span><small>22</small>", "<dt>labels</dt>"] {
        assert!(html.contains(part), "no `{part}`");
    }
}

#[test]
fn texts_are_shown_as_texts() {
    let Some(place) = Place::with_adapter() else { return };
    let words = [["sun", "beach", "swim", "warm"], ["snow", "ice", "ski", "cold"]];
    let row = |i: usize| {
        let at = |k: usize| words[i % 2][(i / 2 + k) % 4];
        format!("{},\"{} {}, trip{} {}\"\n", ["summer", "winter"][i % 2], at(0), at(1), i / 4, at(i / 8))
    };
    place.write("seasons/train.csv", "season,words\n".to_string() + &(0..48).map(row).collect::<String>());
    place.write("seasons/test.csv", "season,words\nsummer,sun\nwinter,ice\n");
    let columns = "--text-column words --label-column season";
    place
        .run(&format!("train seasons {columns} --model text-small --epochs 12 --batch 8 --lr 0.01 --out run"))
        .exits(0);
    let json = place
        .run_args(&["explain", "run", "sun beach, trip0 sun", "ice ski", "--nearest", "3", "--json"])
        .exits(0)
        .json();
    let of = |at: usize| json[at]["nearest"].as_array().unwrap();
    assert_eq!(
        (&json[0]["text"], &json[0]["itself"], &json[0]["picture"]),
        (&"sun beach, trip0 sun".into(), &1.into(), &serde_json::Value::Null)
    );
    assert!(of(0).iter().all(|near| near["label"] == "summer") && of(1).iter().all(|near| near["label"] == "winter"));
    for near in of(1) {
        let line: usize = near["file"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap();
        let row = row(line - 2);
        assert_eq!(near["text"], row.split('"').nth(1).unwrap(), "{near}");
    }
    let ran = place.run_args(&["explain", "run", "ice ski", "--nearest", "3"]).exits(0);
    let text = of(1)[0]["text"].as_str().unwrap();
    assert!(ran.out.contains("  winter  train.csv:") && ran.out.contains(&format!("  {text}\n")), "{ran}");
    assert!(ran.line("ice ski: winter").contains("3 of the 3 nearest training texts are labelled winter"), "{ran}");
    place.run("explain run --embedding").exits(0);
    let html = place.text("explained/embedding.html");
    assert!(html.contains(&format!("data-x=\"{text}\"")) && !html.contains("<canvas"), "a text stands in its card");
}
