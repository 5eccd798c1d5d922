//! Every shader that a case can ask for is valid WGSL, declares what its host says, and translates to SPIR-V, MSL and HLSL.

use std::collections::{HashMap, HashSet};

use lepton_kernels::ceiling;
use lepton_kernels::gemm::{Family, Lanes, Matrix, Trial};
use lepton_kernels::op::{Precision, Target};
use lepton_kernels::target::{Compiler, Splitting};
use lepton_kernels::{Access, Dispatch, Kernel, Mode, OPS, Operand};
use naga::back::{hlsl, msl, pipeline_constants::process_overrides, spv};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{AddressSpace, Module, ShaderStage, StorageAccess};

/// Cooperative matrices of several adapters.
const MATRICES: [Matrix; 4] = [
    Matrix { side: 8, subgroup: 8, workgroup_bytes: 48 << 10, unit: 4 },
    Matrix { side: 8, subgroup: 32, workgroup_bytes: 32 << 10, unit: 1 },
    Matrix { side: 16, subgroup: 32, workgroup_bytes: 48 << 10, unit: 4 },
    Matrix { side: 16, subgroup: 64, workgroup_bytes: 64 << 10, unit: 4 },
];

/// Every way in which products are computed, in both precisions.
fn targets() -> Vec<Target> {
    let lanes = Family::LANE_WIDTHS.map(|width| Family::Lane(Lanes { width, wide: width == 8 }));
    let mut targets = Vec::new();
    for family in lanes.into_iter().chain([Family::Simt]) {
        for precision in [Precision::F32, Precision::F16] {
            targets.push(Target { precision, ..Target::f32(family) });
        }
    }
    targets.extend(Compiler::KNOWN.map(|compiler| Target { compiler, ..Target::f32(Family::Simt) }));
    for matrix in MATRICES {
        targets.push(Target { matrix: Some(matrix), precision: Precision::F16, ..Target::f32(Family::Simt) });
    }
    let gpus: Vec<Target> = targets.iter().filter(|target| target.splitting.is_some()).cloned().collect();
    targets.extend(gpus.into_iter().map(|gpu| Target { splitting: Some(Splitting::ALWAYS), ..gpu }));
    targets
}

/// Every kernel that measures a ceiling, or tries matrices.
fn ceilings() -> Vec<Dispatch> {
    let mut all = vec![ceiling::copy(ceiling::COPY_BYTES, 4), ceiling::touch()];
    all.extend([Precision::F32, Precision::F16].map(|precision| ceiling::multiply_add(precision, 3)));
    all.extend(MATRICES.map(|matrix| ceiling::matrix(matrix, 3)));
    let trial = |Matrix { side, subgroup, unit, .. }| Trial { side, threads: 4 * subgroup, least: subgroup, unit };
    all.extend(MATRICES.map(|matrix| trial(matrix).dispatch(Operand::Y(0), Operand::Y(1))));
    all
}

/// Every dispatch of every case, on every target, each text once, and those that measure ceilings.
fn every_dispatch() -> Vec<Dispatch> {
    let mut all = ceilings();
    let mut seen = HashSet::new();
    for case in OPS.iter().flat_map(|entry| (entry.cases)()) {
        let shapes = case.shapes();
        for target in targets().into_iter().filter(|target| case.runs_in(target.precision)) {
            let mut lowered = vec![case.op.backward(&shapes, &vec![true; shapes.len()], &target)];
            lowered.extend([Mode::Train, Mode::Infer].map(|mode| case.op.forward(&shapes, mode, &target)));
            all.extend(lowered.into_iter().flat_map(|l| l.dispatches).filter(|d| seen.insert(d.kernel.clone())));
        }
    }
    all
}

fn parse(kernel: &Kernel) -> (Module, ModuleInfo) {
    let module = naga::front::wgsl::parse_str(&kernel.source)
        .unwrap_or_else(|error| panic!("{}\n{}", kernel.name, error.emit_to_string(&kernel.source)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::all())
        .validate(&module)
        .unwrap_or_else(|error| panic!("{}\n{}", kernel.name, error.emit_to_string(&kernel.source)));
    (module, info)
}

/// Storage bindings of group 0 by number, as the shader declares them.
fn declared(module: &Module) -> HashMap<u32, bool> {
    let globals = module.global_variables.iter().map(|(_, variable)| variable);
    globals
        .filter_map(|variable| match (&variable.binding, variable.space) {
            (Some(binding), AddressSpace::Storage { access }) if binding.group == 0 => {
                Some((binding.binding, access.contains(StorageAccess::STORE)))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn shaders_declare_what_their_host_binds() {
    for dispatch in every_dispatch() {
        let (module, _) = parse(&dispatch.kernel);
        let name = &dispatch.kernel.name;
        let said: HashMap<u32, bool> =
            (0..).zip(&dispatch.bindings).map(|(i, b)| (i, b.access != Access::Read)).collect();
        assert_eq!(declared(&module), said, "{name}: bindings (number, written)");
        assert!(said.len() <= 8, "{name}: WebGPU promises 8 storage buffers, this binds {}", said.len());
        let reads_step = module.global_variables.iter().any(|(_, v)| v.space == AddressSpace::Uniform);
        assert_eq!(reads_step, dispatch.kernel.per_step, "{name}: reads the step uniform");
        let entry = &module.entry_points[0];
        let threads = entry.workgroup_size.iter().product::<u32>();
        assert!(threads <= 256 && threads == dispatch.kernel.workgroup, "{name}: {threads} threads");
        let names: Vec<&str> = module.overrides.iter().filter_map(|(_, o)| o.name.as_deref()).collect();
        for (constant, _) in &dispatch.kernel.constants {
            assert!(names.contains(constant), "{name} has no constant {constant}");
        }
    }
}

#[test]
fn shaders_translate_to_every_backend() {
    let mut kernels: Vec<_> = every_dispatch().into_iter().map(|d| d.kernel).collect();
    kernels.sort_by(|a, b| a.source.cmp(&b.source));
    kernels.dedup();
    assert!(kernels.len() > 100, "{} kernels", kernels.len());
    for kernel in kernels {
        let (module, info) = parse(&kernel);
        let constants = kernel.constants.iter().map(|(name, value)| ((*name).to_string(), value.value())).collect();
        let (module, info) = process_overrides(&module, &info, Some((ShaderStage::Compute, "main")), &constants)
            .unwrap_or_else(|error| panic!("{}: {error}", kernel.name));
        let context = |error: &dyn std::fmt::Display, language| format!("{} to {language}: {error}", kernel.name);

        let options = spv::Options { lang_version: (1, 3), ..Default::default() };
        let words =
            spv::write_vec(&module, &info, &options, None).unwrap_or_else(|e| panic!("{}", context(&e, "SPIR-V")));
        assert!(words.len() > 100);

        let options = msl::Options { lang_version: (2, 4), fake_missing_bindings: true, ..Default::default() };
        let (text, _) = msl::write_string(&module, &info, &options, &msl::PipelineOptions::default())
            .unwrap_or_else(|e| panic!("{}", context(&e, "MSL")));
        assert!(text.contains("kernel void"));

        if kernel.source.contains("enable wgpu_cooperative_matrix") {
            // DX12 offers none
            continue;
        }
        let options =
            hlsl::Options { shader_model: hlsl::ShaderModel::V6_2, fake_missing_bindings: true, ..Default::default() };
        let mut text = String::new();
        hlsl::Writer::new(&mut text, &options, &hlsl::PipelineOptions::default())
            .write(&module, &info, None)
            .unwrap_or_else(|e| panic!("{}", context(&e, "HLSL")));
        assert!(text.contains("numthreads"));
    }
}

/// A shader from its last heading on: shared text stands before a kernel's own.
fn own_text(source: &str) -> &str {
    let headings = source.match_indices("// ").map(|(i, _)| i).filter(|&i| i == 0 || source[..i].ends_with("\n\n"));
    let heads_contract = |i: &usize| source[*i..].lines().nth(1).is_some_and(|line| line.starts_with("//   "));
    headings.filter(heads_contract).last().map_or("", |i| &source[i..])
}

#[test]
fn shaders_open_with_their_contract() {
    for dispatch in every_dispatch() {
        let source = &dispatch.kernel.source;
        let product = source.contains("implicit matrix product");
        let own = own_text(source);
        for word in ["computes", "thread"] {
            assert!(product || own.contains(word), "{} does not say what it {word}", dispatch.kernel.name);
        }
    }
}

#[test]
fn large_products_in_f16_use_cooperative_matrices_and_others_do_not() {
    let kernels: Vec<_> = every_dispatch().into_iter().map(|d| d.kernel).collect();
    for side in ["coop8", "coop16"] {
        for direction in ["forward", "grad_input", "grad_weight"] {
            let start = format!("{direction}/{side} ");
            assert!(kernels.iter().any(|k| k.name.starts_with(&start)), "no case runs {start}");
        }
    }
    for kernel in kernels.iter().filter(|k| k.source.contains("enable wgpu_cooperative_matrix")) {
        assert!(kernel.source.contains("enable f16;"), "{}: operands are f16", kernel.name);
    }
}
