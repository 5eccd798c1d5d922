//! `lepton-gpu devices`

use super::args::DevicesArgs;
use super::{CliError, Exit};
use crate::gpu::{self, AdapterSummary, GpuOptions};
use crate::plan::mib;
use crate::report::say;

pub fn run(args: &DevicesArgs, wanted: Option<&str>) -> Result<Exit, CliError> {
    let adapters = gpu::list(&GpuOptions::from_env());
    let summaries = adapters.summaries();
    let used = gpu::choose(&adapters, wanted)?;
    let reason = match (wanted, summaries.len()) {
        (Some(_), _) => "it was requested",
        (None, 1) => "it is the only one",
        (None, _) if summaries[used].kind == "software" => "there is no GPU, and it is the first software adapter",
        (None, _) => "GPUs are preferred to software, and discrete GPUs to integrated ones",
    };
    if args.json {
        let value = serde_json::json!({ "adapters": summaries, "used": used, "reason": reason });
        say!("{value:#}");
        return Ok(Exit::Done);
    }
    for summary in &summaries {
        print(summary, summary.index == used);
    }
    say!("adapter {used} would be used: {reason}");
    Ok(Exit::Done)
}

fn print(summary: &AdapterSummary, used: bool) {
    let yes = |flag: bool| if flag { "yes" } else { "no" };
    say!("{} {}  {}", if used { "*" } else { " " }, summary.index, summary.line());
    let subgroup = match summary.subgroup {
        Some([least, most]) if least == most => format!("{least} lanes"),
        Some([least, most]) => format!("{least} to {most} lanes"),
        None => "none".into(),
    };
    say!(
        "     subgroups {subgroup}; f16 {}; cooperative matrices {}; timestamps {}",
        yes(summary.f16),
        yes(summary.cooperative_matrix),
        yes(summary.timestamps)
    );
    say!(
        "     storage binding {}; buffer {}; workgroup memory {}; products {}",
        mib(summary.binding_bytes),
        mib(summary.buffer_bytes),
        mib(summary.workgroup_bytes.into()),
        summary.products
    );
    if let Some(limit) = summary.loop_limit {
        say!("     this driver silently stops a thread after {limit} loop iterations; plans stay below that");
    }
}
