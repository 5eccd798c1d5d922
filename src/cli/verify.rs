//! `lepton-gpu verify`

use comfy_table::{Table, presets};
use lepton_kernels::OPS;

use super::args::VerifyArgs;
use super::{CliError, Exit, open};
use crate::gpu::Gpu;
use crate::platform;
use crate::report::{Document, VerifyProgress, say};
use crate::verify::{Checklist, Row};

/// Devices that share the work, at the most: each holds memory of its own.
const DEVICES: usize = 4;

pub fn run(args: &VerifyArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    if let Some(wanted) = &args.op
        && !OPS.iter().any(|entry| entry.name == wanted)
    {
        return Err(CliError::unknown("op", wanted, OPS.iter().map(|entry| entry.name), &[]));
    }
    let gpu = open(adapter)?;
    if !args.json {
        say!("adapter  {}", gpu.summary().line());
    }
    let list = Checklist::new(&gpu, args.op.as_deref())?;
    let list = if args.quick { list.quick() } else { list };
    let mut progress = VerifyProgress::new(args.json);
    let rows = list.run(&devices(gpu.clone(), adapter), &mut |now| progress.show(&now));
    progress.finish();
    let rows = rows?;
    let passed = rows.iter().all(|row| row.verdict.passed());
    if args.json {
        let value = serde_json::json!({
            "adapter": gpu.summary(), "passed": passed, "cases": list.cases(), "cases_left_out": list.left_out(), "ops": rows,
        });
        say!("{:#}", Document::of(value).value());
    } else {
        print(&list, &rows, passed);
    }
    Ok(if passed { Exit::Done } else { Exit::GoalNotMet })
}

/// The adapter opened once for each processor, or as often as it can be.
fn devices(first: Gpu, adapter: Option<&str>) -> Vec<Gpu> {
    let more = (1..platform::processors().min(DEVICES)).map_while(|_| open(adapter).ok());
    std::iter::once(first).chain(more).collect()
}

fn print(list: &Checklist, rows: &[Row], passed: bool) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["op", "in", "cases", "forward", "backward", "tolerance", ""]);
    for Row { way, verdict } in rows {
        table.add_row([
            verdict.op.to_string(),
            (*way).to_string(),
            verdict.cases.to_string(),
            format!("{:.1e}", verdict.forward),
            verdict.backward.map_or("-".into(), |error| format!("{error:.1e}")),
            format!("{:.0e}", verdict.tolerance),
            if verdict.passed() { "ok" } else { "WRONG" }.into(),
        ]);
    }
    say!("{table}");
    for Row { way, verdict } in rows {
        for failure in &verdict.failures {
            say!("{} in {way}: {failure}", verdict.op);
        }
    }
    let wrong = rows.iter().filter(|row| !row.verdict.passed()).count();
    say!(
        "errors are the worst of any element, relative to the larger of its magnitude and the root mean square of its tensor"
    );
    if list.left_out() > 0 {
        let (run, all) = (list.cases(), list.cases() + list.left_out());
        say!("{run} of {all} cases: every op and every kernel at least once; leave out --quick for all of them");
    }
    if passed {
        say!("all {} checks agree with the f64 definitions on this adapter", rows.len());
    } else {
        say!("{wrong} of {} checks are wrong on this adapter: do not trust training on it", rows.len());
    }
}
