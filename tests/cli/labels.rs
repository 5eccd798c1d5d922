//! `train --labels` on data whose pictures are no files of their own, or do not stay in memory: the labels are those of the table, and a run
//! that was stopped goes on to the same bytes.

use std::fs::File;
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::errors::{COLOURS, MODEL, fields, picture};
use crate::support::Place;

/// Pictures of a colour each, 24 of three.
const COUNT: usize = 72;

/// The colour of a picture, and the label that the data have: of 5 and 40 it is the wrong one.
fn colour(i: usize) -> [usize; 2] {
    let colour = i % 3;
    [colour, (colour + usize::from(i == 5 || i == 40)) % 3]
}

fn png(i: usize) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture(colour(i)[0], i).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Two tar shards with a label beside each picture.
fn shards(place: &Place) {
    for (name, numbers) in [("a-0", 0..30), ("a-1", 30..COUNT)] {
        let mut tar = tar::Builder::new(Vec::new());
        let mut add = |name: String, bytes: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, bytes).unwrap();
        };
        for i in numbers {
            add(format!("{i:04}.png"), &png(i));
            add(format!("{i:04}.cls"), COLOURS[colour(i)[1]].0.as_bytes());
        }
        place.write(&format!("data/{name}.tar"), tar.into_inner().unwrap());
    }
}

/// Two Parquet files, with row groups of ten.
fn tables(place: &Place) {
    let schema = "message m { required binary image; required int64 label; }";
    let names = COLOURS.map(|(name, _)| format!("\"{name}\"")).join(", ");
    let said = format!(r#"{{"info": {{"features": {{"label": {{"names": [{names}], "_type": "ClassLabel"}}}}}}}}"#);
    for (name, numbers) in [("train-0", 0..30), ("train-1", 30..COUNT)] {
        let features = KeyValue::new("huggingface".to_string(), said.clone());
        let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![features])).build();
        place.write(&format!("data/{name}.parquet"), "");
        let file = File::create(place.path(&format!("data/{name}.parquet"))).unwrap();
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
        for numbers in numbers.collect::<Vec<usize>>().chunks(10) {
            let mut group = writer.next_row_group().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let pictures: Vec<ByteArray> = numbers.iter().map(|&i| png(i).into()).collect();
            column.typed::<ByteArrayType>().write_batch(&pictures, None, None).unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let labels: Vec<i64> = numbers.iter().map(|&i| colour(i)[1] as i64).collect();
            column.typed::<Int64Type>().write_batch(&labels, None, None).unwrap();
            column.close().unwrap();
            group.close().unwrap();
        }
        writer.close().unwrap();
    }
}

/// A folder for each label.
fn files(place: &Place) {
    for i in 0..COUNT {
        place.write(&format!("data/{}/{i:04}.png", COLOURS[colour(i)[1]].0), png(i));
    }
}

/// From data with two wrong labels to a run on a table that `errors` wrote, stopped and gone on with. `more` is said when a run begins or goes
/// on.
fn repaired(place: &Place, data: &str, more: &str) {
    place.write("small.toml", MODEL);
    let train = format!("train {data} --model small.toml --batch 16 --lr 0.01 {more}");
    place.run(&format!("{train} --epochs 12 --out run")).exits(0);
    let found = place.run("errors run").exits(0);
    let table = fields(place, "run/errors.csv");
    let is = |row: &[String], i: usize| {
        let [colour, label] = colour(i).map(|colour| COLOURS[colour].0);
        // the pictures of one colour differ in noise, so that a picture tells its number
        (row[3] == label && row[4] == colour) as usize
    };
    assert_eq!(table.len(), 2, "{found}\n{table:?}");
    assert!([5, 40].iter().all(|&i| table.iter().map(|row| is(row, i)).sum::<usize>() == 1), "{table:?}");
    let fixed = format!("{train} --schedule constant --labels run/errors.csv");
    let ran = place.run(&format!("{fixed} --epochs 4 --out whole")).exits(0);
    assert!(ran.out.contains("changes 2 labels and removes 0 examples"), "{ran}");
    let counts = &place.events("whole")[0]["data"]["per_class"];
    let of =
        |class: usize| ["training", "validation"].map(|part| counts[part][class].as_u64().unwrap()).iter().sum::<u64>();
    assert_eq!([of(0), of(1), of(2)], [24_u64; 3], "{counts}");
    // what is right now is doubted no more
    let again = place.run("errors whole --out again.csv").exits(0);
    assert!(again.out.contains("errors   0 of 72 labels"), "{again}");
    // stopped within an epoch and after one, with the table gone: the run has its copy
    for (out, stop) in [("parts", "--epochs 1"), ("pieces", "--epochs 4 --steps 3")] {
        place.run(&format!("{fixed} {stop} --out {out}")).exits(0);
    }
    std::fs::remove_file(place.path("run/errors.csv")).unwrap();
    for out in ["parts", "pieces"] {
        place.run(&format!("train --resume --epochs 4 {more} --out {out}")).exits(0);
        for file in ["last", "best"] {
            let [whole, parts] = ["whole", out].map(|run| place.read(&format!("{run}/{file}.safetensors")));
            assert!(whole == parts, "{file}.safetensors of `{out}` differs from that of `whole`");
        }
    }
    // and what is left out is left out of the numbers, too
    place.write("gone.csv", format!("{}\n{},,,\n", "file,split,number,label", table[0][0]));
    let ran = place.run(&format!("{train} --labels gone.csv --steps 1 --out gone")).exits(0);
    assert!(ran.out.contains("changes 0 labels and removes 1 example"), "{ran}");
}

#[test]
fn shards_take_labels_from_a_table() {
    let Some(place) = Place::with_adapter() else { return };
    shards(&place);
    repaired(&place, "data", "");
}

#[test]
fn rows_of_parquet_take_labels_from_a_table() {
    let Some(place) = Place::with_adapter() else { return };
    tables(&place);
    repaired(&place, "data", "");
}

#[test]
fn streamed_images_take_labels_from_a_table() {
    let Some(place) = Place::with_adapter() else { return };
    files(&place);
    repaired(&place, "data", "--max-memory 25KiB");
    let ran = place.run("train data --model small.toml --max-memory 25KiB --steps 0 --out streamed").exits(0);
    assert!(ran.out.contains("streamed from disk"), "{ran}");
}

#[test]
fn streamed_shards_take_labels_from_a_table() {
    let Some(place) = Place::with_adapter() else { return };
    shards(&place);
    repaired(&place, "data", "--max-memory 25KiB");
}
