// sum_gradients
//   computes  the sum of each gradient's slabs, added to what is there where step.part says so
//   reads     the slabs of g        updates the sums, every element once; they are laid out as the parameters are, and
//             stand where an optimiser has `parameters`
//   thread    one parameter (common/parameters.wgsl)

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let sum = summed_gradient(group, thread);
    if !sum.mine {
        return;
    }
    // what is there may be infinite after an overflow, so it is not multiplied by 0
    let before = select(0.0, parameters[sum.word], (step.part & PART_ADDS) != 0u);
    parameters[sum.word] = before + sum.gradient;
}
