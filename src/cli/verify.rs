//! `lepton-gpu verify`

use comfy_table::{Table, presets};
use lepton_kernels::OPS;
use lepton_kernels::op::{Precision, Target};
use serde::Serialize;

use super::args::VerifyArgs;
use super::{CliError, Exit, open};
use crate::gpu::Gpu;
use crate::report::say;
use crate::verify::{Verdict, verify_op};

pub fn run(args: &VerifyArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let chosen: Vec<_> = OPS.iter().filter(|e| args.op.as_ref().is_none_or(|name| name == e.name)).collect();
    if chosen.is_empty() {
        let wanted = args.op.as_deref().unwrap_or_default();
        return Err(CliError::unknown("op", wanted, OPS.iter().map(|entry| entry.name), &[]));
    }
    let gpu = open(adapter)?;
    if !args.json {
        say!("adapter  {}", gpu.summary().line());
    }
    let mut rows = Vec::new();
    for (way, target) in ways(&gpu) {
        let gpu = gpu.with_target(target)?;
        for entry in &chosen {
            rows.push(Row { way, verdict: verify_op(&gpu, entry.name)? });
        }
    }
    let passed = rows.iter().all(|row| row.verdict.passed());
    if args.json {
        let value = serde_json::json!({ "adapter": gpu.summary(), "passed": passed, "ops": rows });
        say!("{value:#}");
    } else {
        print(&rows, passed);
    }
    Ok(if passed { Exit::Done } else { Exit::GoalNotMet })
}

/// An op's verdict in one way of computing it.
#[derive(Serialize)]
struct Row {
    way: &'static str,
    #[serde(flatten)]
    verdict: Verdict,
}

/// Every way in which this adapter can compute: f32, f16 where it has it, and f16 on cooperative matrices where it has them.
fn ways(gpu: &Gpu) -> Vec<(&'static str, Target)> {
    let mut ways = vec![("f32", gpu.target())];
    if let Ok(target) = gpu.target_in(Precision::F16) {
        ways.push(("f16", Target { matrix: None, ..target.clone() }));
        if let Ok(matrix) = gpu.matrix() {
            ways.push(("f16 matrix", Target { matrix: Some(matrix), ..target }));
        }
    }
    ways
}

fn print(rows: &[Row], passed: bool) {
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
    if passed {
        say!("all {} checks agree with the f64 definitions on this adapter", rows.len());
    } else {
        say!("{wrong} of {} checks are wrong on this adapter: do not trust training on it", rows.len());
    }
}
