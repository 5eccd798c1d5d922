// augment / seen
//   What statistics.wgsl found for a row and slot.

const MORE_DATA = 5u;

@group(0) @binding(4) var<storage, read> found: array<vec4u>;

fn seen_in(row: u32, slot: u32) -> vec4u {
    return found[row * (OPERATIONS + select(0u, 1u, JITTER)) + slot];
}
