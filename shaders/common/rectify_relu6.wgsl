// common / rectify_relu6
//   An op that ends in a ReLU6, and the gradient before it from its value before or after. At 0 and at 6 the gradient is 0.

fn rectified(value: V) -> V {
    return clamp(value, V(0.0), V(6.0));
}

fn passed(value: V, gradient: V) -> V {
    return select(V(0.0), gradient, (value > V(0.0)) & (value < V(6.0)));
}
