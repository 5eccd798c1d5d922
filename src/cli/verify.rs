//! `lepton-gpu verify`

use comfy_table::{Table, presets};
use lepton_kernels::OPS;

use super::args::VerifyArgs;
use super::{CliError, Exit};
use crate::gpu::Gpu;
use crate::report::say;
use crate::verify::{Verdict, verify_op};

pub fn run(args: &VerifyArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let chosen: Vec<_> = OPS.iter().filter(|e| args.op.as_ref().is_none_or(|name| name == e.name)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = OPS.iter().map(|e| e.name).collect();
        let message =
            format!("there is no op `{}`\n  there are: {}", args.op.as_deref().unwrap_or(""), names.join(", "));
        return Err(CliError::Usage(message));
    }
    let gpu = Gpu::open(adapter)?;
    if !args.json {
        say!("adapter  {}", gpu.summary().line());
    }
    let mut verdicts = Vec::new();
    for entry in chosen {
        verdicts.push(verify_op(&gpu, entry, &|dispatch| dispatch)?);
    }
    let passed = verdicts.iter().all(Verdict::passed);
    if args.json {
        let value = serde_json::json!({ "adapter": gpu.summary(), "passed": passed, "ops": verdicts });
        say!("{value:#}");
    } else {
        print(&verdicts, passed);
    }
    Ok(if passed { Exit::Done } else { Exit::GoalNotMet })
}

fn print(verdicts: &[Verdict], passed: bool) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["op", "cases", "forward", "backward", "tolerance", ""]);
    for verdict in verdicts {
        table.add_row([
            verdict.op.to_string(),
            verdict.cases.to_string(),
            format!("{:.1e}", verdict.forward),
            verdict.backward.map_or("-".into(), |error| format!("{error:.1e}")),
            format!("{:.0e}", verdict.tolerance),
            if verdict.passed() { "ok" } else { "WRONG" }.into(),
        ]);
    }
    say!("{table}");
    for verdict in verdicts {
        for failure in &verdict.failures {
            say!("{}: {failure}", verdict.op);
        }
    }
    let wrong = verdicts.iter().filter(|v| !v.passed()).count();
    say!("worst error of an element, relative to the larger of its size and the root mean square of its tensor");
    match passed {
        true => say!("all {} ops agree with their f64 definitions on this adapter", verdicts.len()),
        false => say!("{wrong} of {} ops are wrong on this adapter: do not trust training on it", verdicts.len()),
    }
}
