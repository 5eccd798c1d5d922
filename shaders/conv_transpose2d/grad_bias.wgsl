// conv_transpose2d / grad_bias
//   computes  dbias[slab, c] = the sum of dy over the pixels of a slab
//   reads     dy     writes  dbias, every element once
//   thread    one run of channels of one part of a slab: every PARTS-th pixel. A workgroup is WIDTH neighbouring runs of
//             all PARTS parts, which the threads of part 0 add in their order
//   edge      the last slab may hold fewer pixels; runs past the last are not written

const WIDTH = 8u;
const PARTS = WORKGROUP / WIDTH;

override C: u32;
// pixels of the batch, and those of a slab
override PIXELS: u32; override SLAB: u32;

@group(0) @binding(0) var<storage, read> dy: array<RealV>;
@group(0) @binding(1) var<storage, read_write> dbias: array<V>;

var<workgroup> parts: array<V, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let runs = C / LANES;
    let groups = (runs + WIDTH - 1u) / WIDTH;
    let number = group.y * GROUPS_X + group.x;
    let slab = number / groups;
    let c = number % groups * WIDTH + lane % WIDTH;
    let is_mine = c < runs && number * WORKGROUP < COUNT;
    let end = select(0u, min((slab + 1u) * SLAB, PIXELS), is_mine);
    var sum = V(0.0);
    for (var pixel = slab * SLAB + lane / WIDTH; pixel < end; pixel += PARTS) {
        sum += V(dy[pixel * runs + c]);
    }
    parts[lane] = sum;
    workgroupBarrier();
    if is_mine && lane < WIDTH {
        for (var part = 1u; part < PARTS; part++) {
            sum += parts[part * WIDTH + lane];
        }
        dbias[slab * runs + c] = sum;
    }
}
