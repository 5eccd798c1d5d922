// common / adaptive
//   Pixels [begin, end) of one axis that place o of an adaptive pool takes together; neighbours may share some. With the sizes
//   exchanged, the places that take pixel i.

fn adaptive_begin(o: u32, length: u32, places: u32) -> u32 {
    return o * length / places;
}

fn adaptive_end(o: u32, length: u32, places: u32) -> u32 {
    return ((o + 1u) * length + places - 1u) / places;
}
