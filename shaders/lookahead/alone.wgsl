// lookahead / alone
//   In f32 products read the weights themselves.

fn store_copies(i: u32, value: vec4f) {
}
