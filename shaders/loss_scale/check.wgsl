// overflow
//   computes  overflowed = 1 where any gradient is not finite; leaves it where all are
//   reads     every word of the buffer of gradients      updates  loss_scale
//   thread    every COUNT-th run of four words, so that neighbours read neighbours

// words of the buffer / 4
override QUADS: u32;

@group(0) @binding(0) var<storage, read> gradients: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> loss_scale: array<atomic<u32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let thread = flat_index(group, lane);
    if thread >= COUNT {
        return;
    }
    var bad = false;
    for (var quad = thread; quad < QUADS; quad += COUNT) {
        // the exponent of an infinity or a NaN is all ones
        bad |= any((gradients[quad] & vec4u(0x7f800000u)) == vec4u(0x7f800000u));
    }
    if bad {
        // everybody stores the same bits, those of 1.0
        atomicStore(&loss_scale[LOSS_SCALE_OVERFLOWED], 0x3f800000u);
    }
}
