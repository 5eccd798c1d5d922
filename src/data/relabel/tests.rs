use super::*;
use crate::data::{Split, Targets};

/// Cats 0 and 1 and a dog to learn from, a dog and a cat without names to test on.
fn data() -> Dataset {
    let split = |labels: &[u32]| {
        let pixels = (0..labels.len() as u8).collect();
        Split::images([1, 1, 1], pixels, Targets::Classes { labels: labels.to_vec(), classes: 2 }).unwrap()
    };
    let names = ["/d/cat/0.png", "/d/cat/1.png", "/d/dog/0.png"].map(String::from).to_vec();
    let train = split(&[0, 0, 1]).with_names(names).unwrap();
    let splits = Splits { train: Some(train), validation: None, test: Some(split(&[1, 0])) };
    Dataset::new("d", vec!["cat".into(), "dog".into()], splits).unwrap().with_source("/d")
}

fn relabel(content: &str) -> Result<Dataset, DataError> {
    let path = Path::new("fixed.csv");
    applied(data(), path, wanted(&data(), path, content)?)
}

fn labels(data: &Dataset) -> [Vec<u32>; 2] {
    [data.train(), data.test()].map(|split| split.unwrap().labels().to_vec())
}

#[test]
fn labels_are_replaced_by_name_and_by_number() {
    let data = relabel("file,split,number,given,label\ncat/1.png,train,1,cat,dog\n,test,0,dog,cat\n").unwrap();
    assert_eq!(labels(&data), [vec![0, 1, 1], vec![0, 0]]);
    assert_eq!(data.notes(), ["fixed.csv changes 2 labels and removes 0 examples"]);
    for name in ["cat/1.png", "/d/cat/1.png", "1.png", "./cat/1.png", "cat\\1.png"] {
        let data = relabel(&format!("label;image\ndog;{name}\n")).unwrap();
        assert_eq!(labels(&data), [vec![0, 1, 1], vec![1, 0]], "{name}");
    }
}

#[test]
fn a_file_with_several_labels_is_told_by_the_one_that_a_row_says_it_had() {
    let split = Split::images([1, 1, 1], vec![7; 3], Targets::Classes { labels: vec![0, 1, 1], classes: 2 }).unwrap();
    let train = split.with_names(["/d/a.png", "/d/a.png", "/d/b.png"].map(String::from).to_vec()).unwrap();
    let splits = Splits { train: Some(train), validation: None, test: None };
    let data = Dataset::new("d", vec!["cat".into(), "dog".into()], splits).unwrap().with_source("/d");
    let path = Path::new("fixed.csv");
    let relabel = |content: &str| applied(data.clone(), path, wanted(&data, path, content)?);
    let of = |data: Dataset| data.train().unwrap().labels().to_vec();
    assert_eq!(of(relabel("file,given,label\na.png,dog,cat\n").unwrap()), [0, 0, 1]);
    assert_eq!(of(relabel("file,given,label\na.png,cat,dog\na.png,dog,dog\n").unwrap()), [1, 1, 1]);
    assert_eq!(of(relabel("file,label\na.png,cat\n").unwrap()), [0, 0, 1], "without it a row is about both");
    // a text may hold anything
    let table = "file,given,label,conflict,text\na.png,dog,,1,\"a; label,\tclass\nand \"\"file\"\"\"\n";
    assert_eq!(of(relabel(table).unwrap()), [0, 1]);
}

#[test]
fn what_has_no_label_or_is_dropped_goes() {
    let data = relabel("file,label,drop\ncat/0.png,,\ncat/1.png,cat,\ndog/0.png,dog,x\n").unwrap();
    assert_eq!(data.train().unwrap().bytes(), Some(&[1][..]));
    assert_eq!((data.train().unwrap().labels(), data.train().unwrap().name(0)), (&[0][..], Some("/d/cat/1.png")));
    assert_eq!(data.notes(), ["fixed.csv changes 0 labels and removes 2 examples; 1 example had its label already"]);
    let data = relabel("file,drop\ncat/0.png,yes\ncat/1.png,\n").unwrap();
    assert_eq!(labels(&data)[0], [0, 1], "a table that only drops says nothing of others");
}

#[test]
fn the_same_said_twice_is_said_once() {
    assert_eq!(labels(&relabel("file,label\n1.png,dog\ncat/1.png,dog\n").unwrap())[0], [0, 1, 1]);
}

#[test]
fn what_does_not_fit_the_data_is_refused_with_its_line() {
    for (content, message) in [
        ("file,label\ncat/0.png,dog\ncat/7.png,dog\n", "fixed.csv: line 3: `d` has no example `cat/7.png`"),
        ("file,label\n0.png,dog\n", "fixed.csv: line 2: 2 examples are called `0.png`, such as cat/0.png"),
        ("file,label\ncat/0.png,dgo\n", "fixed.csv: line 2: no class is called `dgo`"),
        (
            "file,label\ncat/0.png,dog\n\n/d/cat/0.png,cat\n",
            "fixed.csv: line 4 says `cat` of cat/0.png, but line 2 says `dog`",
        ),
        (
            "file,label\ncat/0.png,\ncat/0.png,cat\n",
            "fixed.csv: line 3 says `cat` of cat/0.png, but line 2 says that it be removed",
        ),
        ("split,number,label\ntest,2,dog\n", "fixed.csv: line 2: no example 2 of test, which has 2"),
        ("split,number,label\nval,0,dog\n", "fixed.csv: line 2: no example 0 of validation, which has 0"),
        ("split,number,label\ntrain,x,dog\n", "fixed.csv: line 2: no example x of training, which has 3"),
        ("split,number,label\ntset,0,dog\n", "fixed.csv: line 2: no split is called `tset`"),
        ("file,split,number,label\n,,,dog\n", "fixed.csv: line 2: it names no file and no number"),
        (
            "file,given,label\n1.png,dog,cat\n",
            "fixed.csv: line 2: cat/1.png is labelled `cat`, but the row was written when it was `dog`",
        ),
        ("split,number,label\ntest,0,\ntest,1,\n", "fixed.csv: it removes all 2 test examples"),
        ("file,label\n", "fixed.csv: it has no rows, so it changes no label"),
        ("", "fixed.csv: it has no rows, so it changes no label"),
        (
            "file,probability\ncat/0.png,1\n",
            "fixed.csv: line 1: no column `label`, and none `drop`, says what becomes of it; found file, probability",
        ),
        (
            "label,probability\ndog,1\n",
            "fixed.csv: line 1: no column `file`, and none `number`, says which example a row is about; found label, probability",
        ),
        ("file,label\ncat/0.png\n", "fixed.csv: line 2: 1 field, but the header has 2"),
    ] {
        assert_eq!(relabel(content).unwrap_err().to_string(), message, "{content}");
    }
}

#[test]
fn what_was_removed_shifts_no_number() {
    let data = relabel("split,number,label\ntrain,0,\ntest,0,cat\n").unwrap();
    assert_eq!([0, 1].map(|i| data.number_before("training", i)), [1, 2]);
    assert_eq!([0, 1].map(|i| data.number_before("test", i)), [0, 1]);
    let rows: Vec<_> = data.relabelled().iter().map(|row| (row.split, row.number, row.given, row.label)).collect();
    assert_eq!(rows, [("training", 0, 0, None), ("test", 0, 1, Some(0))]);
}

#[test]
fn a_run_that_keeps_a_copy_does_not_need_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let [path, copy] = ["fixed.csv", "labels.csv"].map(|name| folder.path().join(name));
    std::fs::write(&path, "file,label\n1.png,dog\n").unwrap();
    let from = LabelsFile { copy: Some(copy.clone()), ..labels_file(&path).unwrap() };
    std::fs::copy(&path, &copy).unwrap();
    std::fs::write(&path, "file,label\n1.png,cat\n").unwrap();
    let repaired = relabelled(data(), &from).unwrap();
    assert_eq!(labels(&repaired)[0], [0, 1, 1]);
    let [used, why] = repaired.notes() else { panic!("{:?}", repaired.notes()) };
    assert!(used.contains("labels.csv changes ") && why.contains("fixed.csv is no longer the table"), "{used} {why}");
    std::fs::write(&copy, "file,label\n").unwrap();
    assert!(relabelled(data(), &from).unwrap_err().to_string().contains("fixed.csv: SHA-256"));
}

#[test]
fn numbers_have_no_labels_to_replace() {
    let data = Dataset::from_images_with_values([1, 1, 1], vec![0], vec![0.5], ["x"]).unwrap();
    let error = wanted(&data, Path::new("fixed.csv"), "number,label\n0,x\n").unwrap_err();
    let message = "fixed.csv: `images` has numbers or several labels instead of one class for each example";
    assert_eq!(error.to_string(), message);
}
