//! What columns mean: classes or numbers, splits under other names, marks of missing values; and columns of other tables by their names.

use lepton_gpu::data::{Dataset, LoadOptions, TableOptions, load_with};

use super::pictures::{Photos, balance, says, small};
use super::{load_as, pairs};

/// Pictures `00.png` to `23.png` in `images`, and a table beside that folder.
fn of_24(
    header: &str,
    row: impl Fn(usize) -> String,
    options: &LoadOptions,
) -> Result<Dataset, lepton_gpu::data::DataError> {
    let photos = Photos::new();
    (0..24).for_each(|i| photos.png(&format!("images/{i:02}.png"), [i, 0, 0]));
    let rows: String = (0..24).map(|i| format!("images/{i:02}.png,{}\n", row(i))).collect();
    photos.write("table.csv", format!("image,{header}\n{rows}"));
    load_with(photos.path("table.csv").to_str(), options, &photos.places(), &|_, _| {})
}

#[track_caller]
fn has_note(data: &Dataset, wanted: &str) {
    assert!(data.notes().iter().any(|note| note.contains(wanted)), "no {wanted:?} in {:?}", data.notes());
}

/// A model of these values or labels.
fn knowing(names: &[&str], several_labels: bool) -> LoadOptions {
    let classes = Some(names.iter().map(|name| (*name).to_string()).collect());
    LoadOptions { classes, several_labels, values: !several_labels, ..small() }
}

#[test]
fn a_model_finds_its_values_and_labels_by_name() {
    let text = "image,v,u,w\nimages/0.png,-1.5,10,7\nimages/1.png,-2.5,20,7\n";
    let data = load_as(text, &knowing(&["u", "v"], false)).unwrap();
    assert_eq!(data.classes(), ["u", "v"]);
    let train = data.train().unwrap();
    let first = train.values().unwrap().data[..2].to_vec();
    assert_eq!(first, if train.example(0).unwrap()[0] == 0 { [10.0, -1.5] } else { [20.0, -2.5] });
    let error = load_as("image,height,v\nimages/0.png,1.5,2\n", &knowing(&["u", "v"], false)).unwrap_err();
    says(&error, &["table.csv: line 1: no column for `u`, which the model predicts; found image, height, v"]);
    // labels in columns of their own
    let text = "image,c,a,b\nimages/0.png,1,0,0\nimages/1.png,0,1,1\n";
    let data = load_as(text, &knowing(&["a", "b", "c"], true)).unwrap();
    let of_zero = if data.train().unwrap().example(0).unwrap()[0] == 0 { 0 } else { 3 };
    assert_eq!(data.train().unwrap().values().unwrap().data[of_zero..of_zero + 3], [0.0, 0.0, 1.0]);
    says(&load_as(text, &knowing(&["a", "d"], true)).unwrap_err(), &["no column for `d`, which the model predicts"]);
    // one value, under another name: only if that is said
    let text = "image,price\nimages/0.png,1.5\nimages/1.png,2.5\n";
    says(&load_as(text, &knowing(&["age"], false)).unwrap_err(), &["no column for `age`", "--label-column"]);
    let said = TableOptions { label_column: Some("price".into()), ..TableOptions::default() };
    assert!(load_as(text, &LoadOptions { table: said, ..knowing(&["age"], false) }).is_ok());
    // what is only to be answered needs none of them
    let unlabelled = LoadOptions { unlabelled: true, ..knowing(&["age"], false) };
    assert!(load_as(text, &unlabelled).is_ok());
}

#[test]
fn classes_are_found_under_names_of_any_spelling_and_in_columns_of_their_own() {
    let boxes =
        |name: &str| of_24(&format!("Width,Roi.X1,{name}"), |i| format!("{},5,{}", 30 + i, i % 3), &small()).unwrap();
    for name in ["ClassId", "class id", "CLASS_ID", "LabelId"] {
        let data = boxes(name);
        assert_eq!(data.classes(), ["0", "1", "2"], "{name}");
        has_note(&data, "columns ignored: Width, Roi.X1");
    }
    let data = boxes("Roi.Y1");
    has_note(&data, "numbers to predict (regression): Width, Roi.X1, Roi.Y1; --label-column NAME");
    // exactly one 1 in each row
    let one_hot = |i: usize| ["1,0,0", "0,1,0", "0,0,1"][i % 3].to_string();
    let data = of_24("rust,healthy,scab", one_hot, &small()).unwrap();
    assert_eq!(data.classes(), ["healthy", "rust", "scab"]);
    for (number, label) in pairs(&data) {
        assert_eq!(label, [1, 0, 2][number as usize % 3], "image {number}");
    }
    has_note(
        &data,
        "exactly one of the 3 labels in columns of 0 and 1: they are classes (--loss bce makes them labels)",
    );
    let several = of_24("rust,healthy,scab", one_hot, &LoadOptions { several_labels: true, ..small() }).unwrap();
    assert!(several.train().unwrap().values().is_some());
    let model = LoadOptions { classes: Some(vec!["scab".into(), "rust".into(), "healthy".into()]), ..small() };
    assert_eq!(pairs(&of_24("rust,healthy,scab", one_hot, &model).unwrap())[0], (0, 1), "by the model's numbers");
    let two = |i: usize| ["1,0", "0,1", "1,1", "0,0"][i % 4].to_string();
    assert!(of_24("a,b", two, &small()).unwrap().train().unwrap().values().is_some(), "some rows have both or none");
}

#[test]
fn marks_of_missing_values_are_said() {
    let data = of_24("label", |i| if i < 2 { "N/A".into() } else { ["cat", "dog"][i % 2].into() }, &small()).unwrap();
    has_note(&data, "`label` is `N/A` in 2 rows: a class of this name; if it means that none is known, remove them");
    // one of many numbers
    let mark = |mark: &'static str| move |i: usize| if i == 5 { mark.into() } else { format!("{i}.5") };
    for text in ["n/a", "NaN", "12 m"] {
        let error = of_24("label", mark(text), &small()).unwrap_err();
        says(
            &error,
            &[&format!("line 7, column `label`: `{text}` is not a number, but 23 of 24 are"), "remove the row"],
        );
    }
    says(
        &of_24("label", mark(""), &small()).unwrap_err(),
        &["line 7, column `label`: empty, but 23 of 24 rows have a number"],
    );
    // numbers that are classes may have a word among them
    let data = of_24("label", |i| if i < 2 { "ten".into() } else { (i % 4).to_string() }, &small()).unwrap();
    assert_eq!(data.classes(), ["0", "1", "2", "3", "ten"]);
    let data = of_24("label", |i| format!("${},1", i + 10).replace(',', "."), &small()).unwrap();
    has_note(&data, "`label` has 24 different labels in 24 rows, such as `$10.1`, each a class; --label-column");
}

#[test]
fn splits_have_many_names() {
    let sizes = |data: &Dataset| {
        let of =
            |split: Option<&lepton_gpu::data::Split>| split.map_or(0, |split| balance(split, 2).iter().sum::<usize>());
        (of(data.train()), of(data.validation()), of(data.test()))
    };
    let label = |i: usize| ["a", "b"][i % 2];
    let usage = |i: usize| format!("{},{}", label(i), ["Training", "Training", "PublicTest", "PrivateTest"][i / 2 % 4]);
    let data = of_24("label,Usage", usage, &small()).unwrap();
    assert_eq!(sizes(&data), (12, 6, 6));
    has_note(&data, "splits from column `Usage`");
    let data =
        of_24("label,set", |i| format!("{},{}", label(i), ["train", "test"][usize::from(i > 15)]), &small()).unwrap();
    assert_eq!(sizes(&data), (16, 0, 8));
    let data =
        of_24("label,is_valid", |i| format!("{},{}", label(i), ["False", "True"][usize::from(i > 15)]), &small())
            .unwrap();
    assert_eq!(sizes(&data), (16, 8, 0));
    // a column of labels is none, nor one that always says the same
    let data = of_24("label,set", |i| format!("{},train", ["train", "test"][i % 2]), &small()).unwrap();
    assert_eq!((data.classes().join(","), sizes(&data)), ("test,train".into(), (24, 0, 0)));
    let error =
        of_24("label,split", |i| format!("{},{}", label(i), if i == 3 { "" } else { "train" }), &small()).unwrap_err();
    says(&error, &["line 5, column `split`: empty"]);
}
