// batch_features
//   computes  y[row] = features of the row's example, in the version that it draws this epoch, or in version 0
//   reads     features of the data set, example numbers     writes  y, every element once
//   thread    one element of y
//   edge      a row whose example is 0xffffffff is all 0

override LENGTH: u32;
override VERSIONS: u32;
override DRAWS: bool;

const STREAM = 0x766572u;

@group(0) @binding(0) var<storage, read> features: array<f32>;
@group(0) @binding(1) var<storage, read> example: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<Real>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let number = example[i / LENGTH];
    var value = 0.0;
    if number != 0xffffffffu {
        let version = select(0u, noise(step.augment_key, STREAM, number) % VERSIONS, DRAWS);
        value = features[(number * VERSIONS + version) * LENGTH + i % LENGTH];
    }
    y[i] = Real(value);
}
