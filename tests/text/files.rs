//! Forms of files, encodings, and what is wrong with some.

use std::path::Path;

use lepton_gpu::data::text::{self, Trained};
use lepton_gpu::data::{self, Dataset, Input, Split, TextOptions};

/// Names and contents.
type Files<'a> = &'a [(&'a str, &'a [u8])];

/// A folder with these files, loaded by this name in it.
fn load_as(files: Files, name: &str, options: &TextOptions) -> Result<Option<Dataset>, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    text::load(&folder.path().join(name), options, None, None).map_err(|error| lepton_gpu::cli::hint::message(&error))
}

fn load(files: Files, name: &str) -> Dataset {
    load_as(files, name, &TextOptions::default()).unwrap().expect("texts")
}

fn texts(data: &Dataset, split: Option<&Split>) -> Vec<String> {
    let (split, read) = (split.unwrap(), data.texts().unwrap());
    let [height, length, channels] = split.input().shape();
    assert_eq!((height, channels), (1, 1));
    assert_eq!(split.input(), Input::Tokens { length, vocabulary: read.vocabulary.len() });
    assert_eq!(split.bytes().len(), split.len() * length * 4);
    let text = |i: usize| {
        let words = read.vocabulary.decode(split.example(i)).join(" ");
        format!("{}: {words}", data.classes()[split.labels()[i] as usize])
    };
    (0..split.len()).map(text).collect()
}

const TABS: &[u8] = b"good\tA fine film\nbad\tIt's dull\n\n  \ngood\tfine, fine\n";

#[test]
fn lines_with_tabs_or_spaces() {
    let data = load(&[("a.txt", TABS)], "a.txt");
    assert_eq!(data.classes(), ["bad", "good"]);
    assert_eq!(texts(&data, data.train()), ["good: a fine film", "bad: it 's dull", "good: fine , fine"]);
    assert_eq!(data.texts().unwrap().vocabulary.word(2), "fine");
    let spaces = load(&[("a.tsv", b"good A fine film\r\nbad It's dull\r\ngood fine, fine")], "a.tsv");
    assert_eq!(texts(&spaces, spaces.train()), texts(&data, data.train()));
    let trec: &[u8] =
        b"DESC:manner How did it ?\nENTY:animal What cow ?\nDESC:def What is it ?\nENTY:food What cake ?\n";
    let coarse = TextOptions { coarse_labels: true, ..TextOptions::default() };
    let data = load_as(&[("t.txt", trec)], "t.txt", &coarse).unwrap().unwrap();
    assert_eq!(data.classes(), ["DESC", "ENTY"]);
    let many = load_as(&[("t.txt", trec)], "t.txt", &TextOptions::default()).unwrap_err();
    assert!(many.contains("4 different labels in 4 texts"), "{many}");
}

#[test]
fn folders_and_pairs_of_files() {
    let (train, test): (&[u8], &[u8]) = (b"a\tone two\nb\ttwo\na\tone\nb\ttwo two\n", b"b\tthree one two\na\tone\n");
    for (names, name) in [
        (["train.txt", "test.txt"], ""),
        (["train.tsv", "test.tsv"], "train.tsv"),
        (["TREC.train.all", "TREC.test.all"], "TREC.train.all"),
    ] {
        let data = load(&[(names[0], train), (names[1], test)], name);
        assert_eq!(data.train().unwrap().len(), 4);
        // the vocabulary and the length are those of the training texts
        assert_eq!(texts(&data, data.test()), ["b: <unknown> one", "a: one"]);
        assert_eq!(data.texts().unwrap().cut, 1);
    }
    let pair: [(&str, &[u8]); 2] = [("rt.pos", b"nice one\ngood\n"), ("rt.neg", b"bad one\n")];
    for name in ["", "rt.pos", "rt.neg"] {
        let data = load(&pair, name);
        assert_eq!(data.classes(), ["neg", "pos"]);
        assert_eq!(texts(&data, data.train()), ["neg: bad one", "pos: nice one", "pos: good"]);
    }
    let data = load(&[("sport.txt", b"a goal\nteam\n"), ("news.txt", b"a vote\n")], "");
    assert_eq!(texts(&data, data.train()), ["news: a vote", "sport: a goal", "sport: team"]);
    assert!(load_as(&[("only.txt", TABS)], "", &TextOptions::default()).unwrap().is_none());
}

#[test]
fn encodings() {
    let utf8 = load(&[("a.txt", "\u{feff}g\tcafé\nb\tno\n".as_bytes())], "a.txt");
    let latin = load(&[("a.txt", b"g\tcaf\xe9\nb\tno\n")], "a.txt");
    assert_eq!(texts(&utf8, utf8.train()), ["g: café", "b: no"]);
    assert_eq!(texts(&latin, latin.train()), ["g: café", "b: no"]);
    assert!(!utf8.texts().unwrap().latin1 && latin.texts().unwrap().latin1);
}

#[test]
fn lengths_and_vocabularies() {
    let options = TextOptions { max_length: Some(2), min_count: Some(2), ..TextOptions::default() };
    let data = load_as(&[("a.txt", TABS)], "a.txt", &options).unwrap().unwrap();
    assert_eq!(
        texts(&data, data.train()),
        ["good: <unknown> fine", "bad: <unknown> <unknown>", "good: fine <unknown>"]
    );
    assert_eq!((data.input().shape()[1], data.texts().unwrap().cut), (2, 3));
}

#[test]
fn a_trained_model_brings_vocabulary_and_classes() {
    let data = load(&[("a.txt", TABS)], "a.txt");
    let vocabulary = &data.texts().unwrap().vocabulary;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.txt");
    std::fs::write(&path, "good\tnew film\n").unwrap();
    let read = |path: &Path| {
        let trained = Trained { vocabulary, classes: data.classes() };
        text::load(path, &TextOptions::default(), Some(3), Some(trained)).map(|data| data.unwrap())
    };
    let new = read(&path).unwrap();
    assert_eq!(texts(&new, new.train()), ["good: <unknown> film"]);
    std::fs::write(&path, "good\tfilm\nugly\tfilm\n").unwrap();
    let error = read(&path).unwrap_err().to_string();
    assert!(error.contains("new.txt: line 2: label `ugly`") && error.contains("bad, good"), "{error}");
}

#[test]
fn damaged_files_are_named_with_their_line() {
    let cases: [(Files, &str, &[&str]); 9] = [
        (&[("a.txt", b"")], "a.txt", &["a.txt: empty", "try:"]),
        (&[("a.txt", b"\n \n")], "a.txt", &["a.txt: empty: all of its 2 lines"]),
        (&[("a.txt", b"a\tone\nno label here\n")], "a.txt", &["line 2", "no label before tab", "no label here"]),
        (&[("a.txt", b"a\tone\n\tnothing\n")], "a.txt", &["line 2", "no label before tab"]),
        (&[("a.txt", b"a one\nb\n")], "a.txt", &["line 2", "no text after label `b`"]),
        (&[("a.txt", b"a one\nb tw\x00o\n")], "a.txt", &["line 2", "byte 0x00"]),
        (&[("a.txt", b"a one\na two\n")], "a.txt", &["all 2 texts are of class `a`"]),
        (&[("a.pos", b"one\n")], "a.pos", &["a.neg is missing"]),
        (&[("x.train.txt", TABS), ("train.txt", TABS)], "", &["both", "could be the training texts"]),
    ];
    for (files, name, says) in cases {
        let error = load_as(files, name, &TextOptions::default()).unwrap_err();
        assert!(says.iter().all(|part| error.contains(part)), "{error}\nshould say: {says:?}");
    }
    assert!(data::load(Some("tests/text.rs")).unwrap_err().to_string().contains("not a folder"));
}
