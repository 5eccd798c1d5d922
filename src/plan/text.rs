//! A plan as text: for people, and for snapshots in tests.

use std::fmt;

use lepton_kernels::Access;
use lepton_kernels::op::Target;

use super::{Buffer, Plan, PlanStep, Resident, mib};

impl fmt::Display for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Buffer::Slot(i) => write!(f, "slot{i}"),
            Buffer::Parameters => write!(f, "parameters"),
            Buffer::Shadow => write!(f, "parameters.f16"),
            Buffer::Gradients => write!(f, "gradients"),
            Buffer::Sums => write!(f, "gradients.sum"),
            Buffer::Averages => write!(f, "ema"),
            Buffer::AverageShadow => write!(f, "ema.f16"),
            Buffer::State(i) => write!(f, "state{i}"),
            Buffer::Resident(Resident::Images(0)) => write!(f, "images"),
            Buffer::Resident(Resident::Images(part)) => write!(f, "images.{part}"),
            Buffer::Resident(resident) => write!(f, "{}", format!("{resident:?}").to_lowercase()),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: usize = self.parameters.iter().map(|p| p.shape.count()).sum();
        let Target { family, precision, .. } = &self.target;
        writeln!(
            f,
            "plan {}   batch {}   {values} parameters   {precision}   products {family}",
            self.model, self.batch
        )?;
        let fused = if self.fused.is_empty() { "nothing".into() } else { self.fused.join("; ") };
        writeln!(f, "fused: {fused}")?;
        let lists = [
            ("train", &self.train),
            ("accumulate", &self.accumulate),
            ("evaluate", &self.evaluate),
            ("predict", &self.predict),
            ("prepare", &self.prepare),
        ];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            writeln!(f, "\n{name}: {} dispatches", list.len())?;
            writeln!(
                f,
                "  {:>3}  {:<14} {:<26} {:>12} {:>13}  {:>11}  reads -> writes",
                "#", "layer", "kernel", "threads", "multiply-adds", "bytes"
            )?;
            for (i, step) in list.iter().enumerate() {
                write_step(f, i, step)?;
            }
        }
        writeln!(f, "\nmemory")?;
        for (buffer, bytes) in &self.buffers {
            writeln!(f, "  {:<12} {:>12}  {}", buffer.to_string(), bytes, mib(*bytes))?;
        }
        writeln!(f, "  {:<12} {:>12}  {}", "peak", self.bytes(), mib(self.bytes()))
    }
}

fn write_step(f: &mut fmt::Formatter<'_>, number: usize, step: &PlanStep) -> fmt::Result {
    let side = |written: bool| {
        let bound = step.bindings.iter().zip(&step.tensors);
        let names = bound.filter(|(b, _)| (b.access != Access::Read) == written).map(|(b, name)| match b.buffer {
            Buffer::Slot(_) => format!("{name}@{}", b.buffer),
            _ => name.clone(),
        });
        names.collect::<Vec<_>>().join(" ")
    };
    let threads = u64::from(step.groups[0]) * u64::from(step.groups[1]) * u64::from(step.kernel.workgroup);
    let bytes = step.bytes();
    writeln!(
        f,
        "  {number:>3}  {:<14} {:<26} {threads:>12} {:>13}  {bytes:>11}  {} -> {}",
        step.layer,
        step.kernel.name,
        step.multiply_adds,
        side(false),
        side(true)
    )
}
