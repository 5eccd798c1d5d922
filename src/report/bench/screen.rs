//! One result on one screen of the terminal.

use super::format::{
    began, bound, ceiling_value, duration, figure, grouped, host, loss, maybe, rate, share, shorten, spread, verdict,
};
use super::table::{Column, left, paragraph, right, table};
use super::verdict::of_one;
use crate::bench::{BenchResult, KernelResult, Published, TrainingResult};
use crate::plan::mib;
use crate::report::seconds;

/// Prints a result: adapter, ceilings, kernels, training, score.
pub fn screen(result: &BenchResult) {
    say!("{}", text(result).trim_end());
}

fn text(result: &BenchResult) -> String {
    let run = &result.run;
    let mut out = paragraph("verdict", &of_one(result));
    out += &paragraph("adapter", &result.adapter.line());
    out += &paragraph("host", &host(&result.host));
    let what =
        format!("lepton-gpu {}, {} benchmark, {}, took {}", run.version, run.preset, began(run), seconds(run.seconds));
    out += &paragraph("run", &what);
    out += &format!("\n{}", ceilings(result));
    if !result.kernels.is_empty() {
        out += &format!("\n{}", kernels(&result.kernels));
    }
    if !result.training.is_empty() {
        out += &format!("\n{}", training(&result.training));
        out += &published(&result.training);
    }
    out.push('\n');
    let wrong = result.training.iter().filter(|t| verdict(&t.loss) == "WRONG").count();
    if wrong > 0 {
        let n = result.training.iter().filter(|t| t.loss.is_some()).count();
        let advice =
            format!("{wrong} of {n} losses, so the speeds mean nothing; run `lepton-gpu verify` to find the op");
        out += &paragraph("WRONG", &advice);
    }
    out += &match &result.score {
        Some(score) => paragraph("score", &format!("{} = {}", grouped(score.value), score.definition)),
        None => paragraph("score", "none: a loss was wrong, or a workload did not run"),
    };
    out + &result.left_out.iter().map(|line| paragraph("skipped", line)).collect::<String>()
}

/// Two columns side by side, read downwards.
fn ceilings(result: &BenchResult) -> String {
    const COLUMNS: [Column; 6] = [
        left("ceilings", 1, 24),
        right("", 1, 15),
        right("", 3, 10),
        left("", 1, 24),
        right("", 1, 15),
        right("", 0, 10),
    ];
    let cells = |i: usize| match result.ceilings.get(i) {
        Some(c) => [c.name.clone(), ceiling_value(c), spread(&c.value)],
        None => Default::default(),
    };
    let half = result.ceilings.len().div_ceil(2);
    table(&COLUMNS, 3, (0..half).map(|i| [cells(i), cells(half + i)].concat()).collect())
}

fn kernels(kernels: &[KernelResult]) -> String {
    const COLUMNS: [Column; 8] = [
        left("kernel", 1, KERNEL),
        left("type", 2, 4),
        left("from", 2, 40),
        left("shape", 1, 24),
        right("time", 1, 8),
        right("reached", 2, 10),
        right("share", 1, 7),
        left("of", 0, 6),
    ];
    let rows = kernels.iter().map(|k| {
        vec![
            kernel(k),
            k.precision.clone(),
            source(k),
            shape(k),
            duration(k.seconds.median),
            rate(k).replace("FLOP/s", "F/s"),
            share(k.share),
            bound(&k.bound).into(),
        ]
    });
    table(&COLUMNS, 2, rows.collect())
}

/// Room for op and direction.
pub(super) const KERNEL: usize = 19;

/// Op and direction; where that is too long, the op is cut.
pub(super) fn kernel(kernel: &KernelResult) -> String {
    let room = KERNEL.saturating_sub(kernel.direction.chars().count() + 1);
    format!("{} {}", shorten(&kernel.op, room), kernel.direction)
}

/// Where the shape is from, without the batch, which the shape has.
pub(super) fn source(kernel: &KernelResult) -> String {
    kernel.source.split(", batch ").next().unwrap_or_default().into()
}

pub(super) fn shape(kernel: &KernelResult) -> String {
    kernel.shape.replace(" * ", "*")
}

/// What others have published for the same networks; nothing where nothing is known.
fn published(training: &[TrainingResult]) -> String {
    let line = |figure: &Published| {
        let Published { model, device, program, precision, images_per_second, source, differs, .. } = figure;
        let differs = if differs.is_empty() { String::new() } else { format!(", {differs}") };
        let rate = grouped(*images_per_second);
        paragraph(
            "published",
            &format!("{model} {precision}: {rate} images/s, {device}, {program}{differs} ({source})"),
        )
    };
    training.iter().flat_map(Published::beside).map(line).collect()
}

fn training(training: &[TrainingResult]) -> String {
    const COLUMNS: [Column; 11] = [
        left("training", 2, 24),
        right("batch", 2, 6),
        left("type", 2, 4),
        right("images/s", 2, 11),
        right("ms/step", 2, 8),
        right("first cold", 2, 10),
        right("warm", 2, 8),
        right("memory", 2, 10),
        right("loss", 1, 9),
        left("reference", 1, 9),
        left("", 0, 5),
    ];
    let rows = training.iter().map(|t| {
        vec![
            t.model.clone(),
            t.batch.to_string(),
            t.precision.clone(),
            grouped(t.images_per_second),
            figure(1e3 * t.step_seconds.median),
            maybe(t.first_step_cold_seconds),
            maybe(t.first_step_warm_seconds),
            mib(t.device_bytes),
            t.loss.map_or("-".into(), |l| loss(l.found)),
            t.loss.map_or("-".into(), |l| loss(l.reference)),
            verdict(&t.loss).into(),
        ]
    });
    table(&COLUMNS, 0, rows.collect())
}
