//! Recipes: every one in the program is whole and can be compiled; `train --recipe` does what recipe and flags say.

#[path = "bad_input/cases.rs"]
mod cases;
#[path = "cli/support.rs"]
mod support;

use lepton_gpu::config::{NormalizeConfig, OptimizerConfig, RECIPES, Recipe, RunConfig};
use lepton_gpu::data::known;
use lepton_gpu::model::{ModelSpec, PRESETS};
use lepton_gpu::optim::Sgd;
use lepton_gpu::plan::{Input, Limits, Plan, Request, Training};

use cases::{Case, refused};
use support::Place;

#[test]
fn every_recipe_is_whole() {
    for (name, text) in RECIPES {
        let recipe = Recipe::parse(text, name).unwrap();
        assert_eq!(recipe.name, *name);
        for (what, line) in [("summary", &recipe.summary), ("source", &recipe.source), ("published", &recipe.published)]
        {
            assert!(!line.is_empty() && !line.contains('\n'), "{name}: {what} is `{line}`");
        }
        match &recipe.run.data {
            Some(data) => assert!(known::find(data).is_some(), "{name}: `{data}` is not known"),
            None => assert!(recipe.data.is_some(), "{name} does not say what data to give"),
        }
        assert!(PRESETS.iter().any(|preset| preset.name == recipe.run.model), "{name}: {}", recipe.run.model);
        // what the file leaves out would change with the program's defaults
        let file: toml::Table = text.parse().unwrap();
        let written: toml::Table = recipe.run.to_toml().parse().unwrap();
        assert_eq!(file["run"].as_table().unwrap(), &written, "{name}");
    }
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/recipes")).unwrap();
    assert_eq!(folder.count(), RECIPES.len(), "a file of the folder is not in the list");
}

#[test]
fn every_recipe_is_compiled() {
    for (name, text) in RECIPES {
        let run = Recipe::parse(text, name).unwrap().run;
        let known = run.data.as_deref().and_then(known::find);
        let model = ModelSpec::open(&run.model).unwrap();
        let (model, images) = match known {
            Some(known) => {
                assert_eq!(model.input, known.image_shape(), "{name}");
                (model.for_classes(known.classes.len()), known.train_count + known.test_count)
            }
            // about the sizes of MR and TREC
            None => (model.for_classes(6).for_texts(56, 18_000), 10_000),
        };
        let plan = Plan::compile(
            &model,
            &Request {
                loss: run.loss.clone(),
                input: Input::augmented(&run.augment),
                training: Some(Training { optimizer: run.optimizer.clone(), update: run.update.clone() }),
                record_predictions: true,
                predict: false,
                limits: Limits { binding_bytes: 2 << 30, buffer_bytes: 2 << 30, ..Limits::WEBGPU },
                fuse: run.fuse,
                ..Request::new(run.batch, images)
            },
        );
        plan.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

const MODEL: &str = "name = \"mine\"\ninput = [28, 28, 1]\n[[layer]]\ntype = \"flatten\"\n\
                     [[layer]]\nname = \"head\"\ntype = \"linear\"\nunits = 10\n";

/// A recipe of a user with a model of its own beside it, on the data in the program.
fn own_recipe(place: &Place) -> Recipe {
    let mut recipe = Recipe::open("mnist-seed").unwrap();
    recipe.name = "my-recipe".into();
    recipe.run = RunConfig { data: None, model: "mine.toml".into(), limit: Some(640), ..recipe.run };
    place.write("mine/mine.toml", MODEL);
    place.write("mine/recipe.toml", toml::to_string(&recipe).unwrap());
    recipe
}

#[test]
fn a_run_is_its_recipe_with_what_was_typed() {
    let Some(place) = Place::with_adapter() else { return };
    let recipe = own_recipe(&place);
    let ran = place.run("train --recipe mine/recipe.toml --steps 3").exits(0);
    assert!(ran.line("recipe ").starts_with("recipe   my-recipe: The first convolutional network"), "{ran}");
    assert!(ran.line("run ").ends_with("runs/my-recipe-1"), "{ran}");
    let config = |run: &str| toml::from_str::<RunConfig>(&place.text(&format!("{run}/config.toml"))).unwrap();
    let expected = RunConfig { model: "mine/mine.toml".into(), steps: Some(3), ..recipe.run };
    assert_eq!(config("runs/my-recipe-1"), expected);

    let flags = "--optimizer sgd --momentum 0.5 --seed 3 --label-smoothing 0.1";
    place.run(&format!("train --recipe mine/recipe.toml --steps 3 {flags} --out other")).exits(0);
    let other = config("other");
    let sgd: OptimizerConfig = Sgd { momentum: 0.5, nesterov: false, weight_decay: 0.0 }.into();
    let label_smoothing = RunConfig { loss: other.loss.clone(), ..expected };
    assert_ne!(other.loss, Default::default(), "the typed loss is there");
    assert_eq!(other, RunConfig { optimizer: sgd, learning_rate: 0.01, seed: 3, ..label_smoothing });
}

#[test]
fn a_runs_configuration_repeats_it() {
    let Some(place) = Place::with_adapter() else { return };
    place.write("mine.toml", MODEL);
    place.run("train --model mine.toml --limit 300 --val-split 0.1 --split-seed 5 --epochs 2 --out first").exits(0);
    // the run's own model counts, not what the file has become
    place.write("mine.toml", "name = ");
    let ran = place.run("train --recipe first/config.toml").exits(0);
    assert!(ran.line("run ").ends_with("runs/first-1"), "{ran}");
    for file in ["config.toml", "model.toml", "last.safetensors", "best.safetensors"] {
        assert!(place.read(&format!("first/{file}")) == place.read(&format!("runs/first-1/{file}")), "{file}");
    }
    assert!(place.text("first/config.toml").contains("split_seed = 5\n"));
    place.run("train --recipe first/config.toml --seed 1 --out other").exits(0);
    assert!(place.read("first/last.safetensors") != place.read("other/last.safetensors"), "the seed matters");
}

#[test]
fn a_recipe_with_another_model_gets_its_loss() {
    let Some(place) = Place::with_adapter() else { return };
    own_recipe(&place);
    let ran = place.run("train --recipe mine/recipe.toml --model autoencoder --steps 1 --out other").exits(0);
    assert!(ran.line("recipe ").ends_with("(with another model)"), "{ran}");
    assert!(place.text("other/config.toml").contains("target = \"input\""));
    // a run folder is a recipe and a model, too
    place.run("train --recipe other --steps 1 --out again").exits(0);
    assert_eq!(place.text("other/config.toml"), place.text("again/config.toml"));
    assert!(place.run("inspect other").exits(0).out.contains("model autoencoder"));
}

#[test]
fn a_runs_configuration_on_other_data_scales_by_those() {
    let place = Place::new();
    place.write("run/model.toml", MODEL);
    let scaled = RunConfig {
        normalize: NormalizeConfig { mean: vec![0.1], std: vec![0.2], ..NormalizeConfig::parse("dataset").unwrap() },
        ..RunConfig::default()
    };
    let opened = |config: &RunConfig| {
        place.write("run/config.toml", config.to_toml());
        Recipe::open(&place.path("run/config.toml").to_string_lossy()).unwrap().run.normalize
    };
    assert_eq!(opened(&scaled), NormalizeConfig::parse("dataset").unwrap());
    let given = NormalizeConfig::parse("0.1:0.2").unwrap();
    assert_eq!(opened(&RunConfig { normalize: given.clone(), ..scaled.clone() }), given);
}

#[test]
fn a_run_in_pieces_keeps_its_split_and_its_curve() {
    let Some(place) = Place::with_adapter() else { return };
    let line = "train --model linear --limit 300 --val-split 0.2 --split-seed 5 --seed 1 --epochs 3";
    place.run(&format!("{line} --out whole/run")).exits(0);
    let part = place.run(&format!("{line} --steps 2 --out parts/run")).exits(0);
    assert!(part.line("curve ").ends_with("parts/run/curve.png"), "{part}");
    place.run("train --resume --steps 6 --out parts/run").exits(0);
    place.run("train --resume --out parts/run").exits(0);
    for file in ["last.safetensors", "best.safetensors", "curve.png"] {
        let [whole, parts] = ["whole", "parts"].map(|run| place.read(&format!("{run}/run/{file}")));
        assert!(whole == parts, "{file}");
    }
    place.run(&format!("{line} --steps 0 --out none")).exits(0);
    assert!(!place.path("none/curve.png").exists(), "nothing was learned");
}

#[test]
fn every_key_of_a_recipe_is_optional() {
    let place = Place::new();
    place.write("net.toml", MODEL);
    let opened = |text: &str| {
        place.write("short.toml", text);
        Recipe::open(&place.path("short.toml").to_string_lossy()).unwrap()
    };
    let short = opened("data = \"mnist\"\nmodel = \"linear\"\n");
    let run = RunConfig { data: Some("mnist".into()), model: "linear".into(), ..RunConfig::default() };
    assert_eq!((short.name.as_str(), &short.run), ("short", &run));
    assert!(short.sets("model") && !short.sets("epochs"));
    assert_eq!(opened("").run, RunConfig::default());
    assert_eq!(opened("name = \"mine\"\n").run, RunConfig::default());
    // the learning rate is the optimizer's, unless the file has one
    let sgd = opened("[run.optimizer]\nname = \"sgd\"\nmomentum = 0.9\nnesterov = false\nweight_decay = 0.0\n").run;
    assert_eq!(sgd.learning_rate, sgd.optimizer.default_learning_rate());
    // an optimiser without a word about updates decays everything
    assert!(sgd.update.decay_all && !run.update.decay_all);
    place.write("two.toml", "data = \"fashion-small\"\nmodel = \"net.toml\"\n");
    if Place::with_adapter().is_some() {
        place.run("train --recipe two.toml --limit 64 --steps 1 --out run").exits(0);
    }
}

#[test]
fn what_cannot_be_a_recipe_is_refused() {
    let place = Place::new();
    let text = RECIPES.iter().find(|(name, _)| *name == "cifar10-resnet110").unwrap().1;
    for (name, text) in [
        ("broken", text.replace("batch = 128", "batch = ")),
        ("key", text.replace("batch = 128", "batsch = 128")),
        ("range", text.replace("start = 0.1", "start = 7.0")),
        ("nan", text.replace("learning_rate = 0.1", "learning_rate = nan")),
        ("crop", text.replace("crop = 4", "crop = 40")),
        ("model", text.replace("\"resnet110\"", "\"mine.toml\"")),
        ("name", text.replace("name = \"cifar10-resnet110\"", "name = \"../x\"")),
        ("other", "input = [28, 28, 1]\n".into()),
    ] {
        place.write(&format!("{name}.toml"), text);
    }
    place.write("bytes.toml", [0xff, 0xfe, 0x00]);
    let case = |line, says| Case { line, says };
    refused(
        &place,
        &[
            case("train --recipe cifar10-resent20", &["`cifar10-resent20`", "cifar10-resnet20", "try:"]),
            case("recipes cifar10-resent20", &["`cifar10-resent20`", "cifar10-resnet20", "try:"]),
            case("train --recipe mr-text-cnn", &["rt-polarity.pos", "try: lepton-gpu train --recipe mr-text-cnn DATA"]),
            case("train --recipe cifar10-resnet20", &["cifar10", "data fetch cifar10"]),
            case("train --recipe broken.toml", &["broken.toml", "line 16", "try:"]),
            case("train --recipe key.toml", &["key.toml", "line 16", "`batsch`", "try:"]),
            case("train --recipe range.toml", &["range.toml", "line 30", "is 7", "0 to 1", "try:"]),
            case("train --recipe nan.toml", &["nan.toml", "line 17", "`learning_rate` is NaN", "try:"]),
            case("train --recipe crop.toml", &["crop=40", "32x32", "try:"]),
            case("train --recipe model.toml", &["`mine.toml`", "try:"]),
            case("train --recipe name.toml", &["name.toml", "line 7", "../x", "try:"]),
            case("train --recipe other.toml", &["other.toml", "line 1", "try:"]),
            case("train --recipe bytes.toml", &["bytes.toml", "UTF-8", "try:"]),
            case("train --recipe .", &["try:"]),
            case("train --recipe mnist-seed --optimizer sgd --alpha 0.5", &["--alpha", "rmsprop"]),
        ],
    );
}

#[test]
fn a_run_that_goes_on_takes_no_recipe() {
    let Some(place) = Place::with_adapter() else { return };
    place.run("train --model linear --limit 64 --steps 1 --out run").exits(0);
    let says: &[&str] = &["--recipe", "as it was configured", "try:"];
    let case = |line| Case { line, says };
    refused(&place, &[case("train --resume --out run --recipe mnist-seed")]);
    let says: &[&str] = &["--split-seed", "try:"];
    refused(&place, &[Case { line: "train --resume --out run --split-seed 1", says }]);
}
