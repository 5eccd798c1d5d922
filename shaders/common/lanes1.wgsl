// common / lanes, one channel a thread
//   For numbers of channels that four does not divide.

const LANES = 1u;
alias RealV = Real;
alias V = f32;
alias Taps = u32;

// A run of channels as it is stored, and as kernels compute with it.
fn unpacked(stored: RealV) -> V {
    return V(stored);
}

fn packed(run: V) -> RealV {
    return RealV(run);
}

fn pack_taps(taps: Taps) -> u32 {
    return taps;
}

fn unpack_taps(word: u32) -> Taps {
    return word;
}

// The sum of a run's channels.
fn across(run: V) -> f32 {
    return run;
}
