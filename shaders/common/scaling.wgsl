// common / scaling
//   Where pixel o of a resized axis reads: at (o * mul + add - sub, at least 0) / den pixels of x, computed in whole numbers, so
//   that no rounding decides which pixel that is.

struct Axis { mul: u32, add: u32, sub: u32, den: u32, length: u32, places: u32 }

override MUL_Y: u32; override ADD_Y: u32; override SUB_Y: u32; override DEN_Y: u32;
override MUL_X: u32; override ADD_X: u32; override SUB_X: u32; override DEN_X: u32;
// Whether a pixel is a mixture of two; if not, it is the first of them.
override LINEAR: bool;

fn rows() -> Axis {
    return Axis(MUL_Y, ADD_Y, SUB_Y, DEN_Y, H, OH);
}

fn columns() -> Axis {
    return Axis(MUL_X, ADD_X, SUB_X, DEN_X, W, OW);
}

// The two neighbours that are read, and the share of the second.
struct Reads { first: u32, second: u32, share: f32 }

fn reads(o: u32, axis: Axis) -> Reads {
    let from_zero = o * axis.mul + axis.add;
    let place = from_zero - min(from_zero, axis.sub);
    let first = place / axis.den;
    let share = select(0.0, f32(place % axis.den) / f32(axis.den), LINEAR);
    return Reads(first, min(first + 1u, axis.length - 1u), share);
}

// The first pixel of the result whose first neighbour is i or a later one.
fn first_reader(i: u32, axis: Axis) -> u32 {
    if i == 0u || axis.mul == 0u {
        return select(axis.places, 0u, i == 0u);
    }
    let place = i * axis.den + axis.sub;
    let from_zero = place - min(place, axis.add);
    return min((from_zero + axis.mul - 1u) / axis.mul, axis.places);
}

// How much of pixel i is in what `reads` says.
fn share_of(i: u32, reads: Reads) -> f32 {
    return select(0.0, 1.0 - reads.share, reads.first == i) + select(0.0, reads.share, reads.second == i);
}
