//! `lepton-gpu devices`

use lepton_kernels::gemm::Matrix;
use serde::Serialize;

use super::args::DevicesArgs;
use super::{CliError, Exit};
use crate::gpu::{self, AdapterSummary, GpuOptions, NoMatrix};
use crate::plan::mib;
use crate::report::{Document, aside, say};

pub fn run(args: &DevicesArgs, wanted: Option<&str>) -> Result<Exit, CliError> {
    let options = GpuOptions::from_env();
    let adapters = gpu::list(&options);
    let summaries = adapters.summaries();
    let gpu::Choice { index: used, notes } = gpu::choose(&adapters, wanted)?;
    notes.iter().for_each(|note| aside!("note: {note}"));
    let reason = match (wanted, summaries.len()) {
        (Some(_), _) => "it was requested",
        (None, 1) => "it is the only one",
        (None, _) if summaries[used].is_software() => "there is no GPU, and it is the first software adapter",
        (None, _) => "GPUs are preferred to software, and discrete GPUs to integrated ones",
    };
    let matrices: Vec<_> = (0..summaries.len()).map(|index| adapters.matrix(index, &options)).collect();
    if args.json {
        let both = summaries.iter().zip(&matrices);
        let adapters: Vec<_> = both.map(|(summary, matrix)| Listed { summary, coop: Coop::new(matrix) }).collect();
        let value = serde_json::json!({ "adapters": adapters, "used": used, "reason": reason });
        say!("{:#}", Document::of(value).value());
        return Ok(Exit::Done);
    }
    for (summary, matrix) in summaries.iter().zip(&matrices) {
        print(summary, matrix, summary.index == used);
    }
    say!("adapter {used} would be used: {reason}");
    Ok(Exit::Done)
}

/// An adapter as JSON.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    summary: &'a AdapterSummary,
    coop: Coop,
}

/// Whether products in f16 use cooperative matrices: which, or why none.
#[derive(Serialize)]
struct Coop {
    used: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subgroup: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Coop {
    fn new(found: &Result<Matrix, NoMatrix>) -> Self {
        let matrix = found.as_ref().ok();
        Coop {
            used: matrix.is_some(),
            side: matrix.map(|matrix| matrix.side),
            subgroup: matrix.map(|matrix| matrix.subgroup),
            reason: found.as_ref().err().map(NoMatrix::to_string),
        }
    }
}

fn print(summary: &AdapterSummary, matrix: &Result<Matrix, NoMatrix>, used: bool) {
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
    match matrix {
        Ok(Matrix { side, subgroup, .. }) => {
            say!(
                "     products in f16 use matrices of {side}x{side} in subgroups of {subgroup}, which a trial found to be right"
            );
        }
        Err(reason) => say!("     products use no cooperative matrices: {reason}"),
    }
    if let Some(limit) = summary.loop_limit {
        say!("     this driver silently stops a thread after {limit} loop iterations; plans stay below that");
    }
}
