//! Which adapters there are, and which one is used.

use lepton_kernels::gemm::{Family, Lanes};
use lepton_kernels::op::Target;
use lepton_kernels::target::{Compiler, Splitting};
use serde::{Deserialize, Serialize};

use super::error::GpuError;
use super::options::GpuOptions;
use crate::plan::Limits;
use crate::platform;

/// Adapters that this machine offers.
pub struct Adapters {
    pub(super) adapters: Vec<wgpu::Adapter>,
    /// Whether they are GL's because no other API that was allowed offers one.
    fell_back: bool,
}

/// What matters about an adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdapterSummary {
    /// Its number for `--adapter`.
    pub index: usize,
    /// Name of the adapter, as its driver gives it.
    pub name: String,
    /// `discrete GPU`, `integrated GPU`, `virtual GPU`, `software` or `other`.
    pub kind: String,
    /// `vulkan`, `metal`, `dx12` or `gl`.
    pub backend: String,
    /// Driver with version.
    pub driver: String,
    /// Smallest and largest subgroup; equal where kernels may rest on it.
    pub subgroup: Option<[u32; 2]>,
    /// Whether shaders can compute in f16.
    pub f16: bool,
    /// Whether it offers cooperative matrices.
    pub cooperative_matrix: bool,
    /// Whether it can time a pass.
    pub timestamps: bool,
    /// Largest storage binding.
    pub binding_bytes: u64,
    /// Largest buffer, in bytes.
    pub buffer_bytes: u64,
    /// Memory that a workgroup may share, in bytes.
    pub workgroup_bytes: u32,
    /// Loop iterations after which the driver stops a thread, if it does.
    pub loop_limit: Option<u64>,
    /// Family of matrix products that suits it.
    pub products: String,
}

impl AdapterSummary {
    fn new(index: usize, adapter: &wgpu::Adapter) -> Self {
        let (info, features, limits) = (adapter.get_info(), adapter.features(), adapter.limits());
        let subgroups = features.contains(wgpu::Features::SUBGROUP) && info.subgroup_max_size > 0;
        AdapterSummary {
            index,
            kind: kind(info.device_type).to_string(),
            backend: info.backend.to_str().to_string(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_string(),
            subgroup: subgroups.then_some([info.subgroup_min_size, info.subgroup_max_size]),
            f16: features.contains(wgpu::Features::SHADER_F16),
            cooperative_matrix: features.contains(wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX),
            timestamps: features.contains(wgpu::Features::TIMESTAMP_QUERY),
            binding_bytes: limits.max_storage_buffer_binding_size,
            buffer_bytes: limits.max_buffer_size,
            workgroup_bytes: limits.max_compute_workgroup_storage_size,
            loop_limit: loop_limit(&info),
            products: target(adapter).family.to_string(),
            name: info.name,
        }
    }

    /// Whether it is no GPU: it runs on the CPU.
    pub fn is_software(&self) -> bool {
        self.kind == SOFTWARE
    }

    /// One line: name, kind and driver, and what a software adapter costs.
    pub fn line(&self) -> String {
        let note = if self.is_software() { " — not a GPU: runs on the CPU" } else { "" };
        format!("{} ({}, {}, {}){note}", self.name, self.kind, self.backend, self.driver)
    }
}

const SOFTWARE: &str = "software";

fn kind(device_type: wgpu::DeviceType) -> &'static str {
    match device_type {
        wgpu::DeviceType::DiscreteGpu => "discrete GPU",
        wgpu::DeviceType::IntegratedGpu => "integrated GPU",
        wgpu::DeviceType::VirtualGpu => "virtual GPU",
        wgpu::DeviceType::Cpu => SOFTWARE,
        wgpu::DeviceType::Other => "other",
    }
}

/// Mesa before 23 stops a shader after 65,535 loop iterations in all, silently.
fn loop_limit(info: &wgpu::AdapterInfo) -> Option<u64> {
    let version = info.driver_info.strip_prefix("Mesa ")?;
    let major: u32 = version.split('.').next()?.parse().ok()?;
    (info.device_type == wgpu::DeviceType::Cpu && major < 23).then_some(65_535)
}

/// The kernels that suit an adapter, without cooperative matrices. `lane` rests on the subgroup being exactly as wide as its workgroup.
pub(super) fn target(adapter: &wgpu::Adapter) -> Target {
    let info = adapter.get_info();
    let fixed =
        info.subgroup_min_size == info.subgroup_max_size && adapter.features().contains(wgpu::Features::SUBGROUP);
    let width = info.subgroup_min_size;
    let wide = adapter.features().contains(wgpu::Features::SHADER_INT64);
    let lane = info.device_type == wgpu::DeviceType::Cpu && fixed && Family::LANE_WIDTHS.contains(&width);
    let family = if lane { Family::Lane(Lanes { width, wide }) } else { Family::Simt };
    let integrated = info.device_type == wgpu::DeviceType::IntegratedGpu;
    let splitting = (info.device_type != wgpu::DeviceType::Cpu).then(|| Splitting::of(info.vendor, integrated));
    Target { compiler: Compiler::of(info.vendor), splitting, ..Target::f32(family) }
}

pub(super) fn plan_limits(adapter: &wgpu::Adapter) -> Limits {
    let limits = adapter.limits();
    Limits {
        binding_bytes: limits.max_storage_buffer_binding_size,
        buffer_bytes: limits.max_buffer_size,
        iterations: loop_limit(&adapter.get_info()),
    }
}

/// Every adapter that the options allow, best first: discrete GPU, integrated GPU, virtual GPU, other, software. GL is
/// asked only where no other API offers an adapter.
pub async fn list_async(options: &GpuOptions) -> Adapters {
    let native = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12 | wgpu::Backends::BROWSER_WEBGPU;
    let allowed = options.backends.as_deref().map_or(native | wgpu::Backends::GL, wgpu::Backends::from_comma_list);
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.flags = if options.validation { wgpu::InstanceFlags::VALIDATION } else { wgpu::InstanceFlags::empty() };
    descriptor.backends = allowed & native;
    // an allocation that the device's memory cannot hold is an error, where drivers would move others to the host
    descriptor.memory_budget_thresholds.for_resource_creation = Some(95);
    let mut adapters = enumerate(descriptor).await;
    let fell_back = adapters.is_empty() && !(allowed & native).is_empty();
    if adapters.is_empty() {
        // GL only where nothing else is: its compute path is emulated and its adapters are the same devices again
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = allowed & wgpu::Backends::GL;
        adapters = enumerate(descriptor).await;
    }
    let rank = |adapter: &wgpu::Adapter| match adapter.get_info().device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    };
    adapters.sort_by_key(rank);
    Adapters { adapters, fell_back }
}

/// [`list_async`], and waits for it.
pub fn list(options: &GpuOptions) -> Adapters {
    platform::block_on(list_async(options))
}

async fn enumerate(descriptor: wgpu::InstanceDescriptor) -> Vec<wgpu::Adapter> {
    let backends = descriptor.backends;
    let adapters = wgpu::Instance::new(descriptor).enumerate_adapters(backends).await;
    let computes =
        |a: &wgpu::Adapter| a.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS);
    adapters.into_iter().filter(computes).collect()
}

impl Adapters {
    /// What there is, best first.
    pub fn summaries(&self) -> Vec<AdapterSummary> {
        self.adapters.iter().enumerate().map(|(i, a)| AdapterSummary::new(i, a)).collect()
    }
}

/// An adapter that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its number in the list.
    pub index: usize,
    /// What its user should know about the choice: that other adapters have the name as well, or that only GL was left.
    pub notes: Vec<String>,
}

/// The adapter that `wanted` names; the best one, number 0, if nothing is named. Of several of one name it is the first.
///
/// # Errors
/// [`GpuError::NoAdapter`] and [`GpuError::UnknownAdapter`].
pub fn choose(adapters: &Adapters, wanted: Option<&str>) -> Result<Choice, GpuError> {
    choose_of(&adapters.summaries(), adapters.fell_back, wanted)
}

/// [`choose`] of adapters of which nothing is left but what is said about them.
fn choose_of(summaries: &[AdapterSummary], fell_back: bool, wanted: Option<&str>) -> Result<Choice, GpuError> {
    let mut choice = find(summaries, wanted)?;
    if fell_back {
        choice
            .notes
            .push("no Vulkan, Metal or DX12 adapter was found: using GL, which is slower and runs fewer models".into());
    }
    Ok(choice)
}

/// Text without a letter is a number and never part of a name: drivers' versions are full of digits.
fn find(summaries: &[AdapterSummary], wanted: Option<&str>) -> Result<Choice, GpuError> {
    if summaries.is_empty() {
        return Err(GpuError::NoAdapter);
    }
    let Some(wanted) = wanted else { return Ok(Choice { index: 0, notes: Vec::new() }) };
    let text = wanted.trim().to_lowercase();
    let named: Vec<&AdapterSummary> = if !text.contains(char::is_alphabetic) {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if is_number { text.parse::<usize>().ok() } else { None };
        number.and_then(|number| summaries.get(number)).into_iter().collect()
    } else {
        let names = |s: &AdapterSummary| format!("{} {} {}", s.name, s.backend, s.driver).to_lowercase();
        let whole: Vec<_> = summaries.iter().filter(|summary| summary.name.to_lowercase() == text).collect();
        if whole.is_empty() {
            summaries.iter().filter(|summary| names(summary).contains(&text)).collect()
        } else {
            whole
        }
    };
    let line = |s: &AdapterSummary| format!("{}  {}", s.index, s.line());
    match &named[..] {
        [] => Err(GpuError::UnknownAdapter { wanted: wanted.into(), there: summaries.iter().map(line).collect() }),
        [one] => Ok(Choice { index: one.index, notes: Vec::new() }),
        [first, others @ ..] => {
            let others: Vec<String> = others.iter().map(|other| other.index.to_string()).collect();
            let note = format!(
                "`{wanted}` matches {} adapters: using {} ({}); the others are {} (say the number to choose)",
                named.len(),
                first.index,
                first.name,
                others.join(", ")
            );
            Ok(Choice { index: first.index, notes: vec![note] })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(index: usize, name: &str, driver: &str) -> AdapterSummary {
        AdapterSummary {
            index,
            name: name.into(),
            kind: "discrete GPU".into(),
            backend: "vulkan".into(),
            driver: driver.into(),
            subgroup: None,
            f16: false,
            cooperative_matrix: false,
            timestamps: false,
            binding_bytes: 0,
            buffer_bytes: 0,
            workgroup_bytes: 0,
            loop_limit: None,
            products: "simt".into(),
        }
    }

    #[test]
    fn an_adapter_is_named_by_its_number_or_part_of_its_name() {
        let there = [adapter(0, "GeForce RTX 4090", "NVIDIA 571.1"), adapter(1, "llvmpipe (LLVM 19)", "Mesa 25.1.3")];
        for (wanted, index) in [(None, 0), (Some("0"), 0), (Some("1"), 1), (Some("LLVMpipe"), 1), (Some("rtx 4090"), 0)]
        {
            assert_eq!(find(&there, wanted).unwrap(), Choice { index, notes: Vec::new() }, "{wanted:?}");
        }
    }

    #[test]
    fn a_fall_back_to_gl_is_said_whichever_adapter_was_asked_for() {
        let there = [adapter(0, "llvmpipe (LLVM 19)", "Mesa 25.1.3"), adapter(1, "zink", "Mesa 25.1.3")];
        for wanted in [None, Some("1"), Some("llvmpipe")] {
            assert!(choose_of(&there, false, wanted).unwrap().notes.is_empty(), "{wanted:?}");
            let notes = choose_of(&there, true, wanted).unwrap().notes;
            assert!(
                matches!(&notes[..], [note] if note.contains("using GL, which is slower")),
                "{wanted:?}: {notes:?}"
            );
        }
        let notes = choose_of(&there, true, Some("mesa")).unwrap().notes;
        assert_eq!(notes.len(), 2, "the name of several, and GL: {notes:?}");
        assert!(choose_of(&[], true, None).is_err());
    }

    #[test]
    fn a_number_that_no_adapter_has_and_empty_text_name_none() {
        let there = [adapter(0, "llvmpipe (LLVM 19)", "Mesa 25.1.3")];
        // "1", "19", "25" and "5.1" stand in its name or its driver's version
        for wanted in ["1", "19", "25", "97", "+0", "-1", "25.1.3", "5.1", "", " ", ".", "nonesuch"] {
            let error = find(&there, Some(wanted)).unwrap_err();
            let GpuError::UnknownAdapter { wanted: named, there } = &error else { panic!("{wanted}: {error}") };
            assert_eq!((named.as_str(), there.len()), (wanted, 1), "{error}");
            assert!(error.to_string().contains("\n  0  llvmpipe"), "{error}");
        }
        assert!(matches!(find(&[], Some("0")), Err(GpuError::NoAdapter)));
    }

    #[test]
    fn a_number_is_an_index_whatever_names_hold_and_a_shared_name_is_said() {
        let there = [adapter(0, "RTX 2080", "NVIDIA 552.2"), adapter(1, "RTX 2080 Ti", "NVIDIA 552.2")];
        assert!(matches!(find(&there, Some("2")), Err(GpuError::UnknownAdapter { .. })), "2 is in both names");
        let choice = find(&there, Some("nvidia")).unwrap();
        assert_eq!(choice.index, 0);
        let said = "`nvidia` matches 2 adapters: using 0 (RTX 2080); the others are 1 (say the number to choose)";
        assert_eq!(choice.notes, [said]);
        // a whole name is not ambiguous, though another one starts with it
        for (wanted, index) in [("rtx 2080", 0), ("RTX 2080 Ti", 1), (" ti ", 1)] {
            assert_eq!(find(&there, Some(wanted)).unwrap(), Choice { index, notes: Vec::new() }, "{wanted}");
        }
    }
}
