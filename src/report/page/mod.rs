//! What pages share: the frame of a document, one look, and how templates are filled in. A page asks nobody for anything.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Fills in the first of some templates, which extends `base.html.j2`, with what it may use and a style sheet of its own.
///
/// # Panics
/// If a template uses what it is not given.
pub fn render(templates: &[(&'static str, &'static str)], css: &str, page: impl Serialize) -> String {
    render_with_script(templates, css, "", page)
}

/// [`render`] with a script, which is the only one that the page lets run.
///
/// # Panics
/// As [`render`].
pub fn render_with_script(
    templates: &[(&'static str, &'static str)],
    css: &str,
    script: &str,
    page: impl Serialize,
) -> String {
    filled(templates, css, (script, ""), page)
}

/// [`render_with_script`] of a page that a server of its own keeps up to date; the script may ask that, and nobody else.
///
/// # Panics
/// As [`render`].
pub fn render_live(
    templates: &[(&'static str, &'static str)],
    css: &str,
    script: &str,
    page: impl Serialize,
) -> String {
    filled(templates, css, (script, "; connect-src 'self'"), page)
}

/// Fills in templates; what the script may ask for beside the page is said as a content security policy says it.
fn filled(
    templates: &[(&'static str, &'static str)],
    css: &str,
    (script, asks): (&str, &str),
    page: impl Serialize,
) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let shared = [("base.html.j2", include_str!("base.html.j2"))];
    for (name, text) in shared.iter().chain(templates) {
        environment.add_template(name, text).expect("the templates are part of the program");
    }
    let hash = STANDARD.encode(Sha256::digest(script));
    let script_source = if script.is_empty() { String::new() } else { format!("; script-src 'sha256-{hash}'{asks}") };
    let css = [include_str!("base.css"), css].concat();
    let frame = context! { css, script, script_source => Value::from_safe_string(script_source) };
    let template = environment.get_template(templates[0].0).expect("it was just added");
    let page = Value::from(Serde(page));
    template.render(context! { ..frame, ..page }).expect("the template uses what it is given")
}
