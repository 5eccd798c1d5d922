// common / parameters
//   A launch over all parameters: one workgroup of 64 a block of up to `width` words, whose gradient lies in slabs. How the
//   slabs are added is in slabs_together.wgsl, for GPUs, or slabs_alone.wgsl.

// first word; first word of its gradient; words from slab to slab; slabs << 16 | words << 8 | width
@group(0) @binding(0) var<storage, read> blocks: array<vec4u>;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;

// One parameter and its gradient; `mine` where this thread updates it.
struct Sum { word: u32, gradient: f32, mine: bool }

fn summed_gradient(group: vec3u, thread: u32) -> Sum {
    let number = group.y * GROUPS_X + group.x;
    let block = blocks[min(number, COUNT / WORKGROUP - 1u)];
    let width = block.w & 255u;
    let count = block.w >> 8u & 255u;
    let column = thread % width;
    let slabs = select(0u, block.w >> 16u, column < count);
    let sum = add_slabs(block.y + column, block.z, slabs, width, thread);
    return Sum(block.x + column, sum, thread < count && number * WORKGROUP < COUNT);
}
