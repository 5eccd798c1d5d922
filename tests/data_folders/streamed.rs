//! Pictures that are streamed are the same images, decoded on their first visit, and kept as those that are loaded at once.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lepton_gpu::config::{NormalizeConfig, RunConfig, Validation};
use lepton_gpu::data::{
    Dataset, HoldOut, ImageOptions, LoadOptions, SAMPLE, Source, SourceError, Split, Splits, Targets, load_with,
};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::{Event, TrainError, Trainer};

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

#[test]
fn the_mean_of_many_pictures_is_of_the_same_sample_streamed_or_not() {
    let Some(gpu) = common::gpu() else { return };
    let photos = Photos::new();
    let more = 64;
    for i in 0..SAMPLE + more {
        let grey = if i % 7 == 0 { 255 } else { (i % 90) as u8 };
        let class = ["a", "b"][i % 2];
        photos.write(&format!("{class}/{i}.ppm"), [b"P6\n1 1\n255\n".as_slice(), &[grey, grey / 2, 9]].concat());
    }
    let options = LoadOptions { shape: [1, 1, 3], ..small() };
    let resident = photos.load(&options).unwrap();
    let streamed = photos.load(&LoadOptions { memory: Some(8 << 10), ..options }).unwrap();
    let train = streamed.train().unwrap();
    assert_eq!((train.bytes(), train.sample()), (None, Some(SAMPLE)));
    let mut model = ModelSpec::open("linear").unwrap();
    model.input = [1, 1, 3];
    let normalize = NormalizeConfig::parse("dataset").unwrap();
    let config = RunConfig { batch: BATCH, normalize, validation: Validation::None, ..RunConfig::default() };
    let [a, b] = [&streamed, &resident].map(|data| {
        let mut run = Trainer::new(&gpu, data, model.clone(), config.clone()).unwrap();
        run.train_steps(3).unwrap();
        (run.config().normalize.clone(), run.checkpoint().unwrap().to_bytes())
    });
    assert_eq!(a.0, b.0);
    assert!(a.1 == b.1, "the bytes of the run");
    assert_eq!(a.0.sample, Some(SAMPLE), "which says that it is one");
    let pixels = resident.train().unwrap().bytes().unwrap();
    let mean = |of: &[usize]| of.iter().map(|&i| f64::from(pixels[3 * i])).sum::<f64>() / of.len() as f64 / 255.0;
    let spread: Vec<usize> = (0..SAMPLE).map(|i| i * train.len() / SAMPLE).collect();
    let all: Vec<usize> = (0..train.len()).collect();
    assert!((mean(&spread) - f64::from(a.0.mean[0])).abs() < 1e-6);
    assert!((mean(&all) - mean(&spread)).abs() > 1e-6, "the others differ");
}

/// Pictures of one pixel, whose cache cannot be written after some were read.
#[derive(Debug, Default)]
struct Full(AtomicUsize);

impl Source for Full {
    fn count(&self) -> usize {
        64
    }

    fn read(&self, numbers: &[u32], bytes: &mut [u8]) -> Result<(), SourceError> {
        self.0.fetch_add(numbers.len(), Ordering::Relaxed);
        numbers.iter().zip(bytes.chunks_exact_mut(3)).for_each(|(&number, pixel)| pixel.fill(number as u8));
        Ok(())
    }

    fn memory(&self) -> u64 {
        8 << 10
    }

    fn problem(&self) -> Option<String> {
        (self.0.load(Ordering::Relaxed) > 20).then(|| "the disk is full".into())
    }
}

#[test]
fn a_run_tells_once_that_its_cache_cannot_be_written_any_more() {
    let Some(gpu) = common::gpu() else { return };
    let targets = Targets::Classes { labels: (0..64).map(|i| i % 2).collect(), classes: 2 };
    let split = Split::streamed([1, 1, 3], Arc::new(Full::default()), (0..64).collect(), targets).unwrap();
    assert_eq!(split.problem(), None);
    let splits = Splits { train: Some(split), ..Splits::default() };
    let data = Dataset::new("data", vec!["a".into(), "b".into()], splits).unwrap();
    let mut model = ModelSpec::open("linear").unwrap();
    model.input = [1, 1, 3];
    let config = RunConfig { batch: BATCH, epochs: 2, validation: Validation::None, ..RunConfig::default() };
    let mut run = Trainer::new(&gpu, &data, model, config).unwrap();
    let (mut notes, mut steps) = (Vec::new(), 0);
    run.fit(|trainer, event| {
        steps = trainer.state().step;
        if let Event::Note { text } = event {
            notes.push(text.clone());
        }
    })
    .unwrap();
    assert_eq!((notes, steps), (vec!["the disk is full".to_string()], 32));
}
