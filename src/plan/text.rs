//! A plan as text: for people, and for snapshots in tests.

use std::fmt;

use lepton_kernels::Access;
use lepton_kernels::op::Target;

use super::{Bound, Launch, Plan, mib};

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
        for name in self.lists.names() {
            let list = &self.lists[name];
            let heading = match name.phase() {
                Some(phase) if self.phases.len() > 1 => format!("{} ", self.phases[phase].name),
                _ => String::new(),
            };
            writeln!(f, "\n{heading}{name}: {} dispatches", list.len())?;
            writeln!(
                f,
                "  {:>3}  {:<14} {:<26} {:>12} {:>13}  {:>11}  reads -> writes",
                "#", "layer", "kernel", "threads", "multiply-adds", "bytes"
            )?;
            for (i, launch) in list.iter().enumerate() {
                self.write_launch(f, i, launch)?;
            }
        }
        writeln!(f, "\nmemory")?;
        for (buffer, bytes) in &self.buffers {
            writeln!(f, "  {:<12} {:>12}  {}", buffer.to_string(), bytes, mib(*bytes))?;
        }
        writeln!(f, "  {:<12} {:>12}  {}", "peak", self.bytes(), mib(self.bytes()))
    }
}

impl Plan {
    fn write_launch(&self, f: &mut fmt::Formatter<'_>, number: usize, launch: &Launch<Bound>) -> fmt::Result {
        let side = |written: bool| {
            let bound = launch.bindings.iter().filter(|binding| (binding.access != Access::Read) == written);
            let names = bound.map(|binding| {
                let Bound { tensor, buffer, .. } = binding.operand;
                let tensor = &self.tensors[tensor];
                if tensor.location.is_none() { format!("{}@{buffer}", tensor.name) } else { tensor.name.clone() }
            });
            names.collect::<Vec<_>>().join(" ")
        };
        let threads = u64::from(launch.groups[0]) * u64::from(launch.groups[1]) * u64::from(launch.kernel.workgroup);
        let bytes = launch.bytes();
        writeln!(
            f,
            "  {number:>3}  {:<14} {:<26} {threads:>12} {:>13}  {bytes:>11}  {} -> {}",
            launch.layer,
            launch.kernel.name,
            launch.multiply_adds,
            side(false),
            side(true)
        )
    }
}
