// common / rectify_relu
//   An op that ends in a ReLU, and the gradient before it from its value before or after. At 0 the gradient is 0.

fn rectified(value: V) -> V {
    return max(value, V(0.0));
}

fn passed(value: V, gradient: V) -> V {
    return select(V(0.0), gradient, value > V(0.0));
}
