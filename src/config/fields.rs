//! Every key of a run's configuration, a row each. Flags of `train` and their help, what a resumed run may change, range
//! checks, and the reference in the guides are made from these rows.

use std::sync::LazyLock;

use crate::losses::LOSSES;
use crate::optim::{OPTIMIZERS, OptimizerConfig};
use crate::table::Member;
use crate::table::{Field, Takes};

/// Where a setting stands in help and in the guides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the titles say it
pub enum Section {
    Data,
    Model,
    Training,
    Optimizer,
    Schedule,
    Loss,
    Augmentation,
    Texts,
    Output,
    Expert,
}

impl Section {
    /// Every section, in the order of help.
    pub const ALL: [Section; 10] = [
        Section::Data,
        Section::Model,
        Section::Training,
        Section::Optimizer,
        Section::Schedule,
        Section::Loss,
        Section::Augmentation,
        Section::Texts,
        Section::Output,
        Section::Expert,
    ];
}

impl Section {
    /// What stands above its settings.
    pub const fn title(self) -> &'static str {
        match self {
            Section::Data => "Data",
            Section::Model => "Model",
            Section::Training => "Training",
            Section::Optimizer => "Optimizer",
            Section::Schedule => "Learning rate",
            Section::Loss => "Loss",
            Section::Augmentation => "Augmentation",
            Section::Texts => "Texts",
            Section::Output => "Output",
            Section::Expert => "Expert",
        }
    }
}

/// How often a setting can be given on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// At most once.
    Once,
    /// Any number of times: a flag for each value.
    Repeatedly,
    /// Once, with several values and commas between them.
    List,
}

/// What a run that goes on does with a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resuming {
    /// It stays as it was; giving it is an error.
    Keeps,
    /// It may have another value.
    Takes,
}

/// A row about a setting of a run.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Key, flag, range, default and meaning.
    pub field: Field,
    /// Where it stands in help.
    pub section: Section,
    /// Whether the short help shows it.
    pub is_common: bool,
    /// How often it can be given.
    pub given: Given,
    /// How help writes its value, if not as its range says; `N|auto`: the word `auto` may stand for the number.
    pub form: Option<&'static str>,
    /// What a run that goes on does with it.
    pub resuming: Resuming,
}

impl Setting {
    /// A setting that is given once, that long help shows, and that a run keeps.
    pub const fn new(
        section: Section,
        key: &'static str,
        flag: &'static str,
        takes: Takes,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        let field = Field { key, flag: Some(flag), takes, default, doc };
        Setting { field, section, is_common: false, given: Given::Once, form: None, resuming: Resuming::Keeps }
    }

    /// Shown by the short help, too.
    pub const fn common(self) -> Self {
        Setting { is_common: true, ..self }
    }

    /// Without a flag: only files set it.
    const fn in_files(self) -> Self {
        Setting { field: Field { flag: None, ..self.field }, ..self }
    }

    /// Given any number of times, or once with commas.
    pub const fn given(self, given: Given) -> Self {
        Setting { given, ..self }
    }

    /// Written so in help.
    const fn form(self, form: &'static str) -> Self {
        Setting { form: Some(form), ..self }
    }

    /// The word that may stand for its number.
    pub fn word(&self) -> Option<&'static str> {
        self.form?.split_once('|').map(|(_, word)| word)
    }

    /// A run that goes on may have another value.
    pub const fn may_change(self) -> Self {
        Setting { resuming: Resuming::Takes, ..self }
    }
}

const fn whole(min: u64, max: u64) -> Takes {
    Takes::Whole { min, max }
}

/// Without an upper limit.
const MOST: u64 = u64::MAX;

use Section::{Augmentation, Data, Expert, Loss, Model, Optimizer, Schedule, Texts, Training};

/// 0 or more, and finite.
const NOT_NEGATIVE: Takes = Takes::Number { min: 0.0, max: f32::MAX as f64 };

/// Above 0, and finite.
const POSITIVE: Takes = Takes::Between { above: 0.0, below: f64::INFINITY };

/// Every key of a configuration, with the options of the members of tables (`optimizer.momentum`). A key of which files
/// have a table, such as `schedule`, stands for all keys below it.
pub static FIELDS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    let completed = |setting: &Setting| {
        let (default, options) = match setting.field.key {
            "optimizer.name" => (setting.field.default, options("optimizer", Optimizer, OPTIMIZERS)),
            "loss.name" => (setting.field.default, options("loss", Loss, LOSSES)),
            "learning_rate" => (learning_rates(), Vec::new()),
            _ => (setting.field.default, Vec::new()),
        };
        let setting = Setting { field: Field { default, ..setting.field }, ..*setting };
        std::iter::once(setting).chain(options)
    };
    KEYS.iter().flat_map(completed).collect()
});

/// A row for each flag that options of these members have: what it does and its default, by member where they differ.
/// Options without a flag have a row each.
fn options<T: ?Sized>(table: &str, section: Section, members: &[Member<T>]) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for option in members.iter().flat_map(|member| member.options) {
        let is_same = |other: &Field| other.flag == option.flag && (option.flag.is_some() || other.key == option.key);
        let key = format!("{table}.{}", option.key);
        if settings.iter().any(|known| known.field.key == key || option.flag.is_some() && is_same(&known.field)) {
            continue;
        }
        let of_members = |part: fn(&Field) -> &'static str| {
            let own = |member: &Member<T>| member.options.iter().find(|own| is_same(own)).map(part);
            by_member(members.iter().filter_map(|member| Some((member.flag_value(), own(member)?))))
        };
        let field = Field {
            key: leaked(key),
            doc: of_members(|option| option.doc.trim_end_matches('.')),
            default: of_members(|option| if option.default == "false" { "" } else { option.default }),
            ..*option
        };
        // a list of numbers, or a word that stands for one
        let form = (option.flag == Some("class-weights")).then_some("W1,W2,…|balanced|sqrt");
        settings.push(Setting { field, form, ..Setting::new(section, "", "", Takes::Switch, "", "") });
    }
    settings
}

/// The learning rate that each optimiser has by default, that of the default optimiser first.
fn learning_rates() -> &'static str {
    let default = OptimizerConfig::default().name();
    let mut members: Vec<_> = OPTIMIZERS.iter().collect();
    members.sort_by_key(|member| member.name != default);
    let rate = |name| OptimizerConfig::named(name).map(|optimizer| optimizer.default_learning_rate());
    by_member(members.iter().filter_map(|member| Some((member.flag_value(), rate(member.name).ok()?.to_string()))))
}

/// What members have to say, those that say the same together: `0.9 for sgd; 0.0 for rmsprop`; alone if all say the same.
fn by_member(said: impl Iterator<Item = (String, impl ToString)>) -> &'static str {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (member, text) in said {
        let text = text.to_string();
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, members)) => members.push(member),
            None => groups.push((text, vec![member])),
        }
    }
    if let [(text, _)] = groups.as_slice() {
        return leaked(text.clone());
    }
    let parts = groups.iter().filter(|(text, _)| !text.is_empty()).map(|(text, members)| match members.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{text} for {} and {last}", first.join(", ")),
        members => format!("{text} for {}", members.concat()),
    });
    leaked(parts.collect::<Vec<_>>().join("; "))
}

/// Rows are static; the texts of those that are made here stay for as long as the program runs.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// The keys that are no options of a member of a table.
#[rustfmt::skip]
const KEYS: &[Setting] = &[
    Setting::new(Data, "data", "data", Takes::Text("DATA"), "fashion-small, which is built in",
        "A folder of images with a subfolder for each class, a folder of IDX or CIFAR files, a CSV file, a text file, \
         or a data set listed by `lepton-gpu data list`").common().may_change(),
    Setting::new(Data, "labels", "labels", Takes::Text("FILE"), "",
        "Labels to train on in place of those of the data: a table that says the label of each file, such as the one that \
         `lepton-gpu errors` writes; without a label an image or text is left out"),
    Setting::new(Data, "labels_sha256", "", Takes::Text("HASH"), "",
        "SHA-256 of the table in `labels` when the run began; the run's copy takes the place of another table").in_files(),
    Setting::new(Data, "validation", "val-split", Takes::Text("FRACTION|test"),
        "0.2 of each class for image folders without validation and test images, otherwise none",
        "Validate each epoch on a held-out fraction of the training images, or on the test images").common(),
    Setting::new(Data, "split_seed", "split-seed", whole(0, MOST), "the value of --seed",
        "Seed of the validation split, so that runs with different seeds can share one"),
    Setting::new(Data, "limit", "limit", whole(1, MOST), "",
        "Train only on the first N training images; for texts, on N texts of all classes"),
    Setting::new(Data, "images.fit", "fit", Takes::OneOf(&["crop", "stretch", "pad"]), "crop",
        "How to fit images with another aspect ratio to the model's input"),
    Setting::new(Data, "images.layout", "layout", Takes::OneOf(&["classes", "splits"]), "",
        "What folders called train, val or test are, where that is unclear: classes, or splits with a folder for each class"),
    Setting::new(Data, "images.range", "range", Takes::Text("LOW..HIGH"), "all 65536 values; 0 to 1 of floating-point images",
        "Values of 16-bit and floating-point images that become black and white, such as 0..4095 for 12 bits"),
    Setting::new(Data, "images.skip_damaged", "skip-damaged", Takes::Switch, "",
        "Skip images that cannot be read"),
    Setting::new(Data, "images.coarse", "coarse", Takes::Switch, "",
        "Use the 20 coarse classes of CIFAR-100 instead of the 100 fine ones"),
    Setting::new(Data, "table.images", "images", Takes::Text("DIR"), "the folder of the table",
        "The folder that the names of images in a table start from").may_change(),
    Setting::new(Data, "table.image_column", "image-column", Takes::Text("NAME"),
        "image, path, filename, …, id, or the column that holds names of images",
        "The column of a table that names the images, by its name or its number from 1"),
    Setting::new(Data, "table.label_column", "label-column", Takes::Text("NAME"),
        "label, class, category, target, tags, …, or the one that is left",
        "The column of a table that holds the labels, by its name or its number from 1"),
    Setting::new(Data, "table.label_separator", "label-separator", Takes::Text("SIGN|space|none"), "| or what tags show",
        "What separates several labels of an image in a table; none if each image has one label"),
    Setting::new(Data, "table.text_column", "text-column", Takes::Text("NAME"),
        "text, sentence, message, review, …, or the column with the most words",
        "The column of a table that holds the texts, by its name or its number from 1"),
    Setting::new(Data, "normalize", "normalize", Takes::Text("none|dataset|imagenet|MEANS:STDS"), "none",
        "Scale pixels: none (0 to 1), dataset (mean 0, standard deviation 1), imagenet, or means and standard deviations \
         such as 0.5:0.25"),
    Setting::new(Model, "model", "model", Takes::Text("NAME|FILE|RUN"),
        "seed-mnist; photo-small for image folders, text-small for texts",
        "A model listed by `lepton-gpu models`, a model file, or the architecture of another run").common(),
    Setting::new(Model, "init", "init", Takes::Text("NAME|RUN|FILE"), "",
        "Start from trained weights: those of another run, of a .safetensors file, or the built-in ones of a model; without \
         --model, the model is theirs").common(),
    Setting::new(Model, "init_sha256", "", Takes::Text("HASH"), "",
        "SHA-256 of the weights in `init` when the run began; other weights are refused").in_files(),
    Setting::new(Model, "freeze", "freeze", Takes::Text("body|none|N|PATTERN"), "none",
        "Freeze all layers but the head (body: their features are computed once), the first N layers with \
         parameters, or the parameters whose name matches, such as 'conv1.*'").given(Given::Repeatedly),
    Setting::new(Model, "head.steps", "head-steps", whole(0, u32::MAX as u64), "300",
        "Train a new last layer on the features of the others for about N steps before everything is trained"),
    Setting::new(Model, "head.learning_rate", "head-lr", NOT_NEGATIVE, "0.003",
        "Highest learning rate of these steps"),
    Setting::new(Model, "head.weight_decay", "", NOT_NEGATIVE, "0.01", "AdamW's weight decay in these steps").in_files(),
    Setting::new(Model, "head.batch", "", whole(1, 65_536), "64", "Batch size of these steps").in_files(),
    Setting::new(Model, "head.versions", "head-versions", whole(1, 1024), "4",
        "Versions of each training image whose features are computed, if more than flips are drawn: itself and others"),
    Setting::new(Model, "head.from", "", Takes::Text("LAYER"), "after the last layer that takes weights",
        "First layer of the head").in_files(),
    Setting::new(Training, "epochs", "epochs", whole(0, u32::MAX as u64), "5",
        "Number of epochs (passes over the training data)").common().may_change(),
    Setting::new(Training, "batch", "batch", whole(1, 65_536), "64",
        "Batch size, or `auto` for the largest power of two that fits on the adapter").common().form("N|auto"),
    Setting::new(Training, "steps", "steps", whole(0, MOST), "",
        "Stop after N steps in total; 0 only saves the initial state").may_change(),
    Setting::new(Training, "patience", "patience", whole(1, u32::MAX as u64), "",
        "Stop after N epochs without a better one").common().may_change(),
    Setting::new(Training, "best_by", "best-by", Takes::OneOf(&["auto", "accuracy", "macro-f1", "auc", "r2", "loss"]), "auto",
        "What the best epoch is chosen by, on the validation images; auto: macro F1 for several labels and for unequal or \
         weighted classes, accuracy for other classes, loss for everything else; ties go to the lower loss"),
    Setting::new(Training, "seed", "seed", whole(0, MOST), "0",
        "Seed of the initial weights, the order of the images, augmentation, dropout and the validation split"),
    Setting::new(Training, "precision", "precision", Takes::OneOf(&["f32", "f16"]), "f32",
        "Precision of stored activations: f16 halves their memory and uses cooperative matrices if the adapter has them"),
    Setting::new(Optimizer, "optimizer.name", "optimizer", Takes::Text("NAME"), "adam", "Optimizer"),
    Setting::new(Optimizer, "update.decay_all", "decay-all", Takes::Switch, "",
        "Apply weight decay to biases and norm scales as well, not only to weights with two or more dimensions"),
    Setting::new(Optimizer, "update.accumulate", "accumulate", whole(1, 65_536), "1",
        "Accumulate the gradients of N batches into one step: a larger batch in the memory of a small one"),
    Setting::new(Optimizer, "update.clip_norm", "clip-norm", POSITIVE, "",
        "Scale all gradients down so that their norm is at most this, such as 1"),
    Setting::new(Optimizer, "update.clip_value", "clip-value", POSITIVE, "",
        "Clip each element of the gradients to the range from -F to F"),
    Setting::new(Optimizer, "update.ema", "ema", Takes::Between { above: 0.0, below: 1.0 }, "",
        "Keep an exponential moving average of the weights with this decay, such as 0.999, and evaluate with it; in step t the \
         decay is at most (1 + t) / (10 + t), so that the average follows quickly at first"),
    Setting::new(Optimizer, "update.ema_constant", "ema-constant", Takes::Switch, "",
        "Use the decay of --ema from the first step on; the average begins at the initial weights"),
    Setting::new(Optimizer, "update.lookahead", "lookahead", Takes::Text("K[:ALPHA[:RAMP]]"), "",
        "Lookahead: every K steps, move the slow weights a fraction ALPHA (0.5) toward the fast ones, then reset the fast \
         ones to them; evaluate with the slow weights. With RAMP the fraction falls from 1 to ALPHA along (t / T) ^ RAMP"),
    Setting::new(Optimizer, "update.parameters.frozen", "", Takes::Switch, "",
        "Freeze the parameters whose name matches").in_files(),
    Setting::new(Optimizer, "body_lr", "body-lr", NOT_NEGATIVE, "",
        "Multiply the learning rate of all layers but the head (the last one with parameters, or those that take no weights), such as 0.1"),
    Setting::new(Optimizer, "update.parameters.lr", "lr-factor", Takes::Text("PATTERN=F"), "",
        "Multiply the learning rate of the parameters whose name matches, such as 'dense.*=0.1'")
        .given(Given::Repeatedly),
    Setting::new(Optimizer, "update.parameters.weight_decay", "decay-factor", Takes::Text("PATTERN=F"), "",
        "Multiply the weight decay of the parameters whose name matches").given(Given::Repeatedly),
    Setting::new(Optimizer, "update.parameters.match", "", Takes::Text("PATTERN"), "",
        "Parameters that a rule in [[update.parameters]] applies to; the last matching rule wins").in_files(),
    Setting::new(Schedule, "learning_rate", "lr", NOT_NEGATIVE, "",
        "Learning rate; with a schedule, the highest one; or `auto` for the one that a range test suggests")
        .common().form("F|auto"),
    Setting::new(Schedule, "schedule", "schedule", Takes::Text("NAME[:OPTION=VALUE,…]"), "constant",
        "Learning rate schedule: constant, step, multistep, cosine, one-cycle, polynomial, exponential or plateau, with \
         options such as step:every=30,gamma=0.1"),
    Setting::new(Schedule, "warmup.epochs", "warmup", Takes::Number { min: 0.0, max: f32::MAX as f64 }, "",
        "Increase the learning rate linearly during the first epochs; 0.5 is half an epoch").form("EPOCHS"),
    Setting::new(Schedule, "warmup.start", "", Takes::Number { min: 0.0, max: 1.0 }, "0.01",
        "Factor of the learning rate at the first step of warm-up").in_files(),
    Setting::new(Loss, "loss.name", "loss", Takes::Text("NAME"),
        "cross-entropy for images with a class, bce or mse for images with values, mse for models that output an image of the \
         input's shape", "Loss"),
    Setting::new(Loss, "targets", "targets", Takes::OneOf(&["given", "standardized"]), "given",
        "Numbers to predict: as they are given, or scaled to mean 0 and standard deviation 1; answers and metrics are in the \
         data's units"),
    Setting::new(Loss, "normal", "normal", Takes::Text("CLASS"), "all classes",
        "Train on images of these classes only, by name or number, and give each test image an anomaly score; for models \
         that reconstruct their input").given(Given::List),
    Setting::new(Augmentation, "augment", "augment", Takes::Text("LIST"), "none",
        "Augment training images: light, standard, strong, or a list such as flip,crop=4,cutout=8,mixup=0.2 \
         (an unknown name lists them all)").common(),
    Setting::new(Texts, "text.max_length", "max-length", whole(1, 65_536), "the length of the longest training text",
        "Keep the first N words of each text"),
    Setting::new(Texts, "text.min_count", "min-count", whole(1, MOST), "1",
        "Treat words that occur fewer than N times in the training texts as unknown"),
    Setting::new(Texts, "text.max_words", "max-words", whole(1, 16_777_214), "all words",
        "Limit the vocabulary to the N most frequent words"),
    Setting::new(Texts, "text.coarse_labels", "coarse-labels", Takes::Switch, "",
        "Cut labels off at their first `:` (TREC: DESC instead of DESC:manner)"),
    Setting::new(Expert, "fuse", "no-fuse", Takes::Switch, "",
        "Do not fuse kernels: same results, slower"),
];

/// The setting with this key.
pub fn setting(key: &str) -> Option<&'static Setting> {
    FIELDS.iter().find(|setting| setting.field.key == key)
}

/// A table of all settings for a guide, in Markdown.
pub fn settings_markdown() -> String {
    let mut text = String::new();
    for section in Section::ALL {
        let rows: Vec<String> = FIELDS.iter().filter(|row| row.section == section).map(row_markdown).collect();
        if !rows.is_empty() {
            let head = "| key | flag | values | default | description |\n| --- | --- | --- | --- | --- |\n";
            text += &format!("### {}\n\n{head}{}\n", section.title(), rows.concat());
        }
    }
    text
}

fn row_markdown(setting: &Setting) -> String {
    let Field { key, flag, takes, default, doc } = setting.field;
    let cell = |text: String| text.replace('|', "\\|");
    let flag = flag.map_or(String::new(), |flag| format!("`--{flag}`"));
    let values = match takes {
        Takes::Text(form) => format!("`{form}`"),
        takes => takes.to_string(),
    };
    let values = setting.word().map_or(values.clone(), |word| format!("{values}, or `{word}`"));
    format!("| `{key}` | {flag} | {} | {} | {} |\n", cell(values), cell(default.into()), cell(doc.into()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::*;
    use super::*;
    use crate::losses::LossConfig;
    use crate::metrics::Criterion;

    /// Every path of a table, of the elements of lists, too.
    fn paths(value: &toml::Value, path: &str, found: &mut BTreeSet<String>) {
        let below = |key: &str| if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
        match value {
            toml::Value::Table(table) => table.iter().for_each(|(key, value)| paths(value, &below(key), found)),
            toml::Value::Array(list) if list.iter().any(toml::Value::is_table) => {
                list.iter().for_each(|value| paths(value, path, found));
            }
            _ => {
                found.insert(path.into());
            }
        }
    }

    /// The paths of configurations in which everything is set that can be.
    fn every_path() -> BTreeSet<String> {
        let rule = ParameterRule { pattern: "a".into(), lr: Some(1.0), weight_decay: Some(1.0), frozen: Some(true) };
        let text = "max_length = 1\nmin_count = 1\nmax_words = 1\ncoarse_labels = true";
        let full = RunConfig {
            data: Some("a".into()),
            labels: Some("a".into()),
            labels_sha256: Some("a".into()),
            labels_copy: None,
            init: Some("a".into()),
            init_sha256: Some("a".into()),
            freeze: Freeze::First(1),
            body_lr: Some(0.1),
            head: HeadConfig {
                steps: 1,
                learning_rate: 0.1,
                weight_decay: 0.1,
                batch: 1,
                versions: 2,
                from: Some("a".into()),
            },
            warmup: Some(Warmup { epochs: 1.0, start: 0.1 }),
            schedule: "cosine".parse().unwrap(),
            split_seed: Some(1),
            best_by: BestBy::Criterion(Criterion::Loss),
            limit: Some(1),
            steps: Some(1),
            patience: Some(1),
            targets: TargetsConfig { mean: vec![0.0], std: vec![1.0], ..TargetsConfig::standardized() },
            validation: Validation::Fraction(0.1),
            normal: vec!["a".into()],
            normalize: NormalizeConfig::parse("0.5:0.5").unwrap(),
            augment: parse_augment("strong", [32, 32]).unwrap(),
            images: toml::from_str("fit = \"pad\"\nlayout = \"splits\"\nrange = \"0..1\"").unwrap(),
            text: toml::from_str(text).unwrap(),
            table: TableOptions {
                image_column: Some("id".into()),
                text_column: Some("text".into()),
                label_column: Some("label".into()),
                label_separator: Some("space".into()),
                images: Some("images".into()),
            },
            update: UpdateConfig {
                accumulate: 2,
                clip_norm: Some(1.0),
                clip_value: Some(1.0),
                ema: Some(0.9),
                ema_constant: true,
                decay_all: true,
                lookahead: Some("5".parse().unwrap()),
                parameters: vec![rule],
            },
            ..RunConfig::default()
        };
        let mut found = BTreeSet::new();
        paths(&toml::Value::try_from(&full).unwrap(), "", &mut found);
        for optimizer in OPTIMIZERS {
            let optimizer = OptimizerConfig::named(optimizer.name).unwrap();
            paths(&toml::Value::try_from(&optimizer).unwrap(), "optimizer", &mut found);
        }
        for loss in LOSSES {
            // what is left out at its default
            let weights = loss.options.iter().find(|option| option.flag == Some("class-weights"));
            let loss = LossConfig::named(loss.name).unwrap();
            let loss = weights.map_or(loss.clone(), |row| loss.with(row.key, vec![1.0]).unwrap());
            let smooth = loss.with("label_smoothing", 0.1).unwrap_or(loss);
            paths(&toml::Value::try_from(&smooth).unwrap(), "loss", &mut found);
        }
        found
    }

    #[test]
    fn every_key_has_a_row_and_every_row_a_key() {
        let stands_for = |row: &Setting, path: &str| {
            let key = row.field.key;
            path == key || path.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'))
        };
        let paths = every_path();
        for path in &paths {
            let option = path.starts_with("loss.") && LOSSES.iter().any(|loss| loss.option(&path[5..]).is_some());
            assert!(option || FIELDS.iter().any(|row| stands_for(row, path)), "`{path}` has no row");
        }
        for row in FIELDS.iter().filter(|row| row.field.key != "loss.distribution") {
            assert!(paths.iter().any(|path| stands_for(row, path)), "there is no key `{}`", row.field.key);
        }
    }

    #[test]
    fn keys_and_flags_are_unique_and_explained() {
        for (i, row) in FIELDS.iter().enumerate() {
            let Field { key, flag, doc, .. } = row.field;
            assert!(FIELDS[..i].iter().all(|other| other.field.key != key), "{key}");
            assert!(flag.is_none() || FIELDS[..i].iter().all(|other| other.field.flag != flag), "{key}: {flag:?}");
            assert!(!doc.is_empty() && !doc.ends_with('.'), "{key}: {doc}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_configuration() {
        let table = toml::Table::try_from(RunConfig::default()).unwrap();
        for row in FIELDS.iter().filter(|row| matches!(row.field.takes, Takes::Whole { .. } | Takes::OneOf(_))) {
            if let Some(value) = table.get(row.field.key) {
                assert_eq!(value.to_string().trim_matches('"'), row.field.default, "{}", row.field.key);
            }
        }
        assert_eq!(setting("optimizer.momentum").unwrap().field.default, "0.9 for sgd; 0.0 for rmsprop; 0.95 for muon");
        assert!(setting("learning_rate").unwrap().field.default.starts_with("0.001 for adam, adamw and rmsprop; 0.01"));
    }
}
