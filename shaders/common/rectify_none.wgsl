// common / rectify_none
//   An op that ends in no activation.

fn rectified(value: V) -> V {
    return value;
}

fn passed(value: V, gradient: V) -> V {
    return gradient;
}
