//! Every key of a run's configuration, a row each. Flags of `train` and their help, what a resumed run may change, range
//! checks, and the reference in the guides are made from these rows.

use super::field::{Field, Takes};

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
    /// Once.
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

use Section::{Augmentation, Data, Expert, Loss, Model, Schedule, Texts, Training};

/// Every key of a configuration; a key of which files have a table, such as `schedule`, stands for all keys below it.
#[rustfmt::skip]
pub const FIELDS: &[Setting] = &[
    Setting::new(Data, "data", "data", Takes::Text("DATA"), "fashion-small, which is built in",
        "A folder of images with a subfolder for each class, a folder of IDX or CIFAR files, a CSV file, a text file, \
         or a data set listed by `lepton-gpu data list`").common(),
    Setting::new(Data, "validation", "val-split", Takes::Text("FRACTION|test"),
        "0.2 of each class for image folders without validation and test images, otherwise none",
        "Validate each epoch on a fraction of the training images, held out, or on the test images").common(),
    Setting::new(Data, "split_seed", "split-seed", whole(0, MOST), "the value of --seed",
        "Seed of the validation split, so that runs with different seeds can share one"),
    Setting::new(Data, "limit", "limit", whole(1, MOST), "",
        "Train on the first N training images only; for texts, on N texts of all classes"),
    Setting::new(Data, "images.fit", "fit", Takes::OneOf(&["crop", "stretch", "pad"]), "crop",
        "How images of another shape are made to fit the model's input"),
    Setting::new(Data, "images.skip_damaged", "skip-damaged", Takes::Switch, "",
        "Skip images that cannot be read"),
    Setting::new(Data, "images.coarse", "coarse", Takes::Switch, "",
        "Use the 20 coarse classes of CIFAR-100 instead of the 100 fine ones"),
    Setting::new(Data, "normalize", "normalize", Takes::Text("none|dataset|imagenet|MEANS:STDS"), "none",
        "Scale pixels: none (0 to 1), dataset (mean 0, standard deviation 1), imagenet, or means and standard deviations \
         such as 0.5:0.25"),
    Setting::new(Model, "model", "model", Takes::Text("NAME|FILE|RUN"),
        "seed-mnist; photo-small for image folders, text-small for texts",
        "A model listed by `lepton-gpu models`, a model file, or the architecture of another run").common(),
    Setting::new(Training, "epochs", "epochs", whole(0, u32::MAX as u64), "5",
        "Number of epochs (passes over the training data)").common().may_change(),
    Setting::new(Training, "batch", "batch", whole(1, 65_536), "64",
        "Batch size, or `auto` for the largest power of two that fits on the adapter").common().form("N|auto"),
    Setting::new(Training, "steps", "steps", whole(0, MOST), "",
        "Stop after N steps in total; 0 only writes the initial state").may_change(),
    Setting::new(Training, "seed", "seed", whole(0, MOST), "0",
        "Seed of the initial weights, the order of the images, augmentation, dropout and the validation split"),
    Setting::new(Training, "precision", "precision", Takes::OneOf(&["f32", "f16"]), "f32",
        "Precision of stored activations: f16 halves their memory and uses cooperative matrices if the adapter has them"),
    Setting::new(Schedule, "schedule", "schedule", Takes::Text("NAME[:OPTION=VALUE,…]"), "constant",
        "Learning rate schedule: constant, step, multistep, cosine, one-cycle, polynomial, exponential or plateau, with \
         options such as step:every=30,gamma=0.1"),
    Setting::new(Schedule, "warmup.epochs", "warmup", Takes::Number { min: 0.0, max: f32::MAX as f64 }, "",
        "Increase the learning rate linearly during the first epochs; 0.5 is half an epoch").form("EPOCHS"),
    Setting::new(Schedule, "warmup.start", "", Takes::Number { min: 0.0, max: 1.0 }, "0.01",
        "Factor of the learning rate at the first step of warm-up").in_files(),
    Setting::new(Loss, "normal", "normal", Takes::Text("CLASS"), "all classes",
        "Train on images of these classes only, by name or number, and give each test image an anomaly score; for models \
         that reconstruct their input").given(Given::List),
    Setting::new(Augmentation, "augment", "augment", Takes::Text("LIST"), "none",
        "Random changes to training images: light, standard, strong, or a list such as flip,crop=4,cutout=8,mixup=0.2 \
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
        "Run every op by itself: same results, slower"),
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
            let head = "| key | flag | values | default | |\n| --- | --- | --- | --- | --- |\n";
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
