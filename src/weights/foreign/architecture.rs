//! What a network's parameters are called by another program: a row of a table.

use lepton_kernels::Shape;

use super::layout::{Form, Layout};
use super::pattern::{captures, fill};
use crate::model::{ModelError, ModelSpec};
use crate::plan::{Graph, Setting, default_loss};

/// Networks that another program builds under names that follow one pattern.
#[derive(Debug)]
pub struct Architecture {
    /// Who calls them so, such as `torchvision`.
    pub source: &'static str,
    /// Our presets, each with what the other program calls it.
    pub models: &'static [(&'static str, &'static [&'static str])],
    /// Blocks in each stage, where blocks are counted through here and by stages there.
    pub(super) stages: &'static [usize],
    /// Names; the first rule that fits a parameter holds.
    pub(super) rules: &'static [&'static [Rule]],
    /// How its published weights want pixels scaled, as `--normalize` says it.
    pub normalize: &'static str,
    /// How Python builds it, with `{name}` and `{classes}`; empty where no package does.
    pub python: &'static str,
}

/// One name.
#[derive(Debug)]
pub(super) struct Rule {
    /// Pattern of our layers' names; of whole names of parameters, if it has a dot.
    pub ours: &'static str,
    /// Its name there. What follows the layer's name here, such as `.weight`, is put after it.
    pub theirs: &'static str,
    /// What its weight is there.
    pub form: Form,
}

/// A name of a layer whose weight is what PyTorch usually has.
pub(super) const fn name(ours: &'static str, theirs: &'static str) -> Rule {
    formed(ours, theirs, Form::Usual)
}

/// A name of a layer whose weight has another form.
pub(super) const fn formed(ours: &'static str, theirs: &'static str, form: Form) -> Rule {
    Rule { ours, theirs, form }
}

/// A parameter of a model, here and elsewhere.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Our name, such as `stem_conv.weight`.
    pub ours: String,
    /// Our shape.
    pub shape: Shape,
    /// Its name there.
    pub theirs: String,
    /// Its shape and order there.
    pub layout: Layout,
    /// Whether it is of the layer that gives one output a class.
    pub is_head: bool,
}

impl Architecture {
    /// The parameters of a model under this program's names.
    ///
    /// # Errors
    /// If the model does not fit together.
    pub fn parameters(&self, model: &ModelSpec) -> Result<Vec<Parameter>, ModelError> {
        parameters(model, |name| self.translate(name))
    }

    fn translate(&self, ours: &str) -> Option<(String, Form)> {
        let (layer, parameter) = ours.rsplit_once('.').expect("a parameter is named after its layer");
        self.rules.iter().copied().flatten().find_map(|rule| {
            let whole = rule.ours.contains('.');
            let numbers = captures(rule.ours, if whole { ours } else { layer })?;
            let mut theirs = fill(rule.theirs, &numbers, self.stages);
            if !whole {
                theirs = format!("{theirs}.{parameter}");
            }
            Some((theirs, rule.form))
        })
    }

    /// What it calls this preset, first the name that builds it.
    pub fn names(&self, preset: &str) -> Option<&'static [&'static str]> {
        self.models.iter().find(|(ours, _)| *ours == preset).map(|(_, theirs)| *theirs)
    }
}

/// The parameters of a model in PyTorch's layouts under our own names.
///
/// # Errors
/// If the model does not fit together.
pub fn own_names(model: &ModelSpec) -> Result<Vec<Parameter>, ModelError> {
    parameters(model, |_| None)
}

/// The parameters of a model with their names elsewhere, and their own where `translate` knows none.
///
/// # Errors
/// If the model does not fit together.
fn parameters(
    model: &ModelSpec,
    translate: impl Fn(&str) -> Option<(String, Form)>,
) -> Result<Vec<Parameter>, ModelError> {
    let graph = Graph::build(model, &Setting::new(1, 1, default_loss(model)))?;
    let generator = model.generator.iter().flat_map(|generator| &generator.layers);
    let mut found = Vec::new();
    for (layer, nodes) in generator.chain(&model.layers).zip(&graph.layers) {
        for parameter in graph.parameters.range(nodes.parameters.clone()) {
            let (ours, shape) = (&graph.tensors[parameter.tensor].name, &graph.tensors[parameter.tensor].shape);
            let (theirs, form) = translate(ours).unwrap_or_else(|| (ours.clone(), Form::Usual));
            found.push(Parameter {
                ours: ours.clone(),
                shape: shape.clone(),
                theirs,
                layout: Layout::new(layer.layer.kind().name, shape, form),
                is_head: layer.layer.gives_classes(),
            });
        }
    }
    Ok(found)
}
