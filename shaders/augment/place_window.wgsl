// augment / place: a window of the data set
//   batch_place says where a row's image lies.

@group(0) @binding(3) var<storage, read> places: array<u32>;

fn place_of(row: u32, image: u32) -> u32 {
    return places[row];
}
