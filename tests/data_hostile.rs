//! Arrays that would make a kernel read out of bounds make no data set: kernels look labels and tokens up unchecked.

use lepton_gpu::Hints;
use lepton_gpu::data::{Dataset, DatasetError, Input, Split, Splits, Targets, Values, Vocabulary};

const SHAPE: [usize; 3] = [2, 3, 1];

fn classes(labels: &[u32], classes: usize) -> Targets {
    Targets::Classes { labels: labels.to_vec(), classes }
}

fn split(labels: &[u32], count: usize) -> Split {
    Split::images(SHAPE, vec![7; labels.len() * 6], classes(labels, count)).unwrap()
}

fn words(count: usize) -> Vocabulary {
    (0..count).map(|i| format!("word{i}")).collect::<Vec<_>>().into()
}

/// Fails, and says it with these words.
fn refused<T: std::fmt::Debug>(outcome: Result<T, DatasetError>, parts: &[&str]) {
    let error = outcome.unwrap_err();
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "{message}\nshould say: {part}");
    }
    assert!(!message.contains("--") && !message.contains("try:"), "advice is data: {message}");
    assert!(error.hints().len() <= 1);
}

#[test]
fn labels_are_classes() {
    let of = |labels: &[u32], count| Split::images(SHAPE, vec![0; 6 * labels.len()], classes(labels, count));
    assert_eq!(of(&[0, 2, 1], 3).unwrap().labels(), [0, 2, 1]);
    refused(of(&[0, 3], 3), &["label 3 of example 1", "number of classes, 3"]);
    refused(of(&[u32::MAX], 3), &["label 4294967295 of example 0"]);
    refused(of(&[0], 0), &["label 0", "number of classes, 0"]);
    refused(
        Dataset::from_images(SHAPE, vec![0; 6], vec![2], ["a", "b"]),
        &["label 2 of example 0", "number of classes, 2"],
    );
}

#[test]
fn there_are_so_many_pixels_as_the_shape_says() {
    for (pixels, labels) in [(11, 2), (13, 2), (0, 1), (6, 0)] {
        let outcome = Split::images(SHAPE, vec![0; pixels], classes(&vec![0; labels], 1));
        refused(outcome, &[&format!("{labels} examples of 2x3x1 images"), &format!("{pixels} were given")]);
    }
    let nothing = |examples| Split::images(SHAPE, vec![0; 12], Targets::Nothing { examples });
    assert_eq!(nothing(2).unwrap().labels(), [0, 0]);
    refused(nothing(usize::MAX), &["18446744073709551615 examples", "12 were given"]);
}

#[test]
fn a_size_is_no_zero_and_does_not_overflow() {
    let most = usize::MAX;
    for shape in [[0, 3, 1], [2, 0, 1], [2, 3, 0], [most, 2, 1], [most, most, most], [1 << 32, 1 << 32, 1]] {
        refused(Split::images(shape, Vec::new(), classes(&[], 1)), &["cannot be stored"]);
    }
    // one that is a number, and more than there is
    refused(
        Split::images([most, 1, 1], vec![0; 4], classes(&[0, 0], 1)),
        &["36893488147419103230 bytes", "4 were given"],
    );
    for length in [0, most / 2] {
        refused(Split::tokens(length, 9, &[1], classes(&[0], 1)), &["cannot be stored"]);
    }
}

#[test]
fn tokens_are_in_the_vocabulary() {
    let of = |tokens: &[u32], vocabulary| Split::tokens(2, vocabulary, tokens, classes(&[0, 1], 2));
    let good = of(&[0, 1, 4, 2], 5).unwrap();
    assert_eq!(
        (good.input().shape(), good.example(1).unwrap().as_ref()),
        ([1, 2, 1], [4, 0, 0, 0, 2, 0, 0, 0].as_slice())
    );
    assert_eq!(good.mean_std(), Ok(None), "numbers of words have no mean");
    refused(of(&[0, 1, 5, 2], 5), &["token 5 at position 0 of example 1", "vocabulary's size, 5"]);
    refused(of(&[0, u32::MAX, 0, 0], 5), &["token 4294967295 at position 1 of example 0"]);
    refused(of(&[0, 1, 2], 5), &["2 examples of texts of 2 tokens", "12 were given"]);
    let odd = Split::new(Input::Tokens { length: 1, vocabulary: 5 }, vec![0; 7], classes(&[0, 0], 1));
    refused(odd, &["are 8 bytes, but 7 were given"]);
    let data = Dataset::from_tokens(2, &[0, 1, 1, 2], vec![0, 1], ["a", "b"], words(3)).unwrap();
    assert_eq!(data.texts().unwrap().vocabulary.len(), 3);
    refused(Dataset::from_tokens(2, &[0, 3], vec![0], ["a"], words(3)), &["token 3", "vocabulary's size, 3"]);
}

#[test]
fn values_are_so_many_for_each() {
    let of = |width, values: usize| {
        Split::images(SHAPE, vec![0; 12], Targets::Values(Values { width, data: vec![0.5; values] }))
    };
    assert_eq!(of(3, 6).unwrap().values().unwrap().width, 3);
    refused(of(0, 0), &["0 values", "0 each"]);
    refused(of(0, 6), &["6 values", "0 each"]);
    refused(of(4, 6), &["6 values", "4 each"]);
    refused(of(usize::MAX, 6), &["6 values"]);
    refused(of(2, 6), &["3 examples", "12 were given"]);
    let data = Dataset::from_images_with_values(SHAPE, vec![0; 12], vec![1.0; 6], ["x", "y", "z"]);
    assert_eq!(data.unwrap().classes().len(), 3);
    let none: [&str; 0] = [];
    refused(Dataset::from_images_with_values(SHAPE, vec![0; 6], vec![1.0], none), &["1 values", "0 each"]);
}

#[test]
fn splits_belong_together() {
    let data = || Dataset::from_images(SHAPE, vec![0; 12], vec![0, 1], ["a", "b"]).unwrap();
    assert_eq!(data().with_test(split(&[1], 2)).unwrap().test().unwrap().len(), 1);
    let wider = Split::images([2, 4, 1], vec![0; 8], classes(&[0], 2)).unwrap();
    refused(data().with_test(wider), &["test examples are 2x4x1 images", "training examples 2x3x1 images"]);
    refused(data().with_validation(split(&[2], 3)), &["validation examples have 3 classes", "2 names were given"]);
    refused(data().with_train(split(&[0], 1)), &["training examples have 1 classes"]);
    let valued = Split::images(SHAPE, vec![0; 6], Targets::Values(Values { width: 2, data: vec![0.0; 2] })).unwrap();
    refused(data().with_test(valued), &["test examples have values", "training examples have classes"]);
    let text = Split::tokens(6, 9, &[0; 6], classes(&[0], 2)).unwrap();
    refused(data().with_test(text.clone()), &["test examples are texts of 6 tokens"]);
    let names = || vec!["a".to_string(), "b".to_string()];
    refused(Dataset::new("d", names(), text.into()), &["vocabulary of 0"]);
    refused(Dataset::new("d", names(), Splits::default()), &["no split"]);
    refused(Dataset::new("d", names(), split(&[], 2).into()), &["no training examples"]);
    refused(data().with_test(data().train().unwrap().select(&[])), &["no test examples"]);
    refused(Dataset::new("d", Vec::new(), split(&[0], 1).into()), &["1 classes or values", "0 names were given"]);
}

#[test]
fn what_is_selected_is_as_sound() {
    let all = split(&[0, 1, 2, 1], 3);
    let some = all.select(&[3, 0, 3]);
    assert_eq!((some.len(), some.labels(), some.bytes().unwrap().len()), (3, [1, 0, 1].as_slice(), 18));
    assert_eq!(all.of_classes(&[1]).labels(), [1, 1]);
    assert_eq!((all.clone().truncated(9).len(), all.truncated(1).bytes().unwrap().len()), (4, 6));
}
