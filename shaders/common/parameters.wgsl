// common / parameters
//   A launch over all parameters: one workgroup of 64 a block of up to `width` words, whose gradient lies in slabs. How the
//   slabs are added is in slabs_together.wgsl, for GPUs, or slabs_alone.wgsl.

// Two entries a block: first word; first word of its gradient; words from slab to slab; slabs << 16 | words << 8 | width.
// Then the bits of two f32, the factors of its learning rate and of its weight decay; two words are not used.
@group(0) @binding(0) var<storage, read> blocks: array<vec4u>;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;

// One parameter, its gradient and its factors; `mine` where this thread updates it.
struct Sum { word: u32, gradient: f32, rate: f32, decay: f32, mine: bool }

fn summed_gradient(group: vec3u, thread: u32) -> Sum {
    let number = group.y * GROUPS_X + group.x;
    let at = 2u * min(number, COUNT / WORKGROUP - 1u);
    let block = blocks[at];
    let rate = bitcast<f32>(blocks[at + 1u].x);
    let decay = bitcast<f32>(blocks[at + 1u].y);
    let width = block.w & 255u;
    let count = block.w >> 8u & 255u;
    let column = thread & (width - 1u);
    let slabs = select(0u, block.w >> 16u, column < count);
    let sum = add_slabs(block.y + column, block.z, slabs, width, thread);
    return Sum(block.x + column, sum, rate, decay, thread < count && number * WORKGROUP < COUNT);
}
