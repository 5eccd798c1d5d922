// common / shadow
//   Parameters in f32 with an f16 copy for products.

const LOSS_SCALE = 3u;
@group(0) @binding(4) var<storage, read_write> shadow: array<Real>;

// number of the binding of the optimiser's first state
const STATE = 5u;

fn store_parameter(word: u32, value: f32) {
    parameters[word] = value;
    shadow[word] = Real(value);
}
