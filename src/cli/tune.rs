//! `lepton-gpu tune`

use comfy_table::{CellAlignment, Table, presets};

use super::args::TuneArgs;
use super::{CliError, Exit, open};
use crate::gpu::{Found, TileTable, table_name};
use crate::model::ModelSpec;
use crate::platform::environment;
use crate::report::say;
use crate::tune::{Tuning, tune};

pub fn run(args: &TuneArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let model = ModelSpec::open(&args.model)?;
    let gpu = open(adapter)?;
    say!("adapter  {}", gpu.summary().line());
    let no_folder = || CliError::Usage("no configuration folder found for this user\n  try: --out FILE".into());
    let path = args
        .out
        .clone()
        .or_else(|| Some(environment::tiles()?.join(table_name(gpu.summary()))))
        .ok_or_else(no_folder)?;
    let made_by =
        std::iter::once("lepton-gpu".to_string()).chain(std::env::args().skip(1)).collect::<Vec<_>>().join(" ");
    // what is there is kept, but for the products of this model; another adapter's table is not touched
    let mut table =
        if path.exists() { TileTable::read(&path)? } else { TileTable::new(gpu.summary(), made_by.clone()) };
    if !table.suits(gpu.summary()) {
        return Err(CliError::Usage(format!(
            "{} is a table for {} ({} products)\n  try: another --out",
            path.display(),
            table.adapter,
            table.products
        )));
    }
    let (batch, precision) = (args.batch as usize, args.precision.into());
    say!("tune     {}, batch {batch}, {precision}", model.name);
    let mut progress = |done, all| say!("         {done} of {all} tile sets");
    let found = tune(&gpu, &Tuning { model: &model, batch, precision }, &mut progress)?;
    print(&found);
    (table.driver, table.made_by) = (gpu.summary().driver.clone(), made_by);
    table.add(found);
    table.write(&path)?;
    match args.out {
        None => say!("table    {} (used automatically from now on)", path.display()),
        Some(_) => say!("table    {} (used if LEPTON_TILES names it)", path.display()),
    }
    Ok(Exit::Done)
}

fn print(found: &[Found]) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["product", "rule", "time", "tile", "time", "faster"]);
    for column in [2, 4, 5] {
        table.column_mut(column).expect("the header has six columns").set_cell_alignment(CellAlignment::Right);
    }
    for f in found {
        let (rule, tile) = (format!("{:.1} us", f.rule_microseconds), format!("{:.1} us", f.microseconds));
        let same = f.tile == f.rule;
        let faster = if same { "-".into() } else { format!("{:.2}x", f.rule_microseconds / f.microseconds) };
        table.add_row([f.product.to_string(), f.rule.to_string(), rule, f.tile.to_string(), tile, faster]);
    }
    say!("{table}");
    let sum = |f: fn(&Found) -> f64| found.iter().map(f).sum::<f64>() / 1e3;
    say!(
        "all matrix products of a step: {:.3} ms by rule, {:.3} ms tuned",
        sum(|f| f.rule_microseconds),
        sum(|f| f.microseconds)
    );
}
