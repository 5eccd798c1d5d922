use super::*;

/// Where so many examples are.
fn plane(count: usize, groups: usize) -> Embedding {
    let at = |i: usize, k: f64| [(i % groups) as f64 * k + (i as f64 * 0.7).sin(), (i as f64 * 1.3).cos() * k];
    let [pca, tsne] = [1.5, 4.0].map(|k| (0..count).map(|i| at(i, k)).collect());
    Embedding { pca, explained: [0.4, 0.2], tsne, perplexity: 30.0 }
}

/// A page about these points.
fn sample_of(kind: [&'static str; 2], groups: &[String], shades: &[Shade], points: &[Point], is_text: bool) -> String {
    let count = points.len();
    let picture = image::DynamicImage::from(image::RgbImage::from_fn(320, 32 * count.div_ceil(10) as u32, |x, y| {
        image::Rgb([x as u8, y as u8, 99])
    }));
    let sprite = || Sprite { picture: crate::report::run::jpeg(&picture, u32::MAX), side: 32, columns: 10 };
    let scatter = Scatter {
        run: "runs/a",
        sub: vec!["photos: 2,527 images".into()],
        kind,
        groups,
        shades,
        points,
        embedding: &plane(count, groups.len().max(3)),
        trust: Some([0.81, 0.97]),
        sprite: (!is_text).then(sprite),
    };
    page(&scatter)
}

/// A page of so many classes, with names that try to be markup.
pub fn sample(classes: usize, per_class: usize) -> String {
    let names: Vec<String> = (0..classes)
        .map(|class| if class == 1 { "<b>a \"long\" name & more".into() } else { format!("class {class}") })
        .collect();
    let point = |i: usize| {
        let (class, is_wrong) = (i % classes, i % 17 == 3);
        Point {
            group: Some(class),
            truth: names[class].clone(),
            answer: format!("{} 90.00 %", names[(class + usize::from(is_wrong)) % classes]),
            is_wrong,
            name: format!("a folder/with a rather long name/of picture {i}.jpg"),
            ..Point::default()
        }
    };
    let points: Vec<Point> = (0..classes * per_class).map(point).collect();
    sample_of(["class", "Classes"], &names, &[], &points, false)
}

/// A page of numbers, of two of which marks are coloured.
pub fn sample_of_numbers() -> String {
    let shade = |name: &str, ends: [&str; 2]| Shade { name: name.into(), ends: ends.map(String::from) };
    let shades = [shade("price of a house in dollars", ["12000", "980000.5"]), shade("price, answered", ["-3", "1e6"])];
    let point = |i: usize| Point {
        truth: format!("{}", i * 17 % 200),
        answer: format!("{}", i * 17 % 190),
        values: vec![(i * 17 % 200) as f32, (i * 17 % 190) as f32],
        name: format!("{i}.png"),
        ..Point::default()
    };
    sample_of(["value", "Values"], &[], &shades, &(0..200).map(point).collect::<Vec<_>>(), false)
}

/// A page of texts.
pub fn sample_of_texts() -> String {
    let names = ["good", "bad"].map(String::from);
    let point = |i: usize| Point {
        group: Some(i % 2),
        truth: names[i % 2].clone(),
        answer: "good 80.00 %".into(),
        is_wrong: i % 2 == 1,
        name: format!("reviews.tsv:{}", i + 1),
        text: Some(
            format!("A <i>rather</i> long review, number {i}, שלום, of a film that was neither \"good\" nor bad. ")
                .repeat(9),
        ),
        ..Point::default()
    };
    sample_of(["class", "Classes"], &names, &[], &(0..60).map(point).collect::<Vec<_>>(), true)
}

/// What a mark's card must do, as a script that finds problems.
pub const CARD: &str = "<script>addEventListener('load', () => {
  const all = [...document.querySelectorAll('.m')], hint = document.getElementById('hint'), name = document.getElementById('name');
  all[0].dispatchEvent(new Event('click', { bubbles: true }));
  if (!hint.hidden || name.textContent !== all[0].dataset.n) problems.push('card: it does not show the mark');
  const other = [...document.querySelectorAll('.classes button')].find(b => b.dataset.c !== all[0].dataset.c);
  if (!other) return;
  other.click();
  if (!all[0].classList.contains('gone')) problems.push('card: the mark is still there');
  if (hint.hidden || name.textContent || document.querySelector('.on')) problems.push('card: it shows a mark that is gone');
  const about = document.getElementById('about');
  if (!about.hidden) problems.push('card: it still says what a mark was');
  document.getElementById('all').click();
}, true)</script>";

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
        let pages =
            [("embedding", html), ("embedding-numbers", sample_of_numbers()), ("embedding-texts", sample_of_texts())];
        for (name, html) in pages {
            std::fs::write(std::env::temp_dir().join(format!("{name}.html")), html).unwrap();
        }
    }
}

#[test]
fn numbers_are_colours_on_a_scale() {
    let html = sample_of_numbers();
    let point = |value: f32| Point { values: vec![value], ..Point::default() };
    assert_eq!(steps(&[2.0, 4.0, 3.0, 2.1].map(point), 0), [0, 31, 16, 1]);
    assert_eq!(steps(&[2.0, 2.0].map(point), 0), [0, 0]);
    assert_eq!([colour(0), colour(31)], ["#440154", "#fde725"]);
    assert_eq!(html.matches("class=\"m v\" fill=\"#").count(), 200);
    for part in
        ["<option value=\"1\">price, answered</option>", "<span>980000.5</span>", "<dt>value</dt>", "<rect x=\"31\""]
    {
        assert!(html.contains(part), "no `{part}`");
    }
    assert!(!html.contains("class=\"classes\""), "numbers have no classes");
}

#[test]
fn a_text_stands_in_its_card() {
    let html = sample_of_texts();
    assert!(html.contains("data-x=\"A &lt;i&gt;rather") && !html.contains("<i>"), "a text is no markup");
    assert!(!html.contains("<canvas"), "there is no picture");
}

#[test]
fn points_keep_their_proportions_within_the_plane() {
    let places = placed(&[[0.0, 0.0], [4.0, 0.0], [0.0, 1.0]]);
    assert_eq!(places, [["24.0", "619.0"], ["976.0", "619.0"], ["24.0", "381.0"]].map(|place| place.map(String::from)));
    assert_eq!(placed(&[[3.0, 3.0]]), [["500.0", "500.0"].map(String::from)]);
}
