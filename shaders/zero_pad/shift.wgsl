// zero_pad / shift
//   computes  result[n, y, x, c] = source[n, y - TOP, x - LEFT, c - FRONT], 0 where there is no such element; backward runs it the other
//             way, where it cuts off what forward added and brings back what it cut off as 0
//   reads     source     writes  result, every element once
//   thread    one run of channels of `result`

// sizes of both images; channels and FRONT in runs of LANES
override FROM_H: u32; override FROM_W: u32; override FROM_RUNS: u32;
override TO_H: u32; override TO_W: u32; override TO_RUNS: u32;
// they wrap around below 0, and so do the differences
override TOP: u32; override LEFT: u32; override FRONT: u32;

@group(0) @binding(0) var<storage, read> source: array<RealV>;
@group(0) @binding(1) var<storage, read_write> result: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let row = i / TO_RUNS;
    let y = row / TO_W % TO_H - TOP;
    let x = row % TO_W - LEFT;
    let c = i % TO_RUNS - FRONT;
    let inside = y < FROM_H && x < FROM_W && c < FROM_RUNS;
    let at = ((row / TO_W / TO_H * FROM_H + y) * FROM_W + x) * FROM_RUNS + c;
    result[i] = select(RealV(0.0), source[select(0u, at, inside)], inside);
}
