// lookahead / copied
//   In f16 products read copies of fast and slow weights.

@group(0) @binding(2) var<storage, read_write> fast_copy: array<Real4>;
@group(0) @binding(3) var<storage, read_write> slow_copy: array<Real4>;

fn store_copies(i: u32, value: vec4f) {
    fast_copy[i] = Real4(value);
    slow_copy[i] = Real4(value);
}
