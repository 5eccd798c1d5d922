//! `errors` and `train --labels`: from labels that are wrong to a run on repaired ones.

use std::collections::BTreeSet;

use image::{Rgb, RgbImage};

use crate::support::{Place, Ran, idx};

pub const COLOURS: [(&str, [u8; 3]); 3] = [("red", [200, 40, 40]), ("green", [40, 200, 40]), ("blue", [40, 40, 200])];
pub const MODEL: &str = "name = \"small\"\ninput = [8, 8, 3]\n\n[[layer]]\ntype = \"flatten\"\n\n[[layer]]\ntype = \"linear\"\n\
                     units = 12\n\n[[layer]]\ntype = \"relu\"\n\n[[layer]]\ntype = \"linear\"\nunits = \"classes\"\n";

/// A noisy picture of a colour.
pub fn picture(colour: usize, i: usize) -> RgbImage {
    RgbImage::from_fn(8, 8, |x, y| {
        let noise = (x as usize * 31 + y as usize * 17 + i * 53 + colour * 7) % 40;
        Rgb(COLOURS[colour].1.map(|value| value + noise as u8))
    })
}

/// 24 pictures of each colour, of which two have the folder of the next one: their names say so.
pub fn photos(place: &Place) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    for (colour, (name, _)) in COLOURS.iter().enumerate() {
        for i in 0..24 {
            let folder = if i % 12 == 5 { COLOURS[(colour + 1) % 3].0 } else { name };
            let file = format!("{folder}/{name}-{i}.png");
            if folder != *name {
                wrong.insert(file.clone());
            }
            let mut bytes = std::io::Cursor::new(Vec::new());
            picture(colour, i).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
            place.write(&format!("photos/{file}"), bytes.into_inner());
        }
    }
    wrong
}

/// The rows of a table without its header, by column.
fn rows(place: &Place, name: &str) -> Vec<Vec<String>> {
    let text = place.text(name);
    text.lines().skip(1).map(|line| line.split(',').map(String::from).collect()).collect()
}

#[track_caller]
fn says(ran: &Ran, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(ran.out.contains(part), "no `{part}`\n{ran}"));
}

#[test]
fn wrong_labels_are_found_and_repaired() {
    let Some(place) = Place::with_adapter() else { return };
    let wrong = photos(&place);
    place.write("small.toml", MODEL);
    let train = "train photos --model small.toml --batch 16 --lr 0.01 --epochs 12";
    place.run(&format!("{train} --out run")).exits(0);
    let ran = place.run("errors run --all").exits(0);
    says(
        &ran,
        &[
            "folds    5, a new last layer on 12 features each",
            "errors   6 of 72 labels",
            "note     the features were learned",
        ],
    );
    let found = rows(&place, "run/errors.csv");
    assert_eq!(found.iter().map(|row| row[0].clone()).collect::<BTreeSet<_>>(), wrong, "{ran}");
    for row in &found {
        let true_name = row[0].split('/').nth(1).unwrap().split('-').next().unwrap();
        assert!(row[4] == true_name && row[3] != true_name, "{row:?}");
        assert!(row[6].parse::<f64>().unwrap() > row[5].parse::<f64>().unwrap(), "{row:?}");
    }
    let sheet = image::open(place.path("run/errors.png")).unwrap();
    assert!(sheet.width() > 1000 && sheet.height() > 400, "two rows of five");
    // the same again, and the network as a whole
    let table = place.text("run/errors.csv");
    place.run("errors run").exits(0);
    assert_eq!(place.text("run/errors.csv"), table);
    let whole = place.run("errors run --retrain --folds 3 --out whole.csv").exits(0);
    says(
        &whole,
        &["retrain  3 times 12 epochs: about ", "fold     3 of 3: 48 examples learned", "the whole network anew"],
    );
    let found: BTreeSet<String> = rows(&place, "whole.csv").into_iter().map(|row| row[0].clone()).collect();
    assert!(found.len() >= 4 && found.is_subset(&wrong), "{whole}");

    let ran = place.run(&format!("{train} --labels run/errors.csv --out fixed")).exits(0);
    says(&ran, &["errors.csv changes 6 labels and removes 0 examples"]);
    let counts = &place.events("fixed")[0]["data"]["per_class"];
    let of = |class: usize| counts["training"][class].as_u64().unwrap() + counts["validation"][class].as_u64().unwrap();
    assert_eq!([of(0), of(1), of(2)], [24; 3], "{counts}");
    says(&place.run("errors fixed").exits(0), &["errors   0 of 72 labels"]);
    a_run_keeps_its_table(&place, train, &table);
}

/// `fixed` was trained on the table of `run`.
fn a_run_keeps_its_table(place: &Place, train: &str, table: &str) {
    // the table of a run on a table is whole
    let sorted = |name: &str| {
        let named = |row: Vec<String>| row[..5].to_vec();
        rows(place, name).into_iter().map(named).collect::<BTreeSet<_>>()
    };
    assert_eq!(sorted("fixed/errors.csv"), sorted("run/errors.csv"));
    place.run(&format!("{train} --labels fixed/errors.csv --steps 1 --out twice")).exits(0);
    // whoever evaluates the run sees the labels that it learned, of its own copy if the table was changed
    let hash = place.text("fixed/config.toml").lines().any(|line| line.starts_with("labels_sha256 = \""));
    assert!(hash, "{}", place.text("fixed/config.toml"));
    place.write("run/errors.csv", table.replace(",red,", ",green,"));
    for command in
        ["train --out fixed --resume --epochs 13", "eval fixed", "train --recipe fixed --steps 1 --out again"]
    {
        place.run(command).exits(0);
    }
    assert_eq!(place.text("again/labels.csv"), table);
    std::fs::remove_file(place.path("fixed/labels.csv")).unwrap();
    for command in ["train --out fixed --resume --epochs 20", "eval fixed", "train --recipe fixed --out more"] {
        let ran = place.run(command).exits(2);
        assert!(ran.err.contains("errors.csv: SHA-256 ") && ran.err.contains("but the run began with"), "{ran}");
    }
    place.run("train --recipe fixed --labels none --steps 1 --out none").exits(0);
    assert!(!place.text("none/config.toml").contains("labels ="));
    // a corrected table is put away, not lost
    let corrected = place.text("run/errors.csv");
    let ran = place.run("errors run").exits(0);
    assert!(ran.err.contains("the table that was there is now"), "{ran}");
    assert_eq!((place.text("run/errors-1.csv"), place.text("run/errors.csv")), (corrected, table.to_string()));
    place.run("errors run --data photos").exits(0);
    assert!(place.path("run/errors-photos.csv").exists() && !place.path("run/errors-2.csv").exists());
}

/// The fields of a table without its header, by column; they may hold commas.
pub fn fields(place: &Place, name: &str) -> Vec<Vec<String>> {
    let text = place.text(name);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect()
}

#[test]
fn identical_images_with_different_labels_are_named_apart() {
    let Some(place) = Place::with_adapter() else { return };
    let wrong = photos(&place);
    let copy = |from: &str, to: &str| {
        place.write(&format!("photos/{to}"), std::fs::read(place.path(&format!("photos/{from}"))).unwrap());
    };
    // two say red and one says green; one each says blue and red
    copy("red/red-0.png", "green/zero.png");
    copy("red/red-0.png", "red/zero.png");
    copy("blue/blue-1.png", "red/one.png");
    place.write("small.toml", MODEL);
    let train = "train photos --model small.toml --batch 16 --lr 0.01 --epochs 12";
    place.run(&format!("{train} --out run")).exits(0);
    let ran = place.run("errors run").exits(0);
    says(
        &ran,
        &[
            "conflict 5 images are identical at 8x8, in 2 groups, and have different labels",
            "\n         blue/blue-1.png (`blue`) = red/one.png (`red`)\n",
            "\n         green/zero.png (`green`) = red/red-0.png (`red`) = red/zero.png (`red`)\n",
            "errors   6 of 70 other labels are doubted",
        ],
    );
    let table = fields(&place, "run/errors.csv");
    let row = |row: &Vec<String>| [0, 3, 4, 7].map(|column| row[column].clone()).join(" ");
    let rows: Vec<String> = table.iter().map(row).collect();
    let certain = [
        "blue/blue-1.png blue blue 1",
        "red/one.png red blue 1",
        "green/zero.png green red 2",
        "red/red-0.png red red 2",
        "red/zero.png red red 2",
    ];
    assert_eq!(rows[..5], certain, "the surer class, and the more frequent one");
    let doubted: BTreeSet<String> = table[5..].iter().map(|row| row[0].clone()).collect();
    assert_eq!(doubted, wrong);
    assert!(table[5..].iter().all(|row| row[7].is_empty()) && table[0][6].parse::<f64>().unwrap() > 0.5, "{rows:?}");
    let json = place.run("errors run --json").exits(0).json();
    assert_eq!((json["conflicts"].as_array().unwrap().len(), json["errors"].as_array().unwrap().len()), (2, 6));
    assert_eq!(json["conflicts"][1]["examples"][0]["file"], "green/zero.png");
    assert_eq!(json["conflicts"][1]["label"], "red");
    let ran = place.run(&format!("{train} --labels run/errors.csv --out fixed")).exits(0);
    says(&ran, &["changes 8 labels and removes 0 examples; 3 examples had their labels already"]);
    let ran = place.run("errors fixed").exits(0);
    assert!(!ran.out.contains("conflict") && ran.out.contains("errors   0 of 75 labels"), "{ran}");
    // in a table a file may stand twice, and then its rows are told by what they said
    let listed = |i: usize| format!("photos/red/red-{i}.png,red\nphotos/green/green-{i}.png,green\n");
    let table =
        "file,label\n".to_string() + &[0, 1, 2, 3, 4, 6, 7].map(listed).concat() + "photos/red/red-3.png,green\n";
    place.write("list.csv", table);
    place.run("train list.csv --model small.toml --batch 4 --epochs 20 --lr 0.01 --out listed").exits(0);
    says(&place.run("errors listed").exits(0), &["conflict 2 images are identical at 8x8 and have different labels"]);
    let rows: Vec<String> = fields(&place, "listed/errors.csv").iter().map(row).collect();
    assert_eq!(rows[..2], ["photos/red/red-3.png red red 1", "photos/red/red-3.png green red 1"]);
    let ran = place.run("train list.csv --model small.toml --epochs 1 --labels listed/errors.csv --out again");
    says(&ran.exits(0), &["changes 1 label and removes 0 examples"]);
}

#[test]
fn what_a_table_of_labels_says_wrong_is_refused() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place);
    for (table, message, way) in [
        (
            "file,label\nred/red-99.png,blue\n",
            "line 2: `photos` has no example `red/red-99.png`",
            "did you mean `red/red-",
        ),
        ("file,label\nred/red-0.png,bleu\n", "line 2: no class is called `bleu`", "did you mean `blue`"),
        (
            "file,label\nred-0.png,blue\nred/red-0.png,green\n",
            "line 3 says `green` of red/red-0.png",
            "one row for each",
        ),
        ("file,given,label\nred/red-0.png,blue,green\n", "red/red-0.png is labelled `red`", "a table of these data"),
        ("split,number,label\ntset,0,green\n", "no split is called `tset`", "did you mean `test`"),
        ("file,given\nred-0.png,blue\n", "no column `label`, and none `drop`", "file,label"),
    ] {
        place.write("labels.csv", table);
        let ran = place.run("train photos --model linear --size 8 --labels labels.csv --out run").exits(2);
        assert!(ran.err.contains(message) && ran.err.contains(way), "{ran}");
        assert!(!place.path("run").exists(), "nothing is begun");
    }
    place.run("train photos --model linear --size 8 --labels nowhere.csv --out run").exits(2);
    let ran = place.run("train photos --labels= --out run").exits(2);
    assert!(ran.err.contains("--labels names no file"), "{ran}");
    place.write("labels.csv", "file,label\nred-0.png,\n/red/red-1.png,blue\n");
    let ran = place.run("train photos --model linear --size 8 --labels labels.csv --out run").exits(2);
    assert!(ran.err.contains("no example `/red/red-1.png`"), "{ran}");
    place.write("labels.csv", "image;drop\nred-0.png;x\n");
    let ran = place.run("train photos --model linear --size 8 --steps 1 --labels labels.csv --out run").exits(0);
    says(&ran, &["changes 0 labels and removes 1 example"]);
    let table =
        "image,x\n".to_string() + &(0..9).map(|i| format!("photos/red/red-{}.png,{i}.5\n", i % 5)).collect::<String>();
    place.write("values.csv", table);
    place.run("train values.csv --model linear --size 8 --steps 1 --out values").exits(0);
    let ran = place.run("errors values").exits(2);
    assert!(ran.err.contains("does not learn one class for each image"), "{ran}");
    let ran = place.run("train values.csv --model linear --size 8 --labels labels.csv --out more").exits(2);
    assert!(ran.err.contains("has numbers or several labels"), "{ran}");
}

#[test]
fn images_without_files_are_told_by_split_and_number() {
    let Some(place) = Place::with_adapter() else { return };
    for (split, count, flipped) in [("train", 60, 12), ("t10k", 20, 7)] {
        let pixels = |i: usize| {
            let mut pixels = crate::answers::half(i % 2, i).into_raw();
            // no image of both splits is the same
            pixels[0] = split.len() as u8;
            pixels
        };
        let labels: Vec<u8> = (0..count).map(|i| ((i + usize::from(i == flipped)) % 2) as u8).collect();
        place.write(
            &format!("sides/{split}-images-idx3-ubyte"),
            idx(&[count as u32, 28, 28], &(0..count).flat_map(pixels).collect::<Vec<_>>()),
        );
        place.write(&format!("sides/{split}-labels-idx1-ubyte"), idx(&[count as u32], &labels));
    }
    place.write("small.toml", MODEL.replace("[8, 8, 3]", "[28, 28, 1]"));
    let train = "train sides --model small.toml --batch 16 --lr 0.003 --epochs 4";
    place.run(&format!("{train} --out run")).exits(0);
    let json = place.run("errors run --json").exits(0).json();
    let found: Vec<(&str, u64)> = json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["split"].as_str().unwrap(), e["number"].as_u64().unwrap()))
        .collect();
    assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from([("train", 12), ("test", 7)]), "{json}");
    let ran = place.run(&format!("{train} --labels run/errors.csv --out fixed")).exits(0);
    says(&ran, &["changes 2 labels and removes 0 examples"]);
    says(&place.run("errors fixed").exits(0), &["errors   0 of 80 labels"]);
    // what was removed shifts no number of the next round
    place.write("gone.csv", "split,number,label\ntrain,0,\n");
    place.run(&format!("{train} --labels gone.csv --out gone")).exits(0);
    place.run("errors gone").exits(0);
    let found: BTreeSet<String> = rows(&place, "gone/errors.csv").iter().map(|row| row[1..5].join(" ")).collect();
    assert_eq!(found, ["test 7 0 1", "train 0 0 ", "train 12 1 0"].map(String::from).into());
    place.write("bad.csv", "split,number,label\ntrain,60,0\n");
    let ran = place.run(&format!("{train} --labels bad.csv --out bad")).exits(2);
    assert!(ran.err.contains("line 2: no example 60 of training, which has 60"), "{ran}");
}

#[test]
fn labels_of_texts_are_found_by_file_and_line() {
    let Some(place) = Place::with_adapter() else { return };
    let words = [["sun", "beach", "swim", "warm"], ["snow", "ice", "ski", "cold"]];
    let line = |i: usize| {
        let (season, at) = (i % 2, |k: usize| words[i % 2][(i / 2 + k) % 4]);
        let label = ["summer", "winter"][(season + usize::from(i == 9 || i == 30)) % 2];
        format!("{label}\t{} {} trip{} {}\n", at(0), at(1), i / 4, at(i / 8))
    };
    place.write("seasons.tsv", (0..48).map(line).collect::<String>());
    place.run("train seasons.tsv --model text-small --epochs 12 --batch 8 --lr 0.01 --out run").exits(0);
    let ran = place.run("errors run --retrain").exits(0);
    let table = fields(&place, "run/errors.csv");
    let lines = |rows: &[Vec<String>]| rows.iter().map(|row| row[0].rsplit('/').next().unwrap().to_string()).collect();
    let found: BTreeSet<String> = lines(&table);
    assert_eq!(found, BTreeSet::from(["seasons.tsv:10".to_string(), "seasons.tsv:31".to_string()]), "{ran}");
    let all = place.text("seasons.tsv");
    for row in &table {
        let line: usize = row[0].rsplit(':').next().unwrap().parse().unwrap();
        assert_eq!(Some(&*row[8]), all.lines().nth(line - 1).unwrap().split_once('\t').map(|(_, text)| text));
    }
    let ran = place.run("train seasons.tsv --model text-small --epochs 1 --labels run/errors.csv --out fixed").exits(0);
    says(&ran, &["changes 2 labels and removes 0 examples"]);
}

/// The texts of a table may hold whatever tables are made of; those with the same words and another label are in conflict, those that differ
/// in words that only held-out texts have are not.
#[test]
fn texts_of_a_table_are_named_and_compared_by_their_words() {
    let Some(place) = Place::with_adapter() else { return };
    let words = [["sun", "beach", "swim", "warm"], ["snow", "ice", "ski", "cold"]];
    let row = |i: usize| {
        let at = |k: usize| words[i % 2][(i / 2 + k) % 4];
        format!("\"{}; {}, trip{} {}\",{}\n", at(0), at(1), i / 4, at(i / 8), ["summer", "winter"][i % 2])
    };
    let last =
        "\"Fine, \"\"label\"\";\tand\nfile\",summer\n\"FINE, label and file.\",winter\nfine label and file,winter\n";
    let train = "words,season\n".to_string() + &(0..48).map(row).collect::<String>() + last;
    place.write("texts/train.csv", train);
    place
        .write("texts/test.csv", "words,season\nsnow unheardof,winter\nsnow neverread,summer\n\"sun, beach\",summer\n");
    let columns = "--text-column words --label-column season";
    place.run(&format!("train texts {columns} --model text-small --epochs 4 --batch 8 --out run")).exits(0);
    let ran = place.run("errors run --retrain").exits(0);
    says(&ran, &["conflict 2 texts have the same words and have different labels", "train.csv:50", "train.csv:52"]);
    let table = fields(&place, "run/errors.csv");
    let of = |row: &Vec<String>| [3, 7, 8].map(|column| row[column].clone());
    let expected = [["summer", "1", "Fine, \"label\";\tand\nfile"], ["winter", "1", "FINE, label and file."]];
    let found: Vec<[String; 3]> = table.iter().filter(|row| !row[7].is_empty()).map(of).collect();
    assert_eq!(found, expected.map(|row| row.map(String::from)), "{ran}");
    let ran =
        place.run(&format!("train texts {columns} --model text-small --epochs 1 --labels run/errors.csv --out fixed"));
    says(&ran.exits(0), &["errors.csv changes "]);
}
