//! The pipelines of a plan without its memory.

use std::collections::HashMap;

use super::device::Gpu;
use super::error::GpuError;
use super::pipeline::Key;
use super::unchecked::Checks;
use crate::plan::{Lists, Plan};

impl Gpu {
    /// Builds the pipelines that training with the plan uses; nothing is allocated, run or read. The result is each launch's
    /// pipeline, by number in the order of first use: the order in which they are built where there is one thread.
    ///
    /// # Errors
    /// [`GpuError::Target`] if the plan was compiled for another kind of adapter, [`GpuError::Driver`] for a kernel that
    /// does not compile.
    pub fn compile(&self, plan: &Plan) -> Result<Lists<usize>, GpuError> {
        self.check_target(&plan.target)?;
        let checks = self.checks(if plan.foreign_ops { Checks::On } else { Checks::Off });
        let launches = plan.lists.all().iter();
        let keys: Vec<Key> =
            launches.map(|l| Key::new(&l.kernel, l.bindings.iter().map(|binding| binding.access), checks)).collect();
        self.block(async {
            self.pipelines.get(&self.device, &keys).await?;
            self.faults.take()
        })?;
        self.pipelines.store();
        let mut numbers = HashMap::new();
        let number = |key| {
            let next = numbers.len();
            *numbers.entry(key).or_insert(next)
        };
        Ok(plan.lists.with(keys.iter().map(number).collect()))
    }
}
