//! Guards: words before and behind a tensor that nobody may write, so that a kernel that does is seen.
//!
//! A tensor's binding includes the guard behind it. Were its end the tensor's own, adapters would drop what is written past
//! it, or write it elsewhere, and say nothing.

use lepton_kernels::Operand;

use super::op_run::Content;

/// Bytes before a tensor: offsets of bindings are multiples of it on every adapter.
pub(super) const FRONT: usize = 256;
/// Bytes behind it: enough that a vector, a row or a tile too many begins here.
pub(super) const BACK: usize = 4096;

/// A tensor beside which something was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stray {
    /// The tensor.
    pub operand: Operand,
    /// The first byte that changed, counted from the tensor's end if it is behind it, and from its start if it is before.
    pub byte: i64,
}

/// What stands around one tensor.
#[derive(Clone, Copy)]
pub(super) struct Guard {
    word: u32,
}

impl Guard {
    /// That of buffer number `buffer`. Its word is a NaN, in f16 two of them, so that what reads it is noticed, too. Words of
    /// buffers that are used together differ: else a kernel that copies too much would copy a guard onto its like.
    pub(super) fn of(buffer: usize) -> Self {
        let half = 0xfff1 + buffer as u32 % 14;
        Guard { word: half << 16 | half }
    }

    fn words(self, bytes: usize) -> Vec<u8> {
        self.word.to_le_bytes().repeat(bytes / 4)
    }

    /// A tensor's content between its guards.
    pub(super) fn around(self, content: &Content) -> Vec<u8> {
        let bytes = content.bytes as usize;
        let mut tensor = content.pattern.repeat(bytes.div_ceil(content.pattern.len().max(1)));
        tensor.resize(bytes, 0);
        [self.words(FRONT), tensor, self.words(BACK)].concat()
    }

    /// Cuts the guards off what [`around`](Guard::around) made; the first byte of them that has changed, as [`Stray`] counts.
    pub(super) fn open(self, mut bytes: Vec<u8>) -> (Vec<u8>, Option<i64>) {
        let changed = |guard: &[u8]| guard.iter().zip(self.words(BACK)).position(|(is, was)| *is != was);
        let back = bytes.split_off(bytes.len() - BACK);
        let tensor = bytes.split_off(FRONT);
        let behind = changed(&back).map(|at| at as i64);
        (tensor, behind.or_else(|| changed(&bytes).map(|at| at as i64 - FRONT as i64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_changed_on_either_side_is_found() {
        let guard = Guard::of(3);
        let content = Content::filled(20, 7);
        let whole = guard.around(&content);
        assert_eq!(guard.open(whole.clone()), (vec![7; 20], None));
        for (at, found) in [(0, -256), (FRONT - 1, -1), (FRONT + 20, 0), (FRONT + 20 + BACK - 1, BACK as i64 - 1)] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert_eq!(guard.open(changed).1, Some(found));
        }
    }

    #[test]
    fn every_guard_is_a_nan_in_both_precisions() {
        for guard in (0..20).map(Guard::of) {
            assert!(f32::from_bits(guard.word).is_nan());
            assert!(half::f16::from_bits(guard.word as u16).is_nan());
        }
        assert_ne!(Guard::of(0).word, Guard::of(1).word);
    }
}
