//! What pages share: the frame of a document, one look, and how templates are filled in. A page asks nobody for anything.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{Environment, Error, Output, State, UndefinedBehavior, Value, context, escape_formatter};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::draw::turns;

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
    environment.set_formatter(write);
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

/// Writes a value into a page: nothing in it is markup, unless that was made here, and nothing turns the text behind it.
fn write(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.as_str().filter(|text| text.contains(turns)) {
        None => escape_formatter(out, state, value),
        Some(text) => {
            let text = text.replace(turns, "\u{fffd}");
            let text = if value.is_safe() { Value::from_safe_string(text) } else { text.into() };
            escape_formatter(out, state, &text)
        }
    }
}
