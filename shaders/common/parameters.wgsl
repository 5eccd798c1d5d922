// common / parameters
//   A launch over all parameters: one workgroup of 64 a block of up to `width` words. A block's gradient lies in
//   slabs. Each of 64 / width lanes adds every so-manyth slab, then the lanes are added in order: the sum is the same
//   every time.

// first word; first word of its gradient; words from slab to slab; slabs << 16 | words << 8 | width
@group(0) @binding(0) var<storage, read> blocks: array<vec4u>;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;

var<workgroup> lane_sums: array<f32, WORKGROUP>;

// One parameter and its gradient; `mine` where this thread updates it.
struct Sum { word: u32, gradient: f32, mine: bool }

fn summed_gradient(group: vec3u, thread: u32) -> Sum {
    let number = group.y * GROUPS_X + group.x;
    let block = blocks[min(number, COUNT / WORKGROUP - 1u)];
    let width = block.w & 255u;
    let count = block.w >> 8u & 255u;
    let lanes = WORKGROUP / width;
    let column = thread % width;
    var sum = 0.0;
    let slabs = select(0u, block.w >> 16u, column < count);
    for (var slab = thread / width; slab < slabs; slab += lanes) {
        sum += gradients[block.y + slab * block.z + column];
    }
    lane_sums[thread] = sum;
    workgroupBarrier();
    let mine = thread < count && number * WORKGROUP < COUNT;
    if mine {
        for (var lane = 1u; lane < lanes; lane++) {
            sum += lane_sums[lane * width + column];
        }
    }
    return Sum(block.x + column, sum, mine);
}
