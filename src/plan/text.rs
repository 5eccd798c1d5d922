//! A plan as text: for people, and for snapshots in tests.

use std::fmt;

use lepton_kernels::op::Target;
use lepton_kernels::{Access, Kernel};

use super::{Bound, Launch, List, Lists, Plan, mib};

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
            writeln!(f, "\n{}: {} dispatches", self.title(name), list.len())?;
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
    /// What a list is called, with its phase where there are several.
    fn title(&self, list: List) -> String {
        match list.phase() {
            Some(phase) if self.phases.len() > 1 => format!("{} {list}", self.phases[phase].name),
            _ => list.to_string(),
        }
    }

    /// The kernels of its launches, a line each, with the launches that use it. `numbers` are the launches' kernels, in the
    /// order of first use.
    pub fn kernels_text(&self, numbers: &Lists<usize>) -> String {
        let mut kernels: Vec<(&Kernel, Vec<String>)> = Vec::new();
        for name in self.lists.names() {
            for (i, (launch, &number)) in self.lists[name].iter().zip(&numbers[name]).enumerate() {
                if number == kernels.len() {
                    kernels.push((&launch.kernel, Vec::new()));
                }
                kernels[number].1.push(format!("{} {i}", self.title(name)));
            }
        }
        let mut text = format!("  {:>3}  {:<26} {:>9}  launches\n", "#", "kernel", "workgroup");
        for (number, (kernel, launches)) in kernels.iter().enumerate() {
            let (name, threads) = (&kernel.name, kernel.workgroup);
            text += &format!("  {number:>3}  {name:<26} {threads:>9}  {}\n", launches.join(", "));
        }
        text
    }

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
