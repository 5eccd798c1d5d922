// multiply
//   computes  y = big * small, where small has one pixel that stands for all PIXELS of its image
//   reads     big, small   writes  y, every element once
//   thread    one run of channels of y
//   edge      with PIXELS = 1 both are alike, and any number of "channels" will do

override PIXELS: u32;
override C: u32;

@group(0) @binding(0) var<storage, read> big: array<RealV>;
@group(0) @binding(1) var<storage, read> small: array<RealV>;
@group(0) @binding(2) var<storage, read_write> y: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = C / LANES;
    y[i] = RealV(V(big[i]) * V(small[i / (PIXELS * runs) * runs + i % runs]));
}
