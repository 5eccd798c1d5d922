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
}
