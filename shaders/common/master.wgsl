// common / master
//   Parameters in f32: products read what the optimiser writes.

// number of the binding of the optimiser's first state
const STATE = 3u;

fn store_parameter(word: u32, value: f32) {
    parameters[word] = value;
}
