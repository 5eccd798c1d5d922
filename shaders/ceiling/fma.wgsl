// ceiling / fma
//   computes  UNROLL * ROUNDS times x = x * a + b in twelve chains that do not depend on each other
//   reads     coefficients: three starts, then a and b; with 0 < a < 1 the chains settle at b / (1 - a)
//   writes    y[0], if a chain ever exceeds 1000: the results must matter, and no memory traffic disturb
//   thread    three chains of four numbers: what a processor's sixteen vector registers hold beside a and b

override ROUNDS: u32;

@group(0) @binding(0) var<storage, read> coefficients: array<Real4>;
@group(0) @binding(1) var<storage, read_write> y: array<Real4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    if flat_index(group, lane) >= COUNT {
        return;
    }
    // chains of neighbours differ, so that no compiler computes them once for all
    var p = coefficients[0] + Real4(Real(lane));
    var q = coefficients[1] + Real4(Real(lane));
    var r = coefficients[2] + Real4(Real(lane));
    let a = Real4(coefficients[3].x);
    let b = Real4(coefficients[3].y);
    for (var round = 0u; round < ROUNDS; round += 1u) {
        // UNROLL
    }
    let sum = p + q + r;
    if sum.x + sum.y + sum.z + sum.w > Real(1000.0) {
        y[0] = sum;
    }
}
