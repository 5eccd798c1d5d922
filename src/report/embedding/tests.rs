use super::*;

/// A page of so many classes, with names that try to be markup.
pub fn sample(classes: usize, per_class: usize) -> String {
    let names: Vec<String> = (0..classes)
        .map(|class| if class == 1 { "<b>a \"long\" name & more".into() } else { format!("class {class}") })
        .collect();
    let count = classes * per_class;
    let points: Vec<Point> = (0..count)
        .map(|i| Point {
            class: Some(i % classes),
            answer: Some(((i % classes + usize::from(i % 17 == 3)) % classes, 0.9)),
            name: format!("a folder/with a rather long name/of picture {i}.jpg"),
        })
        .collect();
    let at = |i: usize, k: f64| [(i % classes) as f64 * k + (i as f64 * 0.7).sin(), (i as f64 * 1.3).cos() * k];
    let [pca, tsne] = [1.5, 4.0].map(|k| (0..count).map(|i| at(i, k)).collect());
    let embedding = Embedding { pca, explained: [0.4, 0.2], tsne, perplexity: 30.0 };
    let picture = image::DynamicImage::from(image::RgbImage::from_fn(320, 32 * count.div_ceil(10) as u32, |x, y| {
        image::Rgb([x as u8, y as u8, 99])
    }));
    let sprite = Sprite { picture: crate::report::run::jpeg(&picture, u32::MAX), side: 32, columns: 10 };
    let scatter = Scatter {
        run: "runs/a",
        sub: vec!["photos: 2,527 images".into()],
        classes: &names,
        points: &points,
        embedding: &embedding,
        trust: Some([0.81, 0.97]),
        sprite: Some(sprite),
    };
    page(&scatter)
}

#[test]
fn a_page_asks_nobody_and_says_what_is_seen() {
    let html = sample(6, 40);
    for outside in ["http://", "https://", "url(", "@import", "<link rel=\"stylesheet", " src=\"/", "file:"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(!html.contains("<b>a"), "names are no markup");
    assert_eq!(html.matches("<script").count(), 1);
    assert_eq!(html.matches("class=\"m c").count(), 240);
    let wrong = (0..240).filter(|i| i % 17 == 3).count();
    assert_eq!(html.matches(" w\" transform").count(), wrong);
    for part in ["40.00 % and 20.00 % of the variance", "means little", "97.00 %", "only wrong answers"] {
        assert!(html.contains(part), "no `{part}`");
    }
    if std::env::var_os("LEPTON_KEEP").is_some() {
        std::fs::write(std::env::temp_dir().join("embedding.html"), html).unwrap();
    }
}

#[test]
fn points_keep_their_proportions_within_the_plane() {
    let places = placed(&[[0.0, 0.0], [4.0, 0.0], [0.0, 1.0]]);
    assert_eq!(places, [["24.0", "619.0"], ["976.0", "619.0"], ["24.0", "381.0"]].map(|place| place.map(String::from)));
    assert_eq!(placed(&[[3.0, 3.0]]), [["500.0", "500.0"].map(String::from)]);
}
