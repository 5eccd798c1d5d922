//! Models with a generator: what `train` takes for granted, the sheets that it draws, and `predict`.

use std::path::Path;

use serde_json::{Value, json};

use super::{TaskView, drawn};
use crate::checkpoint::Checkpoint;
use crate::cli::args::{PredictArgs, TrainArgs, Typed};
use crate::cli::error::save_png;
use crate::cli::weights::say_who;
use crate::cli::{CliError, Exit, open, optimizer};
use crate::config::{FIELDS, LossConfig, NormalizeConfig, RunConfig, Setting};
use crate::losses::{Adversarial, Form};
use crate::model::{InputKind, ModelSpec};
use crate::report::draw::{Picture, sample_sheet};
use crate::report::say;
use crate::train::{Answer, SHEET, Samples, Trainer, sample};

/// Images of noise.
pub struct Generate;

/// Images in a row of a sheet.
const COLUMNS: usize = 8;

/// Learning rate and first decay of Adam in Radford et al. 2016.
const RATE: f32 = 2e-4;
const BETA1: f64 = 0.5;

/// What a run of two networks is, in a line.
fn describe(config: &RunConfig) -> Option<String> {
    let Form::InTurn { label_smoothing } = config.loss.form() else { return None };
    let optimizer = match config.optimizer.options().get("beta1") {
        Some(beta1) if config.optimizer.name().starts_with("adam") => format!(", beta1 {beta1}"),
        _ => String::new(),
    };
    let pixels = match (config.normalize.mean.first(), config.normalize.std.first()) {
        (Some(mean), Some(std)) => format!("{:.1} to {:.1}", (0.0 - mean) / std, (1.0 - mean) / std),
        _ => "0 to 1".into(),
    };
    let smoothing = if label_smoothing > 0.0 { format!(", label smoothing {label_smoothing}") } else { String::new() };
    let rate = config.learning_rate;
    Some(format!("discriminator and generator alternate; pixels {pixels}, learning rate {rate}{optimizer}{smoothing}"))
}

impl TaskView for Generate {
    fn task(&self) -> &'static str {
        "generate"
    }

    /// What was not typed for a model with a generator: Radford's optimiser, and pixels as its last layer gives them.
    fn apply_defaults(&self, args: &TrainArgs, model: &ModelSpec, config: &mut RunConfig) {
        let Some(generator) = &model.generator else { return };
        if ["adam", "adamw"].contains(&config.optimizer.name()) {
            if !args.typed.has("optimizer.beta1") {
                config.optimizer = config.optimizer.with("beta1", BETA1).expect("Adam has this option");
            }
            if !args.typed.has("learning_rate") {
                config.learning_rate = RATE;
            }
        }
        if !args.typed.has("normalize") && generator.range().is_none_or(|[least, _]| least < 0.0) {
            let channels = model.input[2];
            let half = vec!["0.5"; channels].join(",");
            config.normalize = NormalizeConfig::parse(&format!("{half}:{half}")).expect("it is a way");
        }
    }

    /// The loss of two networks; of the flags about losses only one goes with it.
    fn loss(&self, typed: &Typed) -> Result<LossConfig, CliError> {
        let other = |setting: &&Setting| {
            let key = setting.field.key;
            (key.starts_with("loss.") || key == "normal") && key != "loss.label_smoothing" && typed.has(key)
        };
        if let Some(flag) = FIELDS.iter().find(other).and_then(|setting| setting.field.flag) {
            return Err(CliError::Usage(format!(
                "--{flag} is not supported for GANs, whose loss is adversarial\n  try: without it; --label-smoothing 0.1 applies to the real images"
            )));
        }
        optimizer::chosen(Adversarial::default().into(), typed)
    }

    fn describe(&self, trainer: &Trainer) -> Option<(&'static str, String)> {
        describe(trainer.config()).map(|line| ("GAN", line))
    }

    fn example(&self, _input: InputKind) -> &'static str {
        "predict RUN --grid samples.png"
    }

    fn epoch_picture(&self, trainer: &Trainer, epoch: u32) -> Result<Option<image::RgbImage>, CliError> {
        let title = format!("{} · epoch {epoch}", trainer.model().name);
        trainer.samples().map(|samples| sheet(&title, samples)).transpose()
    }

    /// Draws the sheet of an epoch into the run folder, and as the newest one beside it.
    fn save_epoch(&self, trainer: &Trainer, epoch: u32, out: &Path) -> Result<(), CliError> {
        let Some(picture) = self.epoch_picture(trainer, epoch)? else { return Ok(()) };
        let folder = out.join("samples");
        std::fs::create_dir_all(&folder).map_err(CliError::file(&folder))?;
        save_png(&picture, &folder.join(format!("epoch-{epoch:04}.png")))?;
        save_png(&picture, &out.join("samples.png"))
    }

    fn verdict(&self, trainer: &Trainer, out: &Path) -> Vec<String> {
        let sheet = out.join("samples.png");
        vec![
            format!("result   {} epochs; no epoch is the best: look at the samples", trainer.state().epoch),
            format!("sheet    {} (one for each epoch in samples/)", sheet.display()),
        ]
    }

    fn line(&self, answer: &Answer, _top: usize) -> String {
        format!("an image of {} values", answer.outputs.len())
    }

    fn json(&self, answer: &Answer, _top: usize) -> Value {
        json!({ "outputs": answer.outputs })
    }

    fn cells(&self, _: &Answer) -> Vec<String> {
        Vec::new()
    }

    fn check_answers(&self, _: &PredictArgs, _: &Checkpoint) -> Result<(), CliError> {
        Err(no_answers())
    }

    /// A sheet of images that nobody has seen, from number `--from` on.
    fn grid(
        &self,
        args: &PredictArgs,
        checkpoint: &Checkpoint,
        out: &Path,
        adapter: Option<&str>,
    ) -> Result<Exit, CliError> {
        if args.data.is_some() || args.tta.is_some() {
            return Err(no_answers());
        }
        let typed = [("--json", args.json), ("--invert", args.invert)].into_iter().find(|(_, typed)| *typed);
        if let Some((flag, _)) = typed {
            let problem = format!("{flag} does not apply to a generator\n  try: without {flag}");
            return Err(CliError::Usage(problem));
        }
        let gpu = open(adapter)?;
        let samples = sample(&gpu, checkpoint, args.from, SHEET)?;
        let (model, epoch) = (checkpoint.meta.model()?, checkpoint.meta.state.epoch);
        let (first, last) = (args.from, args.from + SHEET - 1);
        save_png(&sheet(&format!("{} · epoch {epoch} · images {first} to {last}", model.name), &samples)?, out)?;
        say_who(&gpu, checkpoint, 9);
        say!("{}: {SHEET} images, numbers {first} to {last}", out.display());
        Ok(Exit::Done)
    }
}

fn no_answers() -> CliError {
    CliError::Usage(
        "this model generates images and cannot classify\n  try: lepton-gpu predict RUN --grid samples.png, and --from 64 for the next 64 images".into(),
    )
}

fn sheet(title: &str, samples: &Samples) -> Result<image::RgbImage, CliError> {
    let size = samples.shape.iter().product();
    let pictures = samples.pixels.chunks_exact(size).map(|pixels| drawn(pixels, samples.shape));
    let pictures: Vec<Picture> = pictures.collect::<Result<_, _>>()?;
    Ok(sample_sheet(title, &pictures, COLUMNS))
}
