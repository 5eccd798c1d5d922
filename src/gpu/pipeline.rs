//! Pipelines, built once for each kernel and in parallel.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use lepton_kernels::{Access, Kernel, Step};

use super::cache::CacheFile;
use super::error::GpuError;
use super::unchecked::{self, Checks};
use crate::platform;

/// What a pipeline is built from.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub kernel: Arc<Kernel>,
    /// Which of its bindings are written.
    pub written: Vec<bool>,
    pub checks: Checks,
}

impl Key {
    /// For a kernel that uses its bindings so.
    pub(super) fn new(kernel: &Arc<Kernel>, accesses: impl Iterator<Item = Access>, checks: Checks) -> Self {
        let written = accesses.map(|access| access != Access::Read).collect();
        Key { kernel: kernel.clone(), written, checks }
    }
}

/// A pipeline with the layout of its bindings.
#[derive(Clone)]
pub(super) struct Pipeline {
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
}

/// Pipelines that have been built.
pub(super) struct Pipelines {
    built: Mutex<HashMap<Key, Pipeline>>,
    cache: Option<(wgpu::PipelineCache, CacheFile)>,
}

impl Pipelines {
    /// None yet; those of earlier runs come from the cache, if there is one and the adapter hands pipelines out.
    pub(super) fn new(device: &wgpu::Device, info: &wgpu::AdapterInfo, cache: Option<&Path>) -> Self {
        let has = device.features().contains(wgpu::Features::PIPELINE_CACHE);
        let file = if has { cache.and_then(|folder| CacheFile::new(folder, info)) } else { None };
        let cache = file.map(|file| (unchecked::pipeline_cache(device, file.read().as_deref()), file));
        Pipelines { built: Mutex::default(), cache }
    }

    /// Those of `keys`, each once, whose pipelines have not been built.
    pub(super) fn missing(&self, keys: &[Key]) -> Vec<Key> {
        let built = self.built.lock().expect("no one panics while holding it");
        let mut missing: Vec<Key> = Vec::new();
        for key in keys {
            if !built.contains_key(key) && !missing.contains(key) {
                missing.push(key.clone());
            }
        }
        missing
    }

    /// Builds what is missing, in parallel, and returns the pipelines in the order of `keys`.
    pub(super) async fn get(&self, device: &wgpu::Device, keys: &[Key]) -> Result<Vec<Pipeline>, GpuError> {
        let missing = self.missing(keys);
        let cache = self.cache.as_ref().map(|(cache, _)| cache);
        let begun = platform::parallel(&missing, |key| Ok::<_, GpuError>(begin(device, key, cache)))?;
        for (key, (pipeline, fault)) in missing.into_iter().zip(begun) {
            if let Some(error) = fault.await {
                return Err(GpuError::Driver(format!("kernel {}: {error}", key.kernel.name)));
            }
            self.built.lock().expect("no one panics while holding it").insert(key, pipeline);
        }
        let built = self.built.lock().expect("no one panics while holding it");
        Ok(keys.iter().map(|key| built[key].clone()).collect())
    }

    /// Stores what was compiled, where the adapter hands it out.
    pub(super) fn store(&self) {
        if let Some((cache, file)) = &self.cache
            && let Some(data) = cache.get_data()
        {
            file.write(&data);
        }
    }
}

/// A pipeline, and what is wrong with it once that is known.
pub(super) fn begin(
    device: &wgpu::Device,
    key: &Key,
    cache: Option<&wgpu::PipelineCache>,
) -> (Pipeline, impl Future<Output = Option<wgpu::Error>> + Send + use<>) {
    let Key { kernel, written, checks } = key;
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let module = unchecked::module(device, kernel, *checks);
    let storage = |write: bool| wgpu::BufferBindingType::Storage { read_only: !write };
    let entries: Vec<_> = (0..).zip(written).map(|(i, &w)| entry(i, storage(w), false, None)).collect();
    let label = Some(kernel.name.as_ref());
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries: &entries });
    let step = kernel.per_step.then(|| step_layout(device));
    let mut layouts = vec![Some(&layout)];
    layouts.extend(step.as_ref().map(Some));
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label,
        bind_group_layouts: &layouts,
        immediate_size: 0,
    });
    let constants: Vec<(&str, f64)> = kernel.constants.iter().map(|(name, value)| (*name, value.value())).collect();
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label,
        layout: Some(&pipeline_layout),
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions {
            constants: &constants,
            // every kernel writes its workgroup memory before it reads it
            zero_initialize_workgroup_memory: false,
        },
        cache,
    });
    (Pipeline { pipeline, layout }, scope.pop())
}

fn entry(binding: u32, ty: wgpu::BufferBindingType, dynamic: bool, bytes: Option<u64>) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: dynamic,
            min_binding_size: bytes.and_then(wgpu::BufferSize::new),
        },
        count: None,
    }
}

/// The layout of the step uniform.
pub(super) fn step_layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("step"),
        entries: &[entry(0, wgpu::BufferBindingType::Uniform, true, Some(Step::BYTES as u64))],
    })
}
