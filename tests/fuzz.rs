//! What fuzzers run, without one: every parser on its corpus and on thousands of mutations of it, always the same ones.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rayon::prelude::*;

#[path = "../fuzz/src/targets.rs"]
mod targets;

use targets::{MOST_OF_A_BYTE, TARGETS, Target};

/// Mutations of each target's corpus.
const MUTATIONS: u64 = 500;

/// Numbers that are drawn one after another (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Values at the ends of ranges.
const ENDS: [u64; 8] = [0, 1, 0x7f, 0xff, 0x7fff_ffff, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff];

/// Changes a file in one of the ways in which files are damaged or forged.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    if bytes.is_empty() {
        return bytes.extend_from_slice(other);
    }
    let (at, length) = (numbers.below(bytes.len()), 1 + numbers.below(16));
    let end = (at + length).min(bytes.len());
    match numbers.below(8) {
        0 => bytes[at] ^= 1 << numbers.below(8),
        1 => bytes[at] = numbers.next() as u8,
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..end)),
        4 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
        5 => {
            let value = ENDS[numbers.below(ENDS.len())];
            let width = [1, 2, 4, 8][numbers.below(4)].min(bytes.len() - at);
            let value =
                if numbers.below(2) == 0 { value.to_le_bytes() } else { (value << (64 - 8 * width)).to_be_bytes() };
            bytes[at..at + width].copy_from_slice(&value[..width]);
        }
        6 => bytes[at..end].fill(*b"0A\xff\n".get(numbers.below(4)).unwrap_or(&0)),
        _ => {
            let from = numbers.below(other.len());
            bytes.splice(at..end, other[from..(from + 64).min(other.len())].iter().copied());
        }
    }
}

/// Runs a target within its bound on memory, of this thread.
fn run(target: &Target, what: &str, bytes: &[u8]) {
    let outcome = catch_unwind(AssertUnwindSafe(|| allocation_counter::measure(|| (target.run)(bytes))));
    let (name, most) = (target.name, (target.most_bytes + MOST_OF_A_BYTE * bytes.len()) as u64);
    let used = outcome.unwrap_or_else(|_| panic!("{name}: {what} panics: {bytes:02x?}"));
    assert!(used.bytes_max <= most, "{name}: {what} takes {} bytes, above {most}: {bytes:02x?}", used.bytes_max);
}

/// Makes this thread the only one of its pool: what a parser gives to threads is then done by this one, whose memory is counted.
fn alone() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().unwrap()
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut files: Vec<_> =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())).collect();
    files.sort_by_key(|file| file.as_ref().unwrap().path());
    files.into_iter().map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn every_parser_survives_its_corpus_and_mutations_of_it() {
    std::thread::scope(|scope| {
        for target in TARGETS {
            scope.spawn(|| {
                let _pool = alone();
                let files = corpus(target.name);
                assert!(!files.is_empty(), "{}: no corpus", target.name);
                for bytes in &files {
                    run(target, "a file of the corpus", bytes);
                    assert!(bytes.len() < 8 << 10, "{}: a corpus is small", target.name);
                }
                let mut numbers = Numbers(target.name.len() as u64);
                for i in 0..MUTATIONS {
                    let mut bytes = files[numbers.below(files.len())].clone();
                    for _ in 0..=numbers.below(4) {
                        let other = numbers.below(files.len());
                        mutate(&mut bytes, &files[other], &mut numbers);
                    }
                    run(target, &format!("mutation {i}"), &bytes);
                }
            });
        }
    });
}

/// The check above must be seen to fail.
#[test]
fn a_parser_that_panics_or_takes_too_much_is_noticed() {
    let _pool = alone();
    let fails = |run_it: fn(&[u8])| {
        let target = Target { name: "broken", run: run_it, most_bytes: 1 << 20 };
        catch_unwind(|| run(&target, "a test", b"xx")).is_err()
    };
    assert!(!fails(|bytes| assert_eq!(bytes.len(), 2)));
    assert!(fails(|bytes| assert_eq!(bytes.len(), 3)));
    assert!(fails(|_| drop(std::hint::black_box(vec![1_u8; 2 << 20]))));
    let on_threads = |bytes: &[u8]| {
        (0..bytes.len()).into_par_iter().for_each(|i| drop(std::hint::black_box(vec![1_u8; i * (2 << 20)])));
    };
    assert!(fails(on_threads), "on a thread of a pool");
}

#[test]
fn every_target_has_a_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let programs = fs::read_dir(folder.join("fuzz_targets")).unwrap().count();
    assert_eq!((programs, manifest.matches("[[bin]]").count()), (TARGETS.len(), TARGETS.len()));
    for Target { name, .. } in TARGETS {
        let text = fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(
            text.contains(&format!("run(\"{name}\", bytes)")) && manifest.contains(&format!("name = \"{name}\"")),
            "{name}"
        );
    }
}
