//! Names of images that are in other folders: what is found, what is proposed, and what is refused as a guess.

use lepton_gpu::data::{LoadOptions, TableOptions, load_with};

use super::pictures::{Photos, says, small};

fn below(photos: &Photos, folder: &str) -> LoadOptions {
    let images = Some(photos.path(folder).to_string_lossy().into_owned());
    LoadOptions { table: TableOptions { images, ..TableOptions::default() }, ..small() }
}

/// Ten pictures of the same names in each of three folders of classes, and a table of all of them.
fn alike() -> Photos {
    let photos = Photos::new();
    let mut rows = String::from("image,label\n");
    for class in ["a", "b", "c"] {
        for i in 0..10_u8 {
            photos.png(&format!("ch/{class}/{i:03}.png"), [i, class.as_bytes()[0], 0]);
            rows += &format!("ch/{class}/{i:03}.png,{class}\n");
        }
    }
    photos.write("t.csv", rows);
    photos
}

#[test]
fn another_image_of_the_same_name_is_not_proposed_nor_taken() {
    let photos = alike();
    std::fs::remove_file(photos.path("ch/a/003.png")).unwrap();
    let table = photos.path("t.csv");
    let error = load_with(table.to_str(), &small(), &photos.places(), &|_, _| {}).unwrap_err();
    says(&error, &["1 of 30 images are missing, such as ch/a/003.png", "another --images"]);
    let error = load_with(table.to_str(), &below(&photos, "ch/b"), &photos.places(), &|_, _| {}).unwrap_err();
    says(
        &error,
        &["line 12, column `image`: `ch/b/000.png` would be the same file as `ch/a/000.png` in line 2", "--images"],
    );
    // the whole folder was moved
    std::fs::rename(photos.path("ch"), photos.path("moved")).unwrap();
    let error = load_with(table.to_str(), &small(), &photos.places(), &|_, _| {}).unwrap_err();
    says(&error, &["30 of 30 images are missing", &format!("--images {}", photos.path("moved").display())]);
    let skipping = LoadOptions {
        images: lepton_gpu::data::ImageOptions { skip_damaged: true, ..Default::default() },
        ..below(&photos, "moved")
    };
    let data = load_with(table.to_str(), &skipping, &photos.places(), &|_, _| {}).unwrap();
    assert_eq!(data.train().unwrap().len(), 29);
}

#[test]
fn a_folder_that_is_there_is_not_left_out_of_a_name() {
    let photos = Photos::new();
    let mut rows = String::from("image,label\n");
    for i in 0..6_u8 {
        photos.png(&format!("im/{i}.png"), [i, 9, 9]);
        for (folder, label) in [("aa", "x"), ("bb", "y")] {
            photos.png(&format!("im/{folder}/{i}.png"), [i, 0, 0]);
            rows += &format!("old/{folder}/{i}.png,{label}\n");
        }
    }
    photos.write("t.csv", rows);
    let load = || load_with(photos.path("t.csv").to_str(), &below(&photos, "im"), &photos.places(), &|_, _| {});
    assert_eq!(load().unwrap().train().unwrap().len(), 12, "`old` is nowhere");
    std::fs::remove_file(photos.path("im/aa/3.png")).unwrap();
    says(&load().unwrap_err(), &["1 of 12 images are missing, such as", "old/aa/3.png: line 8: no such file"]);
}

/// A competition's files lie in a folder for each class, or in parts; its table has their names alone.
#[test]
fn names_alone_are_found_in_folders_further_down() {
    for folders in [["train_images/blast", "train_images/normal"], ["part_1", "part_2"]] {
        let photos = Photos::new();
        let mut rows = String::from("image_id,label,variety\n");
        for i in 0..20_u8 {
            photos.png(&format!("{}/{i:03}.png", folders[i as usize % 2]), [i, 0, 0]);
            rows +=
                &format!("{i:03}{},{},adt\n", [".png", ""][i as usize % 4 / 2], ["blast", "normal"][i as usize % 2]);
        }
        photos.write("train.csv", rows);
        let table = photos.path("train.csv");
        let error = load_with(table.to_str(), &small(), &photos.places(), &|_, _| {}).unwrap_err();
        let proposed = if folders[0].contains('/') { photos.path("train_images") } else { photos.root() };
        says(&error, &["20 of 20 images are missing", &format!("--images {}", proposed.display())]);
        let data = load_with(table.to_str(), &below(&photos, ""), &photos.places(), &|_, _| {}).unwrap();
        assert_eq!((data.train().unwrap().len(), data.classes().join(",")), (20, "blast,normal".into()));
        assert!(data.notes().iter().any(|note| note.contains("20 in folders further down")), "{:?}", data.notes());
        let data = load_with(
            table.to_str(),
            &below(&photos, folders[0].split('/').next().unwrap()),
            &photos.places(),
            &|_, _| {},
        );
        assert_eq!(data.is_ok(), folders[0].contains('/'), "half of them is not all");
        // two of one name are a question
        photos.png(&format!("{}/001.png", folders[0]), [1, 0, 0]);
        let error = load_with(table.to_str(), &below(&photos, ""), &photos.places(), &|_, _| {}).unwrap_err();
        says(&error, &["1 of 20 images are missing", "line 3: could be ", "001.png or "]);
    }
}

#[test]
fn an_id_comes_before_addresses() {
    let photos = Photos::new();
    (0..4_u8).for_each(|i| photos.png(&format!("train/{i:03}.png"), [i, 0, 0]));
    let rows: String = (0..4).map(|i| format!("{i:03},http://example.org/x/{i}.jpg,{}\n", i % 2)).collect();
    photos.write("train.csv", format!("id,url,landmark_id\n{rows}"));
    let options = LoadOptions {
        table: TableOptions { label_column: Some("landmark_id".into()), ..below(&photos, "train").table },
        ..small()
    };
    let data = load_with(photos.path("train.csv").to_str(), &options, &photos.places(), &|_, _| {}).unwrap();
    assert_eq!((data.train().unwrap().len(), data.classes().join(",")), (4, "0,1".into()));
}
