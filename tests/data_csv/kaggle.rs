//! Tables as people have them: names of columns, of files and folders, several labels, numbers, repeated rows.

use lepton_gpu::data::{LoadOptions, TableOptions, check, load_with};

use super::pictures::{Photos, says, small};
use super::{load, load_as, pairs};

fn of(table: TableOptions) -> LoadOptions {
    LoadOptions { table, ..small() }
}

fn some(text: &str) -> Option<String> {
    Some(text.into())
}

/// Pictures `000.png` to `023.png` in a folder, and a table beside it with these columns.
fn numbered(folder: &str, header: &str, row: impl Fn(usize) -> String) -> Photos {
    let photos = Photos::new();
    (0..24).for_each(|i| photos.png(&format!("{folder}/{i:03}.png"), [i, 0, 0]));
    let rows: String = (0..24).map(|i| row(i) + "\n").collect();
    photos.write("train.csv", format!("{header}\n{rows}"));
    photos
}

#[test]
fn columns_are_found_by_name_by_content_or_by_what_is_said() {
    for text in [
        "id,label\nimages/0.png,b\nimages/1.png,a\n",
        "Id,Category\nimages/0,b\nimages/1,a\n",
        "image_name,tags\nimages/0,b\nimages/1,a\n",
        "image_id,breed\nimages/0,b\nimages/1,a\n",
        // a column that is left over holds the labels; the picture's one is known by its content
        "id,url,kind\n7,images/0.png,b\n8,images/1.png,a\n"
            .replace("id,url", "id,index,url")
            .replace("7,", "7,1,")
            .replace("8,", "8,1,")
            .as_str(),
        // the numbers of rows that pandas writes, and a delimiter at the end of each row
        ",image,label\n0,images/0.png,b\n1,images/1.png,a\n",
        "image,label\nimages/0.png,b,\nimages/1.png,a,\n",
        // no header; Excel's first line; other delimiters; old Macs; two files joined
        "images/0.png,b\nimages/1.png,a\n",
        "sep=;\nimage;label\nimages/0.png;b\nimages/1.png;a\n",
        "image|label\nimages/0.png|b\nimages/1.png|a\n",
        "images/0.png b\nimages/1.png a\n",
        "image,label\rimages/0.png,b\rimages/1.png,a\r",
        "image,label\nimages/0.png,b\n\u{feff}image,label\nimages/1.png,a\n",
    ] {
        let options = match text.contains("index") {
            true => of(TableOptions { label_column: some("kind"), ..TableOptions::default() }),
            false => small(),
        };
        let data = load_as(text, &options).unwrap_or_else(|error| panic!("{text}\n{error}"));
        assert_eq!(
            (data.classes(), pairs(&data)),
            (&["a".to_string(), "b".into()][..], vec![(0, 1), (1, 0)]),
            "{text}"
        );
    }
    let own = TableOptions { image_column: some("scan"), label_column: some("finding"), ..TableOptions::default() };
    let text = "scan,label,finding\nimages/0.png,x,b\nimages/1.png,x,a\n";
    assert_eq!(pairs(&load_as(text, &of(own.clone())).unwrap()), [(0, 1), (1, 0)]);
    let wrong = TableOptions { label_column: some("findin"), ..own };
    says(
        &load_as(text, &of(wrong)).unwrap_err(),
        &["no column `findin`; found scan, label, finding", "did you mean `finding`"],
    );
    says(
        &load("image,size,kind\nimages/0.png,big,b\nimages/1.png,small,a\n").unwrap_err(),
        &["no column for labels", "--label-column kind"],
    );
    says(
        &load("image,label,class\nimages/0.png,big,b\n").unwrap_err(),
        &["`label` and `class` both hold labels", "--label-column label"],
    );
}

#[test]
fn names_of_files_are_found_in_other_forms_and_folders() {
    let folder = |photos: &Photos| Some(photos.path("train_images").to_string_lossy().into_owned());
    for name in [
        "{:03}",
        "{:03}.png",
        "{:03}.PNG",
        "train_images\\{:03}.png",
        "TRAIN_images/{:03}",
        "/kaggle/input/x/{:03}.png",
        "file:///kaggle/input/x/{:03}.png",
    ] {
        let photos = numbered("train_images", "id,label", |i| {
            format!("{},{}", name.replace("{:03}", &format!("{i:03}")), ["dog", "cat"][i % 2])
        });
        let options = of(TableOptions { images: folder(&photos), ..TableOptions::default() });
        let path = photos.path("train.csv");
        let data =
            load_with(path.to_str(), &options, &photos.places(), &|_, _| {}).unwrap_or_else(|e| panic!("{name}: {e}"));
        let wanted: Vec<(u8, u32)> = (0..24).map(|i| (i, 1 - u32::from(i) % 2)).collect();
        assert_eq!(pairs(&data), wanted, "{name}");
    }
    // a folder that is none, and addresses
    let photos = numbered("train_images", "id,label", |i| format!("https://example.org/{i}.jpg,{}", i % 2));
    let path = photos.path("train.csv");
    let error = load_with(path.to_str(), &small(), &photos.places(), &|_, _| {}).unwrap_err();
    says(&error, &["24 of 24 images are missing", "a web address: download the images first"]);
    let nowhere = of(TableOptions { images: some("/no/such folder"), ..TableOptions::default() });
    let error = load_with(path.to_str(), &nowhere, &photos.places(), &|_, _| {}).unwrap_err();
    says(&error, &["/no/such folder, the folder of its images, is not a folder", "another --images"]);
    // two files of one stem: neither is guessed
    let photos = numbered("train_images", "id,label", |i| format!("train_images/{i:03},{}", i % 2));
    photos.png("train_images/000.jpg", [0, 0, 0]);
    let error = load_with(photos.path("train.csv").to_str(), &small(), &photos.places(), &|_, _| {}).unwrap_err();
    says(&error, &["1 of 24 images are missing", "000: line 2: could be 000.jpg or 000.png"]);
}

#[test]
fn missing_files_are_one_line_with_their_cause() {
    let photos = numbered("pictures", "id,label", |i| format!("{i:03},{}", i % 2));
    let path = photos.path("train.csv");
    let error = load_with(path.to_str(), &small(), &photos.places(), &|_, _| {}).unwrap_err();
    says(&error, &["24 of 24 images are missing, such as 000: line 2: no such file", "--images ", "pictures"]);
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
    // skipping all of them leaves nothing
    let mut options = small();
    options.images.skip_damaged = true;
    says(
        &load_with(path.to_str(), &options, &photos.places(), &|_, _| {}).unwrap_err(),
        &["24 of 24 images are missing"],
    );
    let report = check(path.to_str().unwrap(), &small(), &photos.places(), &|_, _| {}).unwrap();
    assert_eq!((report.images, report.damaged.len(), report.missing.len()), (0, 0, 24));
}

/// The names of labels, and which of them the picture with this number has.
fn labels_of(text: &str, number: u8, options: &LoadOptions) -> (Vec<String>, Option<Vec<f32>>, Vec<String>) {
    let data = load_as(text, options).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let train = data.train().unwrap();
    let at = (0..train.len()).find(|&i| train.example(i).unwrap()[0] == number).unwrap();
    let values = train.values().map(|values| values.data[at * values.width..(at + 1) * values.width].to_vec());
    (data.classes().to_vec(), values, data.notes().to_vec())
}

#[test]
fn several_labels_may_have_spaces_between_them() {
    let text = |name: &str, [a, b, c]: [&str; 3]| {
        format!("image,{name}\nimages/0.png,\"{a}\"\nimages/1.png,\"{b}\"\nimages/2.png,\"{c}\"\n")
    };
    let all = ["clear", "haze", "primary", "water"];
    let planet = ["clear primary", "haze primary", "clear primary water"];
    let (names, values, notes) = labels_of(&text("tags", planet), 1, &small());
    assert_eq!((names, values), (all.map(String::from).to_vec(), Some(vec![0.0, 1.0, 1.0, 0.0])));
    assert!(notes.iter().any(|note| note.contains("`tags` holds several labels separated by spaces")), "{notes:?}");
    let (names, values, _) = labels_of(&text("Target", ["16 0", "2", "0"]), 0, &small());
    assert_eq!((names.join(","), values), ("0,2,16".into(), Some(vec![1.0, 0.0, 1.0])));
    let (names, values, _) = labels_of(&text("labels", ["scab, rust", "rust", "scab"]), 0, &small());
    assert_eq!((names.join(","), values), ("rust,scab".into(), Some(vec![1.0, 1.0])));
    let (names, values, _) = labels_of(&text("labels", ["['red', 'round']", "['red']", "[]"]), 0, &small());
    assert_eq!((names.join(","), values), ("red,round".into(), Some(vec![1.0, 1.0])));
    // names of classes with a space
    for (name, fields) in
        [("label", ["hot dog", "dog", "cat"]), ("classes", ["golden retriever", "ice cream", "hot dog"])]
    {
        assert_eq!(labels_of(&text(name, fields), 0, &small()).1, None, "{name}");
    }
    let none = of(TableOptions { label_separator: some("none"), ..TableOptions::default() });
    assert_eq!(labels_of(&text("tags", planet), 1, &none).0, ["clear primary", "clear primary water", "haze primary"]);
    // a run of several labels may be asked about pictures with one
    let several = LoadOptions { several_labels: true, ..small() };
    assert_eq!(labels_of(&text("label", ["a", "b", "a"]), 1, &several).1, Some(vec![0.0, 1.0]));
    let said = of(TableOptions { label_separator: some("+"), ..TableOptions::default() });
    assert_eq!(labels_of(&text("label", ["a+b", "a", "b"]), 0, &said).1, Some(vec![1.0, 1.0]));
}

#[test]
fn labels_that_are_as_many_numbers_as_rows_are_values_and_said_so() {
    let table = |label: &dyn Fn(usize) -> usize| {
        let rows: String = (0..24).map(|i| format!("pictures/{i:03}.png,{}\n", label(i))).collect();
        let photos = numbered("pictures", "image,label", |_| String::new());
        photos.write("train.csv", format!("image,label\n{rows}"));
        load_with(photos.path("train.csv").to_str(), &small(), &photos.places(), &|_, _| {}).unwrap()
    };
    let ages = table(&|i| 20 + i * 3);
    assert_eq!(ages.classes(), ["label"]);
    assert!(ages.train().unwrap().values().is_some());
    let note = "`label` holds 24 different numbers in 24 rows: a value to predict (regression), not classes";
    assert!(ages.notes().iter().any(|said| said == note), "{:?}", ages.notes());
    // two of each are classes
    let people = table(&|i| i / 2);
    assert!(people.train().unwrap().values().is_none() && people.classes().len() == 12);
    // names may be digits, and a trained model knows what it gives
    let photos = numbered("pictures", "image,label", |i| format!("pictures/{i:03}.png,{:03}", i * 7));
    let names = load_with(photos.path("train.csv").to_str(), &small(), &photos.places(), &|_, _| {}).unwrap();
    assert_eq!((names.classes().len(), &names.classes()[1]), (24, &"007".to_string()));
    let rows: String = (0..6).map(|i| format!("images/{i}.png,{i}\n")).collect();
    let text = format!("image,label\n{rows}");
    let trained = |names: Vec<String>| load_as(&text, &LoadOptions { classes: Some(names), ..small() }).unwrap();
    assert!(trained(vec!["label".into()]).train().unwrap().values().is_some());
    assert_eq!(trained((0..10).map(|i| i.to_string()).collect()).classes().len(), 10);
    let error = load("image;label\nimages/0.png;3,5\nimages/1.png;2\n").unwrap_err();
    says(&error, &["line 2, column `label`: `3,5` has a decimal comma", "3.5"]);
}

#[test]
fn rows_that_repeat_or_contradict_others_are_said() {
    let data = load("image,label\nimages/0.png,a\nimages/1.png,b\nimages/0.png,a\n").unwrap();
    assert_eq!(pairs(&data), [(0, 0), (1, 1)]);
    assert_eq!(data.notes(), ["rows ignored because they repeat an earlier one: 1 (line 4 repeats line 2: 0.png)"]);
    let data = load("image,label\nimages/0.png,a\nimages/1.png,b\nimages/0.png,b\n").unwrap();
    assert_eq!(pairs(&data).len(), 3);
    assert!(data.notes()[0].contains("line 4 gives 0.png another label than line 2"), "{:?}", data.notes());
}

#[test]
fn names_of_files_are_matched_in_every_unicode_form() {
    // a table writes é as one character, files of a Mac's archive as two, and the other way round
    for (there, named) in [("cafe\u{301}", "caf\u{e9}"), ("caf\u{e9}", "cafe\u{301}")] {
        let photos = Photos::new();
        photos.png(&format!("{there}/a {there}.png"), [1, 0, 0]);
        photos.png(&format!("{there}/b {there}.png"), [2, 0, 0]);
        let rows = format!("image,label\n{named}/a {named}.png,x\n{named}/B {named}.PNG,y\n");
        photos.write("train.csv", &rows);
        let data = load_with(photos.path("train.csv").to_str(), &small(), &photos.places(), &|_, _| {}).unwrap();
        assert_eq!(data.train().unwrap().len(), 2, "{named:?}");
        let note = data.notes().iter().find(|note| note.contains("another Unicode form")).expect("a note");
        assert!(note.contains("in another case"), "{note}");
    }
    // where both are there, the one that is spelt as the table has it
    let photos = Photos::new();
    photos.png("cafe\u{301}.png", [1, 0, 0]);
    photos.png("caf\u{e9}.png", [2, 0, 0]);
    photos.write("train.csv", "image,label\ncafe\u{301}.png,x\ncaf\u{e9}.png,y\n");
    let data = load_with(photos.path("train.csv").to_str(), &small(), &photos.places(), &|_, _| {}).unwrap();
    assert_eq!(pairs(&data), [(1, 0), (2, 1)]);
}

#[test]
fn numbers_that_stay_classes_are_said_with_how_to_predict_them() {
    let photos = numbered("images", "image,label", |i| format!("images/{i:03}.png,{}", i % 5));
    let notes = |photos: &Photos| {
        let path = photos.path("train.csv");
        load_with(path.to_str(), &small(), &photos.places(), &|_, _| {}).unwrap().notes().join("\n")
    };
    assert!(notes(&photos).contains("`label` holds 5 different numbers, each a class; --loss mse predicts them"));
    let renamed = numbered("images", "image,value", |i| format!("images/{i:03}.png,{}", i % 5));
    let data = load_with(renamed.path("train.csv").to_str(), &small(), &renamed.places(), &|_, _| {}).unwrap();
    assert!(data.train().unwrap().values().is_some(), "as the note says");
    let two = numbered("images", "image,label", |i| format!("images/{i:03}.png,{}", i % 2));
    assert!(!notes(&two).contains("different numbers"), "yes and no are no measurements");
}
