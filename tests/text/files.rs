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
    assert_eq!(split.bytes().unwrap().len(), split.len() * length * 4);
    let text = |i: usize| {
        let words = read.vocabulary.decode(&split.example(i).unwrap()).join(" ");
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
    for name in ["val.txt", "dev.txt", "valid.txt"] {
        let data = load(&[("train.txt", train), (name, b"b\tone\n"), ("test.txt", test)], "");
        assert_eq!(texts(&data, data.validation()), ["b: one"], "{name}");
        assert_eq!((data.train().unwrap().len(), data.test().unwrap().len()), (4, 2));
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

/// Eight texts of two classes, one of them with a quote and a comma.
const FILMS: [(&str, &str); 8] = [
    ("good", "a fine film"),
    ("bad", "it is dull, really"),
    ("good", "fine fine"),
    ("bad", "so bad"),
    ("good", "a great plot"),
    ("bad", "no plot"),
    ("good", "great actors"),
    ("bad", "awful \"film\""),
];

/// These texts, each written so.
fn films(row: impl Fn(&str, &str) -> String) -> String {
    FILMS.iter().map(|(label, text)| row(label, text)).collect()
}

/// A field as CSV has it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[test]
fn tables_and_files_of_any_name_are_told_by_their_content() {
    let lines = load(&[("a.txt", films(|label, text| format!("{label}\t{text}\n")).as_bytes())], "a.txt");
    let wanted = texts(&lines, lines.train());
    assert_eq!((wanted.len(), lines.classes()), (8, &["bad".to_string(), "good".into()][..]));
    let tabs = |label: &str, text: &str| format!("{label}\t{text}\n");
    let fields = |label: &str, text: &str| format!("{},{label}\n", quoted(text));
    let utf16 = |text: String| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let forms: [(&str, Vec<u8>); 17] = [
        ("films.tsv", films(tabs).into_bytes()),
        ("films", films(tabs).into_bytes()),
        ("films.dat", films(|label, text| format!("{label} {text}\n")).into_bytes()),
        ("films.tsv", format!("label\ttext\n{}", films(tabs)).into_bytes()),
        ("films.tsv", format!("text\tlabel\n{}", films(|label, text| format!("{text}\t{label}\n"))).into_bytes()),
        ("films.csv", format!("text,label\n{}", films(fields)).into_bytes()),
        ("films.csv", films(fields).into_bytes()),
        ("films", films(fields).into_bytes()),
        ("films.csv", films(|label, text| format!("{label},{}\n", quoted(text))).into_bytes()),
        (
            "films.csv",
            format!("id;Review;Sentiment\n{}", films(|label, text| format!("7;{};{label}\n", quoted(text))))
                .into_bytes(),
        ),
        (
            "films.csv",
            format!("sep=;\nv1;v2;;\n{}", films(|label, text| format!("{label};{};;\n", quoted(text)))).into_bytes(),
        ),
        (
            "films.csv",
            format!("{}{}", "text,label\n", films(fields).replacen("\"so bad\"", "text,label\n\"so bad\"", 1))
                .into_bytes(),
        ),
        ("films.txt", films(tabs).replace('\n', "\r").into_bytes()),
        ("films.txt", films(tabs).replace("\nbad\tso", "\n\u{feff}bad\tso").into_bytes()),
        ("films.tsv", utf16(films(tabs))),
        ("films.csv", utf16(format!("text,label\n{}", films(fields)))),
        ("films.csv", format!("text,label\n{}", films(fields)).replace('\n', "\r\n").into_bytes()),
    ];
    for (name, bytes) in forms {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), &bytes).unwrap();
        let data =
            data::load(folder.path().join(name).to_str()).unwrap_or_else(|error| panic!("{name}\n{shown}\n{error}"));
        assert_eq!((data.classes(), texts(&data, data.train())), (lines.classes(), wanted.clone()), "{name}\n{shown}");
    }
}

#[test]
fn tables_may_say_splits_and_columns_and_what_is_wrong_with_them_is_said() {
    let table = "text,label,split\na b,x,train\nb c,y,train\nc d,x,val\nd e,y,test\n";
    let data = load(&[("t.csv", table.as_bytes())], "t.csv");
    let counts = [data.train(), data.validation(), data.test()].map(|split| split.map_or(0, Split::len));
    assert_eq!(counts, [2, 1, 1]);
    let test: &[u8] = b"id,text\n1,new one\n2,new two\n3,new three\n4,new four\n";
    let data = load(&[("train.csv", b"id,text,label\n1,a b,x\n2,b c,y\n"), ("test.csv", test)], "train.csv");
    assert!(data.test().is_none() && data.notes().iter().any(|note| note == "test.csv ignored: no labels in it"));
    let cases: [(&str, &[&str]); 4] = [
        ("text,number\na b,1\nb c,2\n", &["no column for labels; found text, number", "--label-column number"]),
        ("text,label\na b,x\nb c,\n", &["t.csv: line 3, column `label`: empty"]),
        ("text,label\na b,x\nb,c,y\n", &["t.csv: line 3: 3 fields, but the header has 2", "quotes"]),
        ("PK\u{3}\u{4}rest", &["t.csv: this is an Excel workbook or a ZIP archive", "CSV"]),
    ];
    for (content, says) in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, content).unwrap();
        let error = data::load(path.to_str()).unwrap_err();
        let message = lepton_gpu::cli::hint::message(&error);
        assert!(says.iter().all(|part| message.contains(part)), "{content}\n{message}\nshould say: {says:?}");
    }
}

/// The first word of a line of JSON is no label, whatever the file is called.
#[test]
fn json_is_not_read_as_labelled_lines() {
    for name in ["t.jsonl", "t.txt", "t.csv"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let line = |i: usize| format!("{{\"text\":\"{} thing {i}\",\"label\":\"x\"}}\n", ["good", "bad"][i % 2]);
        std::fs::write(&path, (0..20).map(line).collect::<String>()).unwrap();
        let error = data::load(path.to_str()).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: JSON, not a table", path.display()));
    }
}
