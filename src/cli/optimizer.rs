//! What the flags about members of tables mean, and those about updates.

use super::CliError;
use super::args::Typed;
use crate::config::{Chosen, FIELDS, Freeze, ParameterRule, Setting, Table, Takes};

/// A member of a table: the one that was typed with its defaults, or `base`, and the options that were typed on top of it.
pub fn chosen<T: Table + ?Sized>(base: Chosen<T>, typed: &Typed) -> Result<Chosen<T>, CliError> {
    let mut chosen = match typed.text(&format!("{}.name", T::KEY)) {
        Some(name) => Chosen::named(name)?,
        None => base,
    };
    for setting in options(T::KEY) {
        let Some(value) = typed.value(setting)? else { continue };
        chosen = with(&chosen, setting, value, typed)?;
    }
    chosen.check()?;
    Ok(chosen)
}

/// A member with an option that was typed; the option may have another key in this member than in its row.
pub fn with<T: Table + ?Sized>(
    chosen: &Chosen<T>,
    setting: &Setting,
    value: toml::Value,
    typed: &Typed,
) -> Result<Chosen<T>, CliError> {
    let (key, flag) = (setting.field.key, setting.field.flag.unwrap_or_default());
    let set = chosen.option_of_flag(flag).and_then(|option| chosen.with(option.key, value));
    set.map_err(|error| {
        let typed = match typed.text(key) {
            Some(text) if setting.field.takes != Takes::Switch => format!("--{flag} {text}").trim_end().into(),
            _ => format!("--{flag}"),
        };
        CliError::Flag { typed, error }
    })
}

/// Rows of the options of a table's members that have a flag.
pub fn options(table: &'static str) -> impl Iterator<Item = &'static Setting> {
    let is_option = move |key: &str| key.split_once('.').is_some_and(|(group, key)| group == table && key != "name");
    FIELDS.iter().filter(move |setting| setting.field.flag.is_some() && is_option(setting.field.key))
}

/// The rules for parameters that were typed; the last one that matches wins.
pub fn rules(typed: &Typed) -> Result<Vec<ParameterRule>, CliError> {
    let rule = |pattern: &str| ParameterRule { pattern: pattern.into(), ..ParameterRule::default() };
    let mut rules = Vec::new();
    for text in typed.all("update.parameters.lr") {
        let (pattern, factor) = factor("--lr-factor", text)?;
        rules.push(ParameterRule { lr: Some(factor), ..rule(pattern) });
    }
    for text in typed.all("update.parameters.weight_decay") {
        let (pattern, factor) = factor("--decay-factor", text)?;
        rules.push(ParameterRule { weight_decay: Some(factor), ..rule(pattern) });
    }
    let frozen = |pattern: &String| ParameterRule { frozen: Some(true), ..rule(pattern) };
    let patterns = typed.all("freeze").iter().filter(|text| text.parse::<Freeze>().is_err());
    rules.extend(patterns.map(frozen));
    Ok(rules)
}

/// `PATTERN=F`
fn factor<'a>(flag: &str, text: &'a str) -> Result<(&'a str, f32), CliError> {
    let parsed = text.rsplit_once('=').and_then(|(pattern, factor)| Some((pattern, factor.parse().ok()?)));
    parsed.ok_or_else(|| {
        CliError::Usage(format!(
            "invalid {flag} {text}: expected a pattern, =, and a number\n  try: {flag} 'conv1.*=0.1'"
        ))
    })
}
