// pixel_shuffle / shuffle
//   computes  wide[n, y R + i, x R + j, c] = deep[n, y, x, (c R + i) R + j], or with GATHER the other way
//   reads     one of them     writes  the other, every element once
//   thread    one element of `wide`; neighbours are neighbours there, a block's R x R elements stand R R apart in `deep`

// the block's side; sizes of `wide`
override R: u32;
override H: u32; override W: u32; override C: u32;
// whether `wide` is read
override GATHER: bool;

@group(0) @binding(0) var<storage, read> source: array<Real>;
@group(0) @binding(1) var<storage, read_write> result: array<Real>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let wide = flat_index(group, lane);
    if wide >= COUNT {
        return;
    }
    let c = wide % C;
    let x = wide / C % W;
    // rows of all images: H is a multiple of R
    let y = wide / C / W;
    let pixel = y / R * (W / R) + x / R;
    let deep = ((pixel * C + c) * R + y % R) * R + x % R;
    if GATHER {
        result[deep] = source[wide];
    } else {
        result[wide] = source[deep];
    }
}
