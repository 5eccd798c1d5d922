//! Kernels whose text is expanded from templates, because what a thread keeps in registers must be unrolled.

use minijinja::{Environment, UndefinedBehavior, Value};

/// Templates by name, which may include one another. A size that a template names and nobody gives is an error.
pub(crate) fn environment(templates: &[(&'static str, &'static str)]) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for &(name, text) in templates {
        environment.add_template(name, text).expect("the templates are part of the program");
    }
    environment
}

/// The text of a template with these sizes.
///
/// # Panics
/// If a size is missing.
pub(crate) fn render(environment: &Environment, name: &str, sizes: Value) -> String {
    let rendered = environment.get_template(name).and_then(|template| template.render(sizes));
    rendered.unwrap_or_else(|error| panic!("template {name}: {error:#}"))
}
