//! Tables of pictures: classes, splits, several labels, values, and what is wrong with a table, by line and column.

#[path = "data_csv/columns.rs"]
mod columns;
#[path = "data_csv/kaggle.rs"]
mod kaggle;
#[path = "data_csv/lost.rs"]
mod lost;
mod pictures;

use std::path::PathBuf;

use lepton_gpu::data::{DataError, Dataset, ImageOptions, LoadOptions, Split, Values, check, load_with, pictures_of};
use pictures::{Photos, balance, says, small};

/// Pictures `0.png` to `5.png` whose red value is their number, in `images`, and a table beside that folder.
fn table(text: &str) -> (Photos, PathBuf) {
    let photos = Photos::new();
    (0..6).for_each(|i| photos.png(&format!("images/{i}.png"), [i, 0, 0]));
    photos.write("table.csv", text);
    let path = photos.path("table.csv");
    (photos, path)
}

/// Loads a table with this text.
pub fn load(text: &str) -> Result<Dataset, DataError> {
    load_as(text, &small())
}

/// Loads a table with this text and options.
pub fn load_as(text: &str, options: &LoadOptions) -> Result<Dataset, DataError> {
    let (photos, path) = table(text);
    load_with(path.to_str(), options, &photos.places(), &|_, _| {})
}

#[track_caller]
fn fails(text: &str, needles: &[&str]) {
    says(&load(text).expect_err("this table must not load"), needles);
}

/// Number of each training picture with its label.
pub fn pairs(data: &Dataset) -> Vec<(u8, u32)> {
    let train = data.train().unwrap();
    let mut pairs: Vec<_> = (0..train.len()).map(|i| (train.example(i).unwrap()[0], train.labels()[i])).collect();
    pairs.sort_unstable();
    pairs
}

#[test]
fn rows_are_pictures_with_classes() {
    let text = "image,label\nimages/0.png,dog\n\"images/1.png\",\"cat, small\"\nimages/2.png, dog \n";
    let data = load(text).unwrap();
    assert_eq!(data.classes(), ["cat, small", "dog"]);
    assert_eq!(pairs(&data), [(0, 1), (1, 0), (2, 1)]);
    assert_eq!(data.name(), "table.csv");
    // other names of columns, other delimiters, a byte order mark, Windows' line ends
    for text in [
        "\u{feff}Path,Class\r\nimages/0.png,b\r\nimages/1.png,a\r\n",
        "filename;category\nimages/0.png;b\nimages/1.png;a\n",
        "class\tnote\tfile\nb\tx\timages/0.png\na\t\timages/1.png\n",
    ] {
        let data = load(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        assert_eq!(
            (data.classes().to_vec(), pairs(&data)),
            (vec!["a".into(), "b".into()], vec![(0, 1), (1, 0)]),
            "{text}"
        );
    }
    let data = load("image,label,note\nimages/0.png,a,x\nimages/1.png,b,y\n").unwrap();
    assert_eq!(data.notes(), ["columns ignored: note"]);
    // numbers are sorted as numbers
    let data = load("image,label\nimages/0.png,10\nimages/1.png,9\nimages/2.png,2\n").unwrap();
    assert_eq!(data.classes(), ["2", "9", "10"]);
}

#[test]
fn a_column_may_say_the_split() {
    let text =
        "image,label,split\nimages/0.png,a,train\nimages/1.png,b,Train\nimages/2.png,a,val\nimages/3.png,b,test\n";
    let data = load(text).unwrap();
    let of = |split: Option<&Split>| balance(split.unwrap(), 2);
    assert_eq!((of(data.train()), of(data.validation()), of(data.test())), (vec![1, 1], vec![1, 0], vec![0, 1]));
    let wrong = text.replace("test", "tset");
    fails(&wrong, &["table.csv: line 5, column `split`: `tset` is not a split", "train, val or test"]);
    let untrained = text.replace("images/1.png,b,Train", "images/1.png,b,val");
    fails(&untrained, &["class `b` has no training images"]);
}

#[test]
fn several_labels_become_values() {
    let data = load("image,labels\nimages/0.png,red|round\nimages/1.png,red\nimages/2.png,\n").unwrap();
    assert_eq!(data.classes(), ["red", "round"]);
    let train = data.train().unwrap();
    let values = train.values().unwrap();
    assert_eq!((values.width, train.labels().to_vec()), (2, vec![0; 3]));
    for i in 0..3 {
        let wanted = [[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]][usize::from(train.example(i).unwrap()[0])];
        assert_eq!(values.data[2 * i..2 * i + 2], wanted);
    }
    let data = load("image,has_cat,has_dog,split\nimages/0.png,1,0,train\nimages/1.png,0,1,test\n").unwrap();
    assert_eq!(data.classes(), ["has_cat", "has_dog"]);
    assert_eq!(data.train().unwrap().values(), Some(&Values { width: 2, data: vec![1.0, 0.0] }));
    assert_eq!(data.test().unwrap().values(), Some(&Values { width: 2, data: vec![0.0, 1.0] }));
}

#[test]
fn numbers_are_values_to_predict() {
    let data = load("image,age,height\nimages/0.png,31.5,-1e2\nimages/1.png, 7 ,0\n").unwrap();
    assert_eq!(data.classes(), ["age", "height"]);
    let train = data.train().unwrap();
    let wanted = if train.example(0).unwrap()[0] == 0 { [31.5, -100.0, 7.0, 0.0] } else { [7.0, 0.0, 31.5, -100.0] };
    assert_eq!(train.values(), Some(&Values { width: 2, data: wanted.to_vec() }));
}

#[test]
fn labels_with_fractions_are_numbers_and_whole_ones_are_classes() {
    let table = |labels: [&str; 6]| {
        let rows = labels.iter().enumerate().map(|(i, label)| format!("images/{i}.png,{label}\n"));
        load(&format!("image,label\n{}", rows.collect::<String>())).unwrap()
    };
    let numbers = table(["1.5", "2", "7.25", "1.5", "3", "0"]);
    assert_eq!(numbers.train().unwrap().values().map(|values| values.width), Some(1));
    assert_eq!(numbers.classes(), ["label"]);
    let classes = table(["1", "2", "7", "1", "2", "7"]);
    assert!(classes.train().unwrap().values().is_none() && classes.classes().len() == 3);
}

#[test]
fn numbers_of_classes_are_told_from_amounts() {
    let rows = |of: &dyn Fn(usize) -> String| (0..6).map(|i| format!("images/{i}.png{}\n", of(i))).collect::<String>();
    let classes = |text: &str| load(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    for (text, wanted) in [
        (rows(&|i| format!(" {}", i % 3)), vec!["0", "1", "2"]),
        (rows(&|i| format!(",{}", i % 2)), vec!["0", "1"]),
        ("filename,emotion\n".to_string() + &rows(&|i| format!(",{}", i % 3)), vec!["0", "1", "2"]),
    ] {
        let data = classes(&text);
        assert!(data.train().unwrap().values().is_none(), "{text}");
        assert_eq!(data.classes(), wanted, "{text}");
    }
    let data = classes(&("filename,age\n".to_string() + &rows(&|i| format!(",{}", 30 + i % 3))));
    assert!(data.train().unwrap().values().is_some(), "an amount");
    let note = "`age` holds numbers to predict (regression); --label-column age makes each a class";
    assert_eq!(data.notes(), [note]);
    // CelebA's signs, and classes in columns
    let data = classes(&("image_id,Smiling,Young\n".to_string() + &rows(&|i| format!(",{},-1", [-1, 1][i % 2]))));
    let values = data.train().unwrap().values().unwrap();
    assert!(values.data.iter().all(|&value| value == 0.0 || value == 1.0) && values.data.contains(&1.0));
    assert!(data.notes()[0].contains("-1 and 1, read as 0 and 1"), "{:?}", data.notes());
    let data = classes(&("image,MEL,NV\n".to_string() + &rows(&|i| ([",1,0", ",0,1"][i % 2]).into())));
    assert!(data.notes()[0].contains("exactly one of the labels"), "{:?}", data.notes());
    fails("", &["table.csv: it is empty"]);
    let (_photos, path) = table("image,split\nimages/0.png,test\nimages/1.png,test\n");
    assert_eq!(pictures_of(&path).unwrap().len(), 2, "what is to be answered needs no labels");
}

#[test]
fn wrong_tables_are_refused() {
    fails("image,label\n", &["table.csv: 0 rows below the header"]);
    fails("drawing,label\nx,y\n", &["line 1: no column for the image path; found drawing, label"]);
    fails("image\nimages/0.png\n", &["line 1: no column for labels or values; found image"]);
    fails("image,path,label\nx,y,z\n", &["line 1: `image` and `path` both hold paths"]);
    fails("image,label\nimages/0.png,a\nimages/1.png,a,b\n", &["line 3: 3 fields, but the header has 2", "quotes"]);
    fails("image,label\nimages/0.png,a\n\nimages/1.png\n", &["line 4: 1 field, but the header has 2"]);
    fails("image,label\nimages/0.png,a\nimages/1.png,\n", &["line 3, column `label`: empty"]);
    fails("image,label\nimages/0.png,a\n,b\n", &["line 3, column `image`: empty"]);
    fails("image,label\nimages/0.png,a\nimages/1.png,a\n", &["1 class (`a`)", "at least 2"]);
    fails("image,x,y\nimages/0.png,1,2\nimages/1.png,1,two\n", &["line 3, column `y`: `two` is not a number", "label"]);
    fails("image,x\nimages/0.png,nan\n", &["line 2, column `x`: `nan` is not a number"]);
    fails(
        "image,label\nimages/0.png,a\nimages/gone.png,b\n",
        &["1 of 2 images are missing", "images/gone.png: line 3: "],
    );
    fails("image,label\nimages/0.png,a\ntable.csv,b\n", &["1 of 2 images", "table.csv: line 3: not an image"]);
    fails("image,label\nimages/0.png,a\nimages,b\n", &["1 of 2 images", "images: line 3: "]);
    let (photos, path) = table("image,label\nimages/0.png,a\n");
    photos.write("table.csv", b"image,label\nimages/0.png,\xff\xfe\n");
    let error = load_with(path.to_str(), &small(), &photos.places(), &|_, _| {}).unwrap_err();
    says(&error, &["table.csv: ", "line 2", "UTF-8"]);
}

#[test]
fn one_class_asks_for_another_and_comes_after_files_that_are_missing() {
    fails(
        "image,label\nimages/0.png,a\nimages/1.png,a\n",
        &["1 class (`a`)", "images of another class, or another --label-column"],
    );
    let error = load("image,label\nimages/0.png,a\n").unwrap_err();
    assert!(!lepton_gpu::cli::hint::message(&error).contains("folder"));
    fails("image,label\ngone/0.png,a\ngone/1.png,a\n", &["2 of 2 images are missing", "gone/0.png"]);
    fails("image,label\ngone/0.png,a\nimages/1.png,a\n", &["1 class (`a`)"]);
}

#[test]
fn missing_pictures_may_be_skipped_and_classes_known() {
    let text = "image,label\nimages/0.png,a\nimages/1.png,b\nimages/gone.png,b\n";
    let options = LoadOptions { images: ImageOptions { skip_damaged: true, ..ImageOptions::default() }, ..small() };
    let data = load_as(text, &options).unwrap();
    assert_eq!(pairs(&data), [(0, 0), (1, 1)]);
    assert_eq!(data.notes(), ["skipped missing images: 1 of 3"]);
    let (photos, path) = table(text);
    let report = check(path.to_str().unwrap(), &LoadOptions::default(), &photos.places(), &|_, _| {}).unwrap();
    assert_eq!((report.images, report.damaged.len(), report.missing.len()), (2, 0, 1));
    let known = |names: &[&str]| LoadOptions {
        classes: Some(names.iter().map(|name| (*name).to_string()).collect()),
        ..small()
    };
    let data = load_as("image,label\nimages/0.png,b\n", &known(&["a", "b", "c"])).unwrap();
    assert_eq!(pairs(&data), [(0, 1)]);
    let error = load_as("image,label\nimages/0.png,x\n", &known(&["a", "b"])).unwrap_err();
    says(&error, &["class `x` is not one of the model's classes: a, b"]);
}
