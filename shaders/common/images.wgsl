// common / images
//   Images x of H x W and y of OH x OW with C channels, in runs of LANES.

override H: u32; override W: u32; override C: u32;
override OH: u32; override OW: u32;

// Image, row, column and run of channels of a flat number over images of height x width.
struct Place { n: u32, y: u32, x: u32, c: u32 }

fn place_in(i: u32, height: u32, width: u32) -> Place {
    let runs = C / LANES;
    let row = i / runs;
    let image = row / width;
    return Place(image / height, image % height, row % width, i % runs);
}

fn in_x(n: u32, y: u32, x: u32, c: u32) -> u32 {
    return ((n * H + y) * W + x) * (C / LANES) + c;
}

fn in_y(n: u32, y: u32, x: u32, c: u32) -> u32 {
    return ((n * OH + y) * OW + x) * (C / LANES) + c;
}
