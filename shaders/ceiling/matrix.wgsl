enable f16;
enable wgpu_cooperative_matrix;

// ceiling / matrix
//   computes  ROUNDS times 8 * UNROLL products of SIDE x SIDE matrices in f16, with sums in f32
//   reads     x: two left and four right matrices, in quads
//   writes    y[0], if a sum ever exceeds 1e30: the results must matter, and no memory traffic disturb
//   thread    a subgroup, which is a workgroup, holds all matrices together

alias Sums = coop_matSIDExSIDE<f32, C>;
alias Left = coop_matSIDExSIDE<f16, A>;
alias Right = coop_matSIDExSIDE<f16, B>;

override ROUNDS: u32;

// numbers of a matrix
const SIZE: u32 = SIDEu * SIDEu;

@group(0) @binding(0) var<storage, read> x: array<vec4<f16>>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

// single numbers: Metal loads matrices from nothing else
var<workgroup> loaded: array<f16, SIZE * 6u>;
var<workgroup> sums: array<f32, SIZE>;

@compute @workgroup_size(SUBGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
    for (var i = lane; i < SIZE * 6u; i += SUBGROUPu) {
        loaded[i] = x[i / 4u][i % 4u];
    }
    workgroupBarrier();
    let row = SIDEu;
    // LOADS
    for (var round = 0u; round < ROUNDS; round += 1u) {
        // UNROLL
    }
    var total = 0.0;
    let row_of_sums = SIDEu;
    // SUMS
    if total > 1e30 {
        y[0] = total;
    }
}
