//! Pictures that are streamed are the same images, decoded on their first visit, and kept as those that are loaded at once.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use lepton_gpu::config::{NormalizeConfig, RunConfig, Validation};
use lepton_gpu::data::{Dataset, HoldOut, ImageOptions, LoadOptions, Split, load_with};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::{TrainError, Trainer};

use crate::common;
use crate::pictures::{Photos, small};

const BATCH: usize = 4;
/// What a window of batches of four 8x8 images takes, with all that is on its way.
const ROOM: u64 = 8 * (BATCH * 8 * 8 * 3) as u64;

fn streaming() -> LoadOptions {
    LoadOptions { memory: Some(ROOM), ..small() }
}

fn skipping(options: LoadOptions) -> LoadOptions {
    LoadOptions { images: ImageOptions { skip_damaged: true, ..ImageOptions::default() }, ..options }
}

/// Two classes of 20 pictures, each another one.
fn photos() -> Photos {
    let photos = Photos::new();
    for i in 0..20_u8 {
        photos.png(&format!("a/{i}.png"), [i, 10, 3]);
        photos.png(&format!("b/{i}.png"), [200, i, 90]);
    }
    photos
}

fn all(split: Option<&Split>) -> Vec<u8> {
    let split = split.unwrap();
    split.range(0..split.len()).unwrap().into_owned()
}

fn check_alike(streamed: &Dataset, resident: &Dataset) {
    let splits = |data: &Dataset| data.splits().iter().map(|(name, split)| (name, split.clone())).collect::<Vec<_>>();
    let counts = |data: &Dataset| splits(data).iter().map(|(name, split)| (*name, split.len())).collect::<Vec<_>>();
    assert_eq!(counts(streamed), counts(resident));
    for ((name, a), (_, b)) in splits(streamed).into_iter().zip(splits(resident)) {
        assert!(a.bytes().is_none() && b.bytes().is_some(), "{name}");
        let names = |split: &Split| (0..split.len()).map(|i| split.name(i).map(String::from)).collect::<Vec<_>>();
        assert_eq!((a.labels(), names(&a), all(Some(&a))), (b.labels(), names(&b), all(Some(&b))), "{name}");
    }
}

fn trainer(gpu: &Gpu, data: &Dataset, epochs: u32) -> Trainer {
    let mut model = ModelSpec::open("linear").unwrap();
    model.input = [8, 8, 3];
    let normalize = NormalizeConfig::parse("dataset").unwrap();
    let validation = Validation::None;
    Trainer::new(gpu, data, model, RunConfig { batch: BATCH, epochs, normalize, validation, ..RunConfig::default() })
        .unwrap()
}

#[test]
fn streamed_pictures_are_those_that_are_loaded_at_once() {
    let photos = photos();
    let options = LoadOptions { hold_out: HoldOut::Share(0.2), ..streaming() };
    let streamed = photos.load(&options).unwrap();
    let empty = photos.kept();
    let resident = photos.load(&LoadOptions { memory: None, ..options.clone() }).unwrap();
    assert_ne!(photos.kept(), empty, "nothing was decoded before it was needed");
    check_alike(&streamed, &resident);
    // from the cache
    check_alike(&photos.load(&options).unwrap(), &resident);
    let [streamed, resident] = [&streamed, &resident].map(|data| data.notes().join("\n"));
    assert!(streamed.contains("images are streamed from disk: decoded they take "), "{streamed}");
    assert!(!resident.contains("streamed"), "{resident}");
    let room = LoadOptions { memory: Some(1 << 20), ..small() };
    assert!(photos.load(&room).unwrap().notes()[0].contains("stay in memory"));
}

#[test]
fn a_run_on_streamed_pictures_gives_the_same_bytes_and_goes_on_either_way() {
    let Some(gpu) = common::gpu() else { return };
    let photos = photos();
    let [streamed, resident] = [streaming(), small()].map(|options| photos.load(&options).unwrap());
    let mut whole = trainer(&gpu, &resident, 3);
    whole.fit(|_, _| {}).unwrap();
    let expected = whole.checkpoint().unwrap().to_bytes();
    let mut run = trainer(&gpu, &streamed, 3);
    assert!(run.plan().window.is_some_and(|images| images < 40));
    run.train_steps(7).unwrap();
    let checkpoint = run.checkpoint().unwrap();
    run.fit(|_, _| {}).unwrap();
    assert!(run.checkpoint().unwrap().to_bytes() == expected, "streamed");
    let mut rest = Trainer::resume(&gpu, &resident, &checkpoint, run.config().clone()).unwrap();
    rest.fit(|_, _| {}).unwrap();
    assert!(rest.checkpoint().unwrap().to_bytes() == expected, "streamed, then resident");
    // another picture of the same name
    photos.png("a/0.png", [1; 3]);
    fs::write(photos.path("a/0.png"), [fs::read(photos.path("a/0.png")).unwrap(), vec![0; 100]].concat()).unwrap();
    let changed = photos.load(&streaming()).unwrap();
    let Err(error) = Trainer::resume(&gpu, &changed, &checkpoint, run.config().clone()) else { panic!("other data") };
    assert!(error.to_string().contains("different images or labels"), "{error}");
}

#[test]
fn a_run_on_a_table_goes_on_where_its_folder_was_moved_to() {
    let Some(gpu) = common::gpu() else { return };
    let photos = photos();
    let rows: String = (0..20).map(|i| format!("a/{i}.png,a\nb/{i}.png,b\n")).collect();
    photos.write("table.csv", format!("image,label\n{rows}"));
    let moved = photos.root().with_file_name("moved");
    let load = |folder: &Path| {
        let path = folder.join("table.csv");
        load_with(path.to_str(), &small(), &photos.places(), &|_, _| {}).unwrap()
    };
    let mut run = trainer(&gpu, &load(&photos.root()), 2);
    run.train_steps(3).unwrap();
    let checkpoint = run.checkpoint().unwrap();
    run.fit(|_, _| {}).unwrap();
    fs::rename(photos.root(), &moved).unwrap();
    let mut rest = Trainer::resume(&gpu, &load(&moved), &checkpoint, run.config().clone()).unwrap();
    rest.fit(|_, _| {}).unwrap();
    assert!(rest.checkpoint().unwrap().to_bytes() == run.checkpoint().unwrap().to_bytes());
}

#[test]
fn a_picture_that_changes_after_it_was_listed_is_not_kept_as_the_old_one() {
    let photos = photos();
    let streamed = photos.load(&streaming()).unwrap();
    let train = streamed.train().unwrap();
    let of = |name: &str| (0..40).find(|&i| train.name(i).unwrap().ends_with(name)).unwrap();
    let other = fs::read(photos.path("b/19.png")).unwrap();
    fs::write(photos.path("a/3.png"), [other, vec![0; 10]].concat()).unwrap();
    let error = train.example(of("a/3.png")).unwrap_err();
    assert!(error.to_string().ends_with("a/3.png: it was changed after it was listed; start again"), "{error}");
    check_alike(&photos.load(&streaming()).unwrap(), &photos.load(&small()).unwrap());
}

/// Runs of versions that knew images by their pixels.
#[test]
fn a_run_that_knew_its_images_by_their_pixels_goes_on() {
    let Some(gpu) = common::gpu() else { return };
    let data = photos().load(&small()).unwrap();
    let nameless = |split: &Split| {
        let targets = lepton_gpu::data::Targets::Classes { labels: split.labels().to_vec(), classes: split.targets() };
        Split::new(split.input(), split.bytes().unwrap().to_vec(), targets).unwrap()
    };
    let before = data.with_splits(nameless(data.train().unwrap()).into()).unwrap();
    let mut run = trainer(&gpu, &before, 2);
    run.train_steps(3).unwrap();
    let checkpoint = run.checkpoint().unwrap();
    run.fit(|_, _| {}).unwrap();
    let mut rest = Trainer::resume(&gpu, &data, &checkpoint, run.config().clone()).unwrap();
    rest.fit(|_, _| {}).unwrap();
    assert!(rest.checkpoint().unwrap().to_bytes() == run.checkpoint().unwrap().to_bytes());
}

#[test]
fn a_damaged_picture_stops_a_streamed_run_by_its_name_or_is_skipped() {
    let Some(gpu) = common::gpu() else { return };
    let photos = photos();
    let bytes = fs::read(photos.path("b/7.png")).unwrap();
    fs::write(photos.path("b/7.png"), &bytes[..bytes.len() / 2]).unwrap();
    let streamed = photos.load(&streaming()).unwrap();
    let mut config = RunConfig { batch: BATCH, validation: Validation::None, ..RunConfig::default() };
    config.epochs = 1;
    let mut model = ModelSpec::open("linear").unwrap();
    model.input = [8, 8, 3];
    let error = Trainer::new(&gpu, &streamed, model, config).unwrap().fit(|_, _| {}).unwrap_err();
    let TrainError::Source(error) = &error else { panic!("{error}") };
    assert!(error.place.ends_with("b/7.png") && error.can_be_skipped, "{error}");
    let [streamed, resident] = [streaming(), small()].map(|options| photos.load(&skipping(options)).unwrap());
    check_alike(&streamed, &resident);
    assert_eq!(streamed.train().unwrap().len(), 39);
    let notes = streamed.notes().join("\n");
    assert!(notes.contains("decoded once to find") && notes.contains("skipped unreadable images: 1 of 40"), "{notes}");
}

#[test]
fn a_picture_that_is_removed_is_read_from_the_cache_or_named() {
    let photos = photos();
    let streamed = photos.load(&streaming()).unwrap();
    let train = streamed.train().unwrap();
    let of = |name: &str| (0..40).find(|&i| train.name(i).unwrap().ends_with(name)).unwrap();
    let kept = train.example(of("a/3.png")).unwrap().into_owned();
    fs::remove_file(photos.path("a/3.png")).unwrap();
    fs::remove_file(photos.path("a/4.png")).unwrap();
    assert_eq!(*train.example(of("a/3.png")).unwrap(), kept);
    let error = train.example(of("a/4.png")).unwrap_err();
    assert!(error.place.ends_with("a/4.png"), "{error}");
}

#[test]
fn a_cell_that_is_cut_or_changed_is_decoded_again_while_others_read() {
    let photos = photos();
    let streamed = photos.load(&streaming()).unwrap();
    let train = streamed.train().unwrap();
    let first = all(Some(train));
    let kept = photos.kept();
    let (path, whole) = kept.first_key_value().unwrap();
    for at in [60, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(path, &bytes).unwrap();
        assert!(all(Some(train)) == first, "byte {at} was changed under an open file");
        assert!(&fs::read(path).unwrap() == whole, "and is as it was");
    }
    fs::write(path, &whole[..whole.len() / 2]).unwrap();
    assert!(all(Some(train)) == first, "cut");
    fs::remove_file(path).unwrap();
    assert!(all(Some(train)) == first, "removed");
    // several at once on one new file
    let photos = Arc::new(photos);
    let others: Vec<_> = (0..4)
        .map(|_| {
            let photos = photos.clone();
            std::thread::spawn(move || all(photos.load(&streaming()).unwrap().train()))
        })
        .collect();
    assert!(others.into_iter().all(|other| other.join().unwrap() == first));
    assert!(photos.kept().values().eq([whole]), "all wrote the same");
}
