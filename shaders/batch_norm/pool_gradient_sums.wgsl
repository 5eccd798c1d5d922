// batch_norm / pool_gradient_sums
//   computes  of each channel in each slab of pixels of y: the sum of dy and of dy * (x - mean), where somebody won the
//             window, x being the winner's: every other gradient of the normalised images is 0
//   reads     won, winner, dy, statistics     writes  sums [slabs, 2, C], every element once
//   thread    one run of channels, every PARTS-th pixel of a slab; two_sums.wgsl adds the parts
//   edge      images beyond the step's batch length count nowhere; a slab without pixels gives 0

override PIXELS: u32;

const NOBODY: u32 = 255u;
@group(0) @binding(0) var<storage, read> won: array<RealV>;
@group(0) @binding(1) var<storage, read> winner: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<RealV>;
@group(0) @binding(3) var<storage, read> statistics: array<V>;
@group(0) @binding(4) var<storage, read_write> sums: array<V>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let runs = C / LANES;
    let at = column_of(group, lane);
    let shift = statistics[at.c];
    let mean = statistics[runs + at.c];
    let end = select(0u, min((at.slab + 1u) * SLAB, min(step.batch_length * PIXELS, ROWS)), at.mine);
    var sum = V(0.0);
    var product = V(0.0);
    for (var row = at.slab * SLAB + at.part; row < end; row += at.parts) {
        let i = row * runs + at.c;
        let away = (unpacked(won[i]) - shift) - mean;
        let g = select(unpacked(dy[i]), V(0.0), unpack_taps(winner[i]) == Taps(NOBODY));
        sum += g;
        product += g * away;
    }
    store_sums(at, lane, sum, product);
}
