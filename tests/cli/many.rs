//! `predict` on many images: folders, patterns and lists in; tables, JSON Lines, submissions and sorted folders out.

use std::fs;
use std::path::Path;

use image::ImageFormat;

use crate::answers::{half, save, trained};
use crate::support::{Place, finish, start};

/// A model of two classes, and a folder of images of them: even ones bright on the left (0), and one that is none.
fn asked() -> Option<Place> {
    let place = trained()?;
    for name in ["new", "new/deeper", "new/run"] {
        fs::create_dir_all(place.path(name)).unwrap();
    }
    for i in 0..70 {
        save(&place, &format!("new/{i}.png"), &half(i % 2, i).into(), ImageFormat::Png);
    }
    save(&place, "new/deeper/70.jpg", &half(0, 3).into(), ImageFormat::Jpeg);
    place.write("new/bad.png", "<html>");
    place.write("new/notes.txt", "no image");
    place.write("new/run/last.safetensors", "");
    save(&place, "new/run/curve.png", &half(0, 3).into(), ImageFormat::Png);
    Some(place)
}

/// The answers of a table, by id.
fn table(text: &str) -> Vec<(&str, &str)> {
    text.lines().skip(1).map(|line| line.split_once(',').unwrap()).collect()
}

#[test]
fn folders_patterns_and_lists_are_answered_and_bad_images_skipped() {
    let Some(place) = asked() else { return };
    let all = place.run("predict run new --csv").exits(1);
    assert!(all.out.starts_with("id,prediction\nnew/0.png,0\nnew/1.png,1\nnew/2.png,0\n"), "{all}");
    let rows = table(&all.out);
    assert_eq!(rows.len(), 71, "{all}");
    assert_eq!(rows[70], ("new/deeper/70.jpg", "0"));
    for says in ["skipped  new/bad.png: a web page (HTML)", "1 of 72 images cannot be read", "71 images in "] {
        assert!(all.err.contains(says), "no {says:?} in\n{all}");
    }
    // a pattern that no shell has replaced, a list, a list on standard input, a table
    let some = place.run_args(&["predict", "run", "new/1?.png", "--csv"]).exits(0);
    assert_eq!(table(&some.out), (10..20).map(|i| rows[i]).collect::<Vec<_>>());
    place.write("new/some.lst", "1.png\n\n  2.png\n");
    let listed = place.run("predict run new/some.lst --csv").exits(0);
    assert_eq!(table(&listed.out), [("1.png", "1"), ("2.png", "0")]);
    place.write("new/table.csv", "image,label\n3.png,0\n4.png,1\n");
    assert_eq!(
        table(&place.run("predict run new/table.csv --csv").exits(0).out),
        [("new/3.png", "1"), ("new/4.png", "0")]
    );
    place.write("list.txt", "new/5.png\nnew/gone.png\n");
    let mut command = place.lepton();
    command.args(["predict", "run", "-", "--csv"]).stdin(fs::File::open(place.path("list.txt")).unwrap());
    let piped = finish(start(command)).exits(1);
    assert_eq!(table(&piped.out), [("new/5.png", "1")]);
    assert!(piped.err.contains("skipped  new/gone.png: ") && piped.err.contains("(-, line 2)"), "{piped}");
}

/// Names that a table must quote, and on Linux names that are not UTF-8: each is told from the others, also when a pipe gives them.
#[test]
#[cfg(target_os = "linux")]
fn images_of_any_name_are_answered_by_their_names() {
    use std::os::unix::ffi::OsStrExt;
    let Some(place) = trained() else { return };
    fs::create_dir(place.path("odd")).unwrap();
    let names = [&b"+x \"q\".png"[..], b"-m.png", b"=a,b.png", b"@at.png", b"caf\xe8.png", b"caf\xe9.png"];
    let mut piped = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let path = place.path("odd").join(std::ffi::OsStr::from_bytes(name));
        half(i % 2, i).save_with_format(path, ImageFormat::Png).unwrap();
        piped.extend([b"odd/", *name, b"\n"].concat());
    }
    let rows = [
        "\"odd/+x \"\"q\"\".png\",0\n",
        "odd/-m.png,1\n",
        "\"odd/=a,b.png\",0\n",
        "odd/@at.png,1\n",
        "odd/caf\\xe8.png,0\n",
        "odd/caf\\xe9.png,1\n",
    ];
    let wanted = format!("id,prediction\n{}", rows.concat());
    assert_eq!(place.run("predict run odd --csv").exits(0).out, wanted);
    place.write("list", &piped);
    let mut command = place.lepton();
    command.args(["predict", "run", "-", "--csv"]).stdin(fs::File::open(place.path("list")).unwrap());
    assert_eq!(finish(start(command)).exits(0).out, wanted);
}

#[test]
fn answers_come_in_four_formats_with_the_same_digits() {
    let Some(place) = asked() else { return };
    fs::remove_file(place.path("new/bad.png")).unwrap();
    let lines = place.run("predict run new --jsonl").exits(0);
    let rows: Vec<serde_json::Value> = lines.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 71);
    let array = place.run("predict run new --json").exits(0).json();
    assert_eq!(array.as_array().unwrap(), &rows);
    // whatever else is in the batch
    for i in [0, 63, 64, 70] {
        let image = rows[i]["image"].as_str().unwrap();
        assert_eq!(place.run_args(&["predict", "run", image, "--json"]).exits(0).json()[0], rows[i], "{image} alone");
    }
    let chances = place.run("predict run new/7.png --csv --probabilities").exits(0);
    let lines: Vec<Vec<&str>> = chances.out.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0], ["id", "prediction", "0", "1"]);
    let [zero, one] = [2, 3].map(|at| lines[1][at].parse::<f64>().unwrap());
    assert!(lines[1][1] == "1" && one > zero && (one + zero - 1.0).abs() < 2e-6, "{chances}");
    let people = place.run("predict run new/7.png --top 1").exits(0);
    assert!(people.out.starts_with("new/7.png: 1 ") && people.out.lines().count() == 1, "answers alone: {people}");
}

#[test]
fn submissions_have_the_rows_of_their_sample() {
    let Some(place) = asked() else { return };
    fs::remove_file(place.path("new/bad.png")).unwrap();
    place.write("sample.csv", "id,label\n2,?\n1.png,?\n70,?\n");
    let filled = place.run("predict run new --submission sample.csv").exits(0);
    assert_eq!(filled.out, "id,label\n2,0\n1.png,1\n70,0\n");
    // columns of classes are probabilities
    place.write("chances.csv", "id,1,0\n1,0.5,0.5\n");
    let filled = place.run("predict run new --submission chances.csv").exits(0);
    let cells: Vec<&str> = filled.out.lines().last().unwrap().split(',').collect();
    assert!(cells[0] == "1" && cells[1].parse::<f64>().unwrap() > 0.5, "{filled}");
    // a row without an image stays, and is said
    place.write("sample.csv", "id,label\n2,?\ngone,?\n");
    let some = place.run("predict run new --submission sample.csv").exits(1);
    assert_eq!(some.out, "id,label\n2,0\ngone,?\n");
    assert!(some.err.contains("1 of 2 rows have no image"), "{some}");
    place.write("sample.csv", "id,label\ngone,?\n");
    assert!(place.run("predict run new --submission sample.csv").exits(2).err.contains("none of its 1 ids"));
    place.write("sample.csv", "id,cat,dog\n1,0,0\n");
    assert!(place.run("predict run new --submission sample.csv").exits(2).err.contains("column `cat` is none"));
    // as a program of another country writes it
    place.write("sample.csv", "\u{feff}id;label\n2;?\n1.png;?\n");
    assert_eq!(place.run("predict run new --submission sample.csv").exits(0).out, "id;label\n2;0\n1.png;1\n");
    // an id that two images have
    save(&place, "new/deeper/2.png", &half(1, 3).into(), ImageFormat::Png);
    let two = place.run("predict run new --submission sample.csv").exits(2);
    assert!(two.err.contains("id `2` could be new/2.png or new/deeper/2.png"), "{two}");
    for id in ["deeper/2.png", "deeper/2", "3.PNG"] {
        place.write("sample.csv", format!("id,label\n{id},?\n"));
        let filled = place.run("predict run new --submission sample.csv").exits(0);
        assert_eq!(filled.out, format!("id,label\n{id},1\n"));
    }
}

#[test]
fn numbers_have_no_probabilities_and_fill_columns_of_their_names() {
    let Some(place) = trained() else { return };
    fs::create_dir(place.path("new")).unwrap();
    let mut table = "Id,Score\n".to_string();
    for i in 0..8 {
        save(&place, &format!("new/{i}.png"), &half(i % 2, i).into(), ImageFormat::Png);
        table += &format!("{i}.png,{}\n", 30 + i);
    }
    place.write("new/table.csv", table);
    let train = "train new/table.csv --loss mse --model linear --size 8x8x3 --steps 3 --no-report --out numbers";
    place.run(train).exits(0);
    let rows = place.run("predict numbers new/1.png --csv").exits(0);
    let number = rows.out.lines().last().unwrap().split(',').nth(1).unwrap().to_string();
    for column in ["Score", "label"] {
        place.write("sample.csv", format!("Id,{column}\n1,1\n"));
        let filled = place.run("predict numbers new --submission sample.csv").exits(0);
        assert_eq!(filled.out, format!("Id,{column}\n1,{number}\n"));
    }
    let refused = place.run("predict numbers new/1.png --csv --probabilities").exits(2);
    assert!(refused.err.contains("this model's answers are numbers") && refused.out.is_empty(), "{refused}");
}

#[test]
fn images_are_sorted_into_folders_and_none_is_replaced() {
    let Some(place) = asked() else { return };
    let sorted = place.run("predict run new new/0.png --sort-into sorted").exits(1);
    assert!(sorted.out.contains("new/0.png: 0 "), "{sorted}");
    let count = |folder: &str| fs::read_dir(place.path(folder)).unwrap().count();
    assert_eq!((count("sorted/0"), count("sorted/1")), (37, 35));
    assert_eq!(place.read("sorted/1/7.png"), place.read("new/7.png"));
    assert_eq!(place.read("sorted/0/0-2.png"), place.read("new/0.png"), "twice named, twice there");
    // once more: what is there is left, and another image of the same name gets company
    let sorted = place.snapshot();
    let again = place.run("predict run new new/0.png --sort-into sorted").exits(1);
    assert!(again.err.contains("note: 72 images are in sorted already, and left as they are"), "{again}");
    assert!(place.snapshot() == sorted, "nothing is doubled");
    fs::create_dir(place.path("other")).unwrap();
    save(&place, "other/7.png", &half(1, 8).into(), ImageFormat::Png);
    let other = place.run("predict run other --sort-into sorted").exits(0);
    assert_eq!(place.read("sorted/1/7-2.png"), place.read("other/7.png"), "{other}");
    assert!(!other.err.contains("already"), "{other}");
    // what the program writes is told from data, unless it joins them
    place.run("explain run new/7.png --no-trust --method saliency").exits(0);
    place.run("explain run new/7.png --no-trust --method saliency --out new/deeper").exits(0);
    let marked = ["sorted", "explained", "new/deeper"].map(|name| place.path(name).join(".lepton-gpu").is_file());
    assert_eq!(marked, [true, true, false]);
    if cfg!(unix) {
        place.run("predict run new/7.png --sort-into links --link").exits(0);
        let again = place.run("predict run new/7.png --sort-into links --link").exits(0);
        assert!(again.err.contains("note: 1 image is in links already") && count("links/1") == 1, "{again}");
        assert!(place.path("links/1/7.png").is_symlink());
        assert_eq!(place.read("links/1/7.png"), place.read("new/7.png"));
    }
}

/// A class may be called as a path, a device or another class in capitals: each has a folder of its own, inside of the one that was named.
#[test]
fn classes_of_any_name_are_sorted_into_one_folder_each() {
    let Some(place) = Place::with_adapter() else { return };
    let long = "n".repeat(300);
    let classes = ["..", ".", "/a/b", "_a_b", "CON", "Cat", "cat", &long];
    fs::create_dir(place.path("new")).unwrap();
    let mut table = "image,label\n".to_string();
    for (i, class) in classes.iter().enumerate() {
        for copy in 0..3 {
            let colour = [0, 1, 2].map(|bit| if i >> bit & 1 == 1 { 255 - copy } else { copy });
            let picture = image::RgbImage::from_pixel(8, 8, image::Rgb(colour));
            save(&place, &format!("new/{i}-{copy}.png"), &picture.into(), ImageFormat::Png);
            table += &format!("{i}-{copy}.png,{class}\n");
        }
    }
    place.write("new/table.csv", &table);
    let flags = "--model linear --size 8x8x3 --batch 24 --lr 0.05 --optimizer adam --epochs 40 --no-report";
    place.run(&format!("train new/table.csv {flags} --out run")).exits(0);
    let before = place.snapshot();
    let sorted = place.run("predict run new/table.csv --sort-into below/sorted --csv").exits(0);
    let folders = ["__", "_", "_a_b-2", "_a_b", "_CON", "Cat", "cat-2", &long[..120]];
    for (i, (class, folder)) in classes.iter().zip(folders).enumerate() {
        for copy in 0..3 {
            assert!(sorted.out.contains(&format!("new/{i}-{copy}.png,{class}\n")), "it was learnt\n{sorted}");
            let there = place.read(&format!("below/sorted/{folder}/{i}-{copy}.png"));
            assert_eq!(there, place.read(&format!("new/{i}-{copy}.png")), "{class}");
        }
        let note = format!("note: class {class:?} is in below/sorted/{folder}\n");
        assert_eq!(sorted.err.contains(&note), *class != folder, "{class}\n{sorted}");
    }
    let new = place.snapshot().into_keys().filter(|path| !before.contains_key(path)).count();
    assert_eq!(
        new,
        4 * classes.len() + 3,
        "three images and their folder each, two folders, a mark, and nothing elsewhere"
    );
}

/// A data set of its own images is answered on the split that `eval` takes; shards are lists of images.
#[test]
fn data_sets_and_shards_are_answered() {
    let Some(place) = Place::with_adapter() else { return };
    place.run("train --model linear --limit 128 --steps 4 --batch 32 --out run").exits(0);
    let eval = place.run("eval run --data fashion-small --json").exits(0).json();
    let answers = place.run("predict run fashion-small --csv --probabilities").exits(0);
    let rows: Vec<&str> = answers.out.lines().skip(1).collect();
    let images = eval["images"].as_u64().unwrap() as usize;
    let split = eval["split"].as_str().unwrap();
    assert_eq!(rows.len(), images);
    assert!(rows[7].starts_with(&format!("{split} 7,")), "{}", rows[7]);
    // accuracy from these answers is that of `eval`
    let data = lepton_gpu::data::load(None).unwrap();
    let (test, name) = data.unseen();
    assert_eq!((test.len(), name), (images, split));
    let right = rows
        .iter()
        .zip(test.labels())
        .filter(|(row, label)| row.split(',').nth(1) == Some(data.classes()[**label as usize].as_str()));
    assert_eq!(right.count() as f64 / images as f64, eval["accuracy"].as_f64().unwrap());
    let refused = place.run("predict run fashion-small --sort-into x").exits(2);
    assert!(refused.err.contains("needs image files"), "{refused}");
    let mut shard = tar::Builder::new(Vec::new());
    for (name, value) in [("a/0.png", 9_u8), ("a/1.png", 200), ("b/2.png", 90)] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::GrayImage::from_pixel(28, 28, image::Luma([value]))
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        place.write(&format!("alone/{name}"), bytes.get_ref());
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.get_ref().len() as u64);
        header.set_mode(0o644);
        shard.append_data(&mut header, name, &bytes.get_ref()[..]).unwrap();
    }
    place.write("new.tar", shard.into_inner().unwrap());
    let [shard, alone] = ["new.tar", "alone"].map(|what| {
        let json = place.run(&format!("predict run {what} --json --sort-into {what}-sorted")).exits(0).json();
        json.as_array()
            .unwrap()
            .iter()
            .map(|answer| (answer["image"].clone(), answer["top"].clone()))
            .collect::<Vec<_>>()
    });
    assert_eq!(shard[1].0, "new.tar: a/1.png");
    assert!(shard.iter().zip(&alone).all(|(a, b)| a.1 == b.1), "{shard:?}\n{alone:?}");
    let sorted = |what: &str| {
        let folder = place.path(&format!("{what}-sorted"));
        let all = place.snapshot().into_keys().map(|path| place.path(&path.display().to_string()));
        all.filter_map(|path| path.strip_prefix(&folder).ok().map(Path::to_path_buf)).collect::<Vec<_>>()
    };
    assert_eq!(sorted("new.tar"), sorted("alone"));
}
