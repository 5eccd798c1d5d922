//! How a run starts: defaults or a recipe, then what was typed for `train`, become its configuration; or its checkpoint says how
//! it goes on.

use std::path::PathBuf;

use super::args::{TrainArgs, Typed};
use super::decide::{Decided, decided};
use super::run_folder::{check_new, next_folder};
use super::saving::Saving;
use super::shared::Shared;
use super::tasks::of as of_task;
use super::{CliError, budget, init, memory, optimizer, pictures, relabelling, text};
use crate::checkpoint::Checkpoint;
use crate::config::{
    ConfigError, FIELDS, Freeze, Lookahead, NormalizeConfig, Recipe, RunConfig, ScheduleConfig, TargetsConfig,
    Validation, Warmup, check_sizes, parse_augment,
};
use crate::data::{self, DataKind, Looked, known};
use crate::gpu::Gpu;
use crate::model::ModelSpec;
use crate::report::say;
use crate::tasks;
use crate::weights::Weights;

/// A run before its data are read.
pub struct Start {
    /// Path of the run folder.
    pub out: PathBuf,
    /// The configuration that the run will have.
    pub config: RunConfig,
    /// The model, in the sizes that the run gives it.
    pub model: ModelSpec,
    /// The weights that a new run starts from, if not from the seed.
    pub weights: Option<Weights>,
    /// The checkpoint that it goes on from.
    pub from: Option<Checkpoint>,
    /// Whether `config` says the loss; otherwise flags and data do.
    pub has_loss: bool,
    /// What was typed, and what was decided as if it had been.
    pub typed: Typed,
    /// The device and the data, where they were needed to decide.
    pub seen: Option<Seen>,
}

/// What was opened and read before the run was decided.
pub struct Seen {
    /// The device.
    pub gpu: Gpu,
    /// The data, or their pictures.
    pub data: Looked,
}

/// A new run: what was typed on top of a recipe, or of what the rule decides.
pub fn fresh(typed: &TrainArgs, shared: &mut Shared) -> Result<Start, CliError> {
    let recipe = typed.typed.text("recipe").map(Recipe::open).transpose()?;
    if let Some(time) = typed.typed.text("time") {
        budget::parse("--time", time)?;
    }
    let mut config = configure(typed, recipe.as_ref())?;
    if let Some(out) = typed.out() {
        check_new(&out)?;
    }
    if recipe.is_some() {
        return begun(typed, recipe, config, None);
    }
    let Decided { args, gpu, data } = decided(typed, &config, shared)?;
    config = configure(&args, None)?;
    begun(&args, None, config, Some(Seen { gpu, data }))
}

/// Looks for mistakes in what was typed for a run, as far as neither data nor device are needed.
pub fn check(typed: &TrainArgs) -> Result<(), CliError> {
    let recipe = typed.typed.text("recipe").map(Recipe::open).transpose()?;
    if let Some(time) = typed.typed.text("time") {
        budget::parse("--time", time)?;
    }
    Saving::of(typed)?;
    memory::of(typed)?;
    configure(typed, recipe.as_ref())?;
    let model = typed.typed.text("model").map(ModelSpec::open).transpose()?;
    let model = model.map(|model| sized(model, typed)).transpose()?;
    let Some(list) = typed.typed.text("augment") else { return Ok(()) };
    // where the size of images is not known yet, some size must do
    let sizes = model.map_or_else(|| vec![[32; 2], [512; 2]], |model| vec![[model.input[0], model.input[1]]]);
    let parsed: Result<Vec<_>, _> = sizes.iter().map(|size| parse_augment(list, *size)).collect();
    if sizes.iter().any(|size| parse_augment(list, *size).is_ok()) { Ok(()) } else { Ok(parsed.map(|_| ())?) }
}

fn begun(
    args: &TrainArgs,
    recipe: Option<Recipe>,
    mut config: RunConfig,
    seen: Option<Seen>,
) -> Result<Start, CliError> {
    let weights = init::open(args, recipe.as_ref(), &mut config)?;
    let file = match recipe.as_ref().and_then(|recipe| recipe.model_file.as_ref()) {
        Some(path) if !args.typed.has("model") => path.to_string_lossy().into_owned(),
        _ => config.model.clone(),
    };
    let is_named = args.typed.has("model") || recipe.as_ref().is_some_and(|recipe| recipe.sets("model"));
    let model = sized(init::model(weights.as_ref(), &file, is_named)?, args)?;
    init::note_of_model(args);
    if recipe.is_none() {
        of_task(tasks::of_model(&model)).apply_defaults(args, &model, &mut config);
    }
    let [h, w, _] = model.input;
    match args.typed.text("augment") {
        Some(list) => config.augment = parse_augment(list, [h, w])?,
        None => check_sizes(&config.augment, [h, w])?,
    }
    let name = recipe.as_ref().map_or(&model.name, |recipe| &recipe.name);
    let out = args.out().unwrap_or_else(|| next_folder(name));
    check_new(&out)?;
    if let Some(recipe) = &recipe {
        let own_data = recipe.run.data.as_deref().map(whole_path);
        let other_data = own_data.is_some() && config.data != own_data;
        say!("recipe   {}", described(recipe, other_data, args.typed.has("model")));
    }
    // a recipe that says nothing, and one whose model was replaced, leave it to model and data
    let fits = |recipe: &Recipe| {
        let (own, needed) = (tasks::of(&recipe.run.loss), tasks::of_model(&model));
        let same = own.evaluates() == needed.evaluates() && own.needs_labels() == needed.needs_labels();
        !recipe.run.loss.is_default() && same
    };
    let has_loss = !args.has_loss() && recipe.as_ref().is_some_and(fits);
    Ok(Start { out, config, model, weights, from: None, has_loss, typed: args.typed.clone(), seen })
}

/// A recipe in a line. What was published is of its own data and model.
fn described(recipe: &Recipe, other_data: bool, other_model: bool) -> String {
    let mut line = recipe.name.clone();
    if !recipe.summary.is_empty() {
        line += &format!(": {}", recipe.summary);
    }
    match (other_data, other_model) {
        (false, false) if recipe.published.is_empty() => {}
        (false, false) => line += &format!(" (published: {})", recipe.published),
        (true, false) => line += " (on other data)",
        (false, true) => line += " (with another model)",
        (true, true) => line += " (on other data, with another model)",
    }
    line
}

/// A run that goes on.
pub fn resumed(args: &TrainArgs) -> Result<Start, CliError> {
    let out = args.out().expect("clap requires --out with --resume");
    if out.is_dir() && !out.join("last.safetensors").exists() {
        let problem = "has no last.safetensors: no run was saved there\n  try: without --resume, or another --out";
        return Err(CliError::Usage(format!("{} {problem}", out.display())));
    }
    let checkpoint = Checkpoint::read(&out.join("last.safetensors"))?;
    let mut config = checkpoint.meta.config.clone();
    if let Some(flag) = args.fixed.first() {
        return Err(CliError::Usage(format!(
            "--resume continues a run as it was configured, but {flag} would change it\n  try: without {flag}; only --epochs, --steps, --patience, --max-memory and where the data are may change"
        )));
    }
    let typed: RunConfig = settings(&config, args)?;
    (config.epochs, config.patience) = (typed.epochs, typed.patience);
    // the same data, which the checkpoint knows, at another place
    if let Some(data) = args.typed.text("data") {
        config.data = Some(whole_path(data));
    }
    if let Some(folder) = args.typed.text("table.images") {
        config.table.images = Some(whole_path(folder));
    }
    // a limit of steps holds for one command; the next one goes on to the end
    config.steps = if args.typed.has("steps") { typed.steps } else { None };
    let model = checkpoint.meta.model()?;
    let (typed, seen) = (args.typed.clone(), None);
    Ok(Start { out, config, model, weights: None, from: Some(checkpoint), has_loss: true, typed, seen })
}

/// A base, the defaults or a recipe, and every flag that was typed on top of it.
fn configure(args: &TrainArgs, recipe: Option<&Recipe>) -> Result<RunConfig, CliError> {
    let base = recipe.map_or_else(RunConfig::default, |recipe| recipe.run.clone());
    let mut config = settings(&base, args)?;
    config.data = data_of(args, recipe)?;
    config.table.images = config.table.images.take().map(|folder| whole_path(&folder));
    relabelling::set_labels(&mut config, &base, args)?;
    let kind = data::kind(config.data.as_deref(), &config.table);
    text::check_flags(kind, &config, &base)?;
    if kind == DataKind::Pictures {
        config.images.fit.get_or_insert_default();
    }
    if !args.typed.has("model") && !recipe.is_some_and(|recipe| recipe.sets("model")) {
        match kind {
            DataKind::Images => {}
            DataKind::Texts => config.model = text::DEFAULT_MODEL.into(),
            DataKind::Pictures => config.model = pictures::DEFAULT_MODEL.into(),
        }
    }
    Ok(config)
}

/// A configuration with the settings that were typed on top of it, but for its data, its loss, which depends on these, and
/// its transforms, which depend on the size of images.
fn settings(base: &RunConfig, args: &TrainArgs) -> Result<RunConfig, CliError> {
    let mut table = toml::Table::try_from(base).expect("a configuration is plain data");
    let others = ["data", "augment", "loss.", "optimizer.", "update.parameters."];
    for setting in FIELDS.iter().filter(|setting| !others.iter().any(|other| setting.field.key.starts_with(other))) {
        let key = setting.field.key;
        let Some(text) = args.typed.text(key) else { continue };
        let value = match key {
            // found when data and adapter are known
            "batch" if args.is_auto(key) => toml::Value::Integer(1),
            "learning_rate" if args.is_auto(key) => continue,
            "fuse" => toml::Value::Boolean(false),
            // a pattern is a rule about parameters
            "freeze" => match args.typed.all(key).iter().find_map(|text| text.parse::<Freeze>().ok()) {
                Some(freeze) => value_of(freeze),
                None => continue,
            },
            "normal" => args.typed.all(key).to_vec().into(),
            "targets" if text == "given" => value_of(TargetsConfig::default()),
            "targets" => value_of(TargetsConfig::standardized()),
            "normalize" => value_of(NormalizeConfig::parse(text).map_err(ConfigError::from)?),
            "schedule" => value_of(schedule(text)?),
            "update.lookahead" => value_of(lookahead(text)?),
            "validation" => value_of(validation(text)?),
            _ => args.typed.value(setting)?.expect("it was typed"),
        };
        match key.split_once('.') {
            None => {
                table.insert(key.into(), value);
            }
            Some((group, key)) => {
                let group = table.entry(group).or_insert_with(|| toml::Table::new().into());
                group.as_table_mut().expect("a group of keys").insert(key.into(), value);
            }
        }
    }
    if args.typed.has("warmup.epochs") {
        table["warmup"].as_table_mut().expect("a group of keys").insert("start".into(), Warmup::START.into());
    }
    // one takes the place of the other
    for (typed, others) in [("update.ema", &["lookahead"][..]), ("update.lookahead", &["ema", "ema_constant"])] {
        for other in others.iter().filter(|other| args.typed.has(typed) && !args.typed.has(&format!("update.{other}")))
        {
            table["update"].as_table_mut().expect("a group of keys").remove(*other);
        }
    }
    let mut config: RunConfig = table.try_into().expect("every row has a key of the configuration");
    config.optimizer = optimizer::chosen(config.optimizer, &args.typed)?;
    if args.typed.has("optimizer.name") && !args.typed.has("learning_rate") {
        config.learning_rate = config.optimizer.default_learning_rate();
    }
    config.update.parameters.extend(optimizer::rules(&args.typed)?);
    config.check()?;
    Ok(config)
}

fn lookahead(text: &str) -> Result<Lookahead, CliError> {
    text.parse()
        .map_err(|problem| CliError::Usage(format!("invalid --lookahead {text}: {problem}\n  try: --lookahead 5:0.5")))
}

fn value_of(value: impl serde::Serialize) -> toml::Value {
    toml::Value::try_from(value).expect("a setting is plain data")
}

/// The data that were typed, or the recipe's.
fn data_of(args: &TrainArgs, recipe: Option<&Recipe>) -> Result<Option<String>, CliError> {
    let own = recipe.and_then(|recipe| recipe.run.data.as_deref());
    let data = args.typed.text("data").or(own);
    if let (None, Some(Recipe { name, data: Some(needed), .. }), Some(typed)) =
        (data, recipe, args.typed.text("recipe"))
    {
        return Err(CliError::Usage(format!(
            "the recipe `{name}` needs data: {needed}\n  try: lepton-gpu train --recipe {typed} DATA"
        )));
    }
    Ok(data.map(whole_path))
}

/// The model with the input size that was typed.
fn sized(model: ModelSpec, args: &TrainArgs) -> Result<ModelSpec, CliError> {
    match args.typed.text("size") {
        None => Ok(model),
        Some(size) => Ok(ModelSpec { input: pictures::size(size, model.input)?, ..model }),
    }
}

/// A folder under its whole path, so that the run can be evaluated from anywhere; a known name as it is.
fn whole_path(name: &str) -> String {
    if known::find(name).is_some() {
        return name.into();
    }
    // a pattern of shards has no whole path of its own
    let pattern = || std::path::absolute(name).ok().filter(|_| name.contains(['*', '?', '{', '[']));
    let whole = std::fs::canonicalize(name).ok().or_else(pattern);
    whole.map_or_else(|| name.into(), |path| path.to_string_lossy().into_owned())
}

fn schedule(text: &str) -> Result<ScheduleConfig, CliError> {
    Ok(text.parse()?)
}

fn validation(text: &str) -> Result<Validation, CliError> {
    if text == "test" {
        return Ok(Validation::Test);
    }
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(Validation::Fraction(share)),
        _ => Err(CliError::Usage(format!(
            "invalid --val-split {text}: expected a fraction between 0 and 1, or `test`\n  try: --val-split 0.1"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::{Args, Command};
    use super::*;
    use crate::config::{OptimizerConfig, ParameterRule, RECIPES};
    use crate::losses::Focal;
    use crate::optim::Sgd;

    fn typed(flags: &str) -> TrainArgs {
        let line = format!("lepton-gpu train {flags}");
        match Args::try_parse_from(line.split_whitespace()).unwrap().command {
            Command::Train(args) => *args,
            _ => unreachable!("the line says train"),
        }
    }

    fn resnet() -> Recipe {
        Recipe::open("cifar10-resnet110").unwrap()
    }

    fn configured(recipe: &Recipe, flags: &str) -> RunConfig {
        configure(&typed(flags), Some(recipe)).unwrap()
    }

    #[test]
    fn without_flags_a_recipe_is_what_it_says() {
        for (name, _) in RECIPES {
            let recipe = Recipe::open(name).unwrap();
            let data = if recipe.run.data.is_some() { "" } else { known::SMALL };
            let config = configured(&recipe, data);
            assert_eq!(RunConfig { data: recipe.run.data.clone(), ..config }, recipe.run, "{name}");
        }
        assert_eq!(configure(&typed(""), None).unwrap(), RunConfig::default());
    }

    #[test]
    fn flags_change_a_recipe_and_nothing_else() {
        let recipe = resnet();
        let run = || recipe.run.clone();
        let sgd =
            |momentum, weight_decay| -> OptimizerConfig { Sgd { momentum, nesterov: false, weight_decay }.into() };
        for (flags, expected) in [
            ("--epochs 3 --seed 7", RunConfig { epochs: 3, seed: 7, ..run() }),
            ("--split-seed 4 --limit 9", RunConfig { split_seed: Some(4), limit: Some(9), ..run() }),
            ("--lr 0.05 --batch 32", RunConfig { learning_rate: 0.05, batch: 32, ..run() }),
            ("--momentum 0.5", RunConfig { optimizer: sgd(0.5, 1e-4), ..run() }),
            ("--optimizer sgd", RunConfig { optimizer: sgd(0.9, 0.0), learning_rate: 0.01, ..run() }),
            ("--schedule cosine", RunConfig { schedule: "cosine".parse().unwrap(), ..run() }),
            ("--warmup 2", RunConfig { warmup: Some(Warmup { epochs: 2.0, start: Warmup::START }), ..run() }),
            ("--normalize none", RunConfig { normalize: NormalizeConfig::default(), ..run() }),
            ("--val-split test --model linear", {
                RunConfig { validation: Validation::Test, model: "linear".into(), ..run() }
            }),
            ("fashion-small --no-fuse", RunConfig { data: Some("fashion-small".into()), fuse: false, ..run() }),
        ] {
            assert_eq!(configured(&recipe, flags), expected, "{flags}");
        }
    }

    #[test]
    fn rules_are_added_and_what_a_recipe_says_of_updates_stays() {
        let mut recipe = resnet();
        let rule = |pattern: &str, lr| ParameterRule { pattern: pattern.into(), lr, ..ParameterRule::default() };
        recipe.run.update.parameters = vec![rule("a.*", Some(0.5))];
        recipe.run.update.ema = Some(0.9);
        recipe.run.loss = Focal { gamma: 3.0, ..Focal::default() }.into();
        let config = configured(&recipe, "--freeze b.* --clip-norm 1 --loss mse");
        let frozen = ParameterRule { frozen: Some(true), ..rule("b.*", None) };
        assert_eq!(config.update.parameters, [rule("a.*", Some(0.5)), frozen]);
        assert_eq!((config.update.ema, config.update.clip_norm, config.update.decay_all), (Some(0.9), Some(1.0), true));
        assert_eq!(config.loss, recipe.run.loss, "flags of the loss wait for the data");
    }

    #[test]
    fn a_recipe_without_data_says_what_to_give() {
        let recipe = Recipe::open("mr-text-cnn").unwrap();
        let error = configure(&typed("--recipe mr-text-cnn"), Some(&recipe)).unwrap_err().to_string();
        assert!(error.contains("rt-polarity.pos") && error.contains("--recipe mr-text-cnn DATA"), "{error}");
    }
}
