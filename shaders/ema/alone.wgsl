// ema / alone
//   In f32 products read the average itself.

fn store_copy(i: u32, value: vec4f) {
}
