// ema / copied
//   In f16 products read a copy of the average.

@group(0) @binding(2) var<storage, read_write> copy: array<Real4>;

fn store_copy(i: u32, value: vec4f) {
    copy[i] = Real4(value);
}
