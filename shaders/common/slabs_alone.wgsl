// common / slabs_alone
//   Every thread adds the slabs of its column in order: no workgroup memory and no barrier, which cost more than anything
//   else here on a software adapter.

fn add_slabs(first: u32, stride: u32, slabs: u32, width: u32, thread: u32) -> f32 {
    var sum = 0.0;
    for (var slab = 0u; slab < slabs; slab++) {
        sum += gradients[first + slab * stride];
    }
    return sum;
}
