use super::super::super::args::Typed;
use super::*;

fn dimensions(texts: &[&str]) -> Vec<Dimension> {
    texts.iter().map(|text| Dimension::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))).collect()
}

fn asked(dimensions: &[Dimension], runs: Option<usize>) -> Asked<'_> {
    Asked { dimensions, runs, epochs: None, eta: 3, seed: 0 }
}

#[test]
fn a_grid_is_in_the_order_of_nested_loops() {
    let own = dimensions(&["lr=0.1,0.01", "batch_size=32,64,128"]);
    let points = (grid::STRATEGY.points)(&asked(&own, None)).unwrap();
    let pairs: Vec<[&str; 2]> = points.iter().map(|point| [point[0].as_str(), point[1].as_str()]).collect();
    let wanted = [["0.1", "32"], ["0.1", "64"], ["0.1", "128"], ["0.01", "32"], ["0.01", "64"], ["0.01", "128"]];
    assert_eq!(pairs, wanted);
    assert_eq!((grid::STRATEGY.rungs)(&asked(&own, None), 6).unwrap(), [Rung { runs: 6, epochs: None }]);
    let error = (grid::STRATEGY.points)(&asked(&dimensions(&["lr=0.1..1"]), None)).unwrap_err().to_string();
    assert!(error.contains("--vary lr is a range") && error.contains("--strategy random"), "{error}");
}

#[test]
fn random_runs_are_a_function_of_the_seed_and_in_range() {
    let own = dimensions(&[
        "lr=0.0001..1:log",
        "epochs=2..5",
        "momentum=0.5..0.9",
        "batch=16..1024:log",
        "optimizer=sgd,adam",
    ]);
    let drawn = |seed, runs| (random::STRATEGY.points)(&Asked { seed, ..asked(&own, Some(runs)) }).unwrap();
    let points = drawn(0, 400);
    assert_eq!(points[..20], drawn(0, 20), "the first runs do not depend on how many there are");
    assert_ne!(points[..20], drawn(1, 20));
    let column = |i: usize| points.iter().map(move |point| point[i].parse::<f64>().unwrap());
    assert!(column(0).all(|lr| (0.0001..=1.0).contains(&lr)));
    let small = column(0).filter(|lr| *lr < 0.01).count();
    assert!((170..230).contains(&small), "half of a range of factors is below its middle: {small}");
    for epochs in 2..=5 {
        let count = column(1).filter(|own| *own == f64::from(epochs)).count();
        assert!((75..125).contains(&count), "{epochs}: {count}");
    }
    assert!(points.iter().all(|point| !point[1].contains('.') && !point[3].contains('.')), "whole numbers");
    assert!(column(2).all(|momentum| (0.5..=0.9).contains(&momentum)));
    let small = column(3).filter(|batch| *batch <= 128.0).count();
    assert!((170..230).contains(&small), "{small}");
    assert!(column(3).all(|batch| (16.0..=1024.0).contains(&batch)));
    // values that can be typed again, exactly these
    assert_eq!(points[0].join(" "), drawn(0, 1)[0].join(" "));
    assert!(points.iter().all(|point| point[0].trim_start_matches(['0', '.']).len() <= 6), "{points:?}");
}

#[test]
fn random_runs_differ_and_there_must_be_enough() {
    let own = dimensions(&["batch=1,2,3,4", "optimizer=sgd,adam"]);
    let points = (random::STRATEGY.points)(&asked(&own, Some(8))).unwrap();
    let unique: std::collections::BTreeSet<_> = points.iter().collect();
    assert_eq!(unique.len(), 8);
    let error = (random::STRATEGY.points)(&asked(&own, Some(9))).unwrap_err().to_string();
    assert!(error.contains("8 combinations, fewer than --runs 9"), "{error}");
    // as many numbers of four digits as there are, found in no time
    let four = dimensions(&["lr=0.001..0.01:log"]);
    let error = (random::STRATEGY.points)(&asked(&four, Some(10_000))).unwrap_err().to_string();
    assert!(error.contains("only 9001 different runs"), "{error}");
    let few = dimensions(&["epochs=1..3"]);
    let error = (random::STRATEGY.points)(&asked(&few, Some(4))).unwrap_err().to_string();
    assert!(error.contains("only 3 different runs") && error.contains("--runs 3"), "{error}");
    assert!((random::STRATEGY.points)(&asked(&own, None)).unwrap_err().to_string().contains("--runs 10"));
}

/// What is left of runs whose value after each epoch is made up, by the rungs.
fn survivors(rungs: &[Rung], runs: usize, last: u32, value: impl Fn(usize, u32) -> f64) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (0..runs).collect();
    let mut all = Vec::new();
    for rung in rungs {
        left.truncate(rung.runs);
        all.push(left.clone());
        left.sort_by(|a, b| {
            let at = rung.epochs.unwrap_or(last);
            value(*b, at).total_cmp(&value(*a, at))
        });
    }
    all
}

#[test]
fn halving_keeps_the_best_third_for_three_times_as_many_epochs() {
    let own = dimensions(&["lr=0.001..0.1:log"]);
    let rungs = |runs: usize, epochs: u32, eta: u32| {
        let asked = Asked { epochs: Some(epochs), eta, ..asked(&own, Some(runs)) };
        (halving::STRATEGY.rungs)(&asked, runs)
            .map(|all| all.into_iter().map(|rung| (rung.runs, rung.epochs)).collect::<Vec<_>>())
    };
    assert_eq!(rungs(27, 27, 3).unwrap(), [(27, Some(1)), (9, Some(3)), (3, Some(9)), (1, None)]);
    assert_eq!(rungs(27, 9, 3).unwrap(), [(27, Some(1)), (9, Some(3)), (3, None)], "not less than an epoch");
    assert_eq!(rungs(10, 81, 3).unwrap(), [(10, Some(9)), (3, Some(27)), (1, None)], "not less than a run");
    assert_eq!(rungs(16, 20, 4).unwrap(), [(16, Some(1)), (4, Some(5)), (1, None)]);
    assert_eq!(rungs(3, 3, 3).unwrap(), [(3, Some(1)), (1, None)]);
    for (runs, epochs) in [(2, 27), (27, 2)] {
        assert!(rungs(runs, epochs, 3).unwrap_err().to_string().contains("nothing to cut"));
    }
    let asked = asked(&own, Some(9));
    assert!((halving::STRATEGY.rungs)(&asked, 9).unwrap_err().to_string().contains("--epochs 27"));

    // run 8 learns slowly and would be the best in the end; run 4 is the best early and late; run 0 begins well and gets worse
    let value = |run: usize, epoch: u32| match run {
        8 => 0.01 * f64::from(epoch * epoch),
        4 => 0.5 + 0.01 * f64::from(epoch),
        0 => 0.6 - 0.1 * f64::from(epoch),
        run => 0.1 + 0.01 * run as f64,
    };
    let asked = Asked { epochs: Some(9), ..asked };
    let nine = (halving::STRATEGY.rungs)(&asked, 9).unwrap();
    assert_eq!(survivors(&nine, 9, 9, value), [vec![0, 1, 2, 3, 4, 5, 6, 7, 8], vec![4, 0, 7], vec![4]]);
}

#[test]
fn what_may_be_varied_is_said() {
    let wrong = |text: &str| super::super::super::hint::message(&Dimension::parse(text).expect_err(text));
    for (text, part) in [
        ("lr", "expected KEY=VALUES"),
        ("lerning_rate=1,2", "did you mean `learning_rate`?"),
        ("xyzzy=1", "try: one of lr, batch, optimizer, "),
        ("momentun=0.1", "did you mean `momentum`?"),
        ("out=a,b", "--vary out: it is the same for all runs"),
        ("resume=a", "--vary resume: it is the same"),
        ("adapter=0,1", "--vary adapter: it is the same"),
        ("data=a,b", "must be the same for all runs: otherwise they would learn from different data"),
        ("val-split=0.1,0.2", "otherwise they would be validated on different images"),
        ("best-by=loss,auc", "compared by one measure, so it must be the same for all"),
        ("batch=32,0", "0 is not a valid value: expected a whole number from 1 to 65536"),
        ("batch=32,x", "x is not a valid value"),
        ("batch=1.5..3", "must be a whole number from 1 to 65536"),
        ("lr=0..1:log", "begins above 0, not at 0"),
        ("lr=1..0.1", "the range from 1 to 0.1 is empty"),
        ("lr=0.1..1:ln", "`ln` is no scale"),
        ("lr=0.1..x", "x is no number"),
        ("lr=-1,1", "-1 is not a valid value"),
        ("ema=0.5..1", "must be above 0 and below 1"),
        ("precision=f32,f8", "f8 is not a valid value: expected one of f32, f16"),
        ("decay-all=yes", "yes is not a valid value: expected true or false"),
        ("lr=1,1", "1 is listed twice"),
        ("lr=0.1,0.10", "0.10 is listed twice"),
        ("batch=32,032", "032 is listed twice"),
        ("lr=1,,2", "a value is empty"),
    ] {
        let message = wrong(text);
        assert!(message.contains(part) && (message.contains("try: ") || message.contains("mean")), "{text}: {message}");
    }
}

#[test]
fn values_become_what_would_be_typed() {
    for (text, value, key, typed) in [
        ("lr=0.1,default", "0.1", "learning_rate", Some("0.1")),
        ("lr=0.1,default", "default", "learning_rate", None),
        ("batch=auto,64", "auto", "batch", Some("auto")),
        ("decay-all=true,false", "true", "update.decay_all", Some("true")),
        ("decay-all=true,false", "false", "update.decay_all", None),
        ("fuse=true,false", "true", "fuse", None),
        ("fuse=true,false", "false", "fuse", Some("true")),
        ("no-fuse=true,false", "true", "fuse", Some("true")),
        ("optimizer=sgd", "sgd", "optimizer.name", Some("sgd")),
        ("optimizer.momentum=0.5", "0.5", "optimizer.momentum", Some("0.5")),
        ("clip_norm=1", "1", "update.clip_norm", Some("1")),
    ] {
        let mut all = Typed::default();
        Dimension::parse(text).unwrap().set(&mut all, value);
        assert_eq!(all.text(key), typed, "{text}: {value}");
    }
    for row in crate::config::FIELDS.iter().filter(|row| row.field.flag.is_some()) {
        for name in [row.field.key, row.field.flag.unwrap()] {
            let found = Dimension::parse(&format!("{name}=default"));
            assert!(found.is_err() || found.unwrap().setting.field.key == row.field.key, "{name}");
        }
    }
    let lists = Dimension::parse("augment=none;flip,crop=4").unwrap();
    assert_eq!(lists.values, crate::cli::sweep::dimension::Values::List(vec!["none".into(), "flip,crop=4".into()]));
}
