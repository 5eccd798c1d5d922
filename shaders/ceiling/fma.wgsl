// ceiling / fma
//   computes  UNROLL * ROUNDS times x = x * a + b in many chains that do not depend on each other
//   reads     coefficients: three starts, then a and b; with 0 < a < 1 the chains settle at b / (1 - a)
//   writes    y[0], if a chain ever exceeds 1000: the results must matter, and no memory traffic disturb
//   thread    sixteen chains of four numbers. A software adapter keeps variables in memory, and that many hide its latency;
//             a GPU has registers for them

override ROUNDS: u32;

@group(0) @binding(0) var<storage, read> coefficients: array<Real4>;
@group(0) @binding(1) var<storage, read_write> y: array<Real4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    if flat_index(group, lane) >= COUNT {
        return;
    }
    // chains of neighbours differ, so that no compiler computes them once for all
    let own = Real4(Real(lane));
    // CHAINS
    let a = Real4(coefficients[3].x);
    let b = Real4(coefficients[3].y);
    for (var round = 0u; round < ROUNDS; round += 1u) {
        // UNROLL
    }
    // SUM
    if sum.x + sum.y + sum.z + sum.w > Real(1000.0) {
        y[0] = sum;
    }
}
