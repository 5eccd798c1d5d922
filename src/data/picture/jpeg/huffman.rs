//! A Huffman table (T.81, C.2 and F.2.2.3).

use super::bits::{Bits, Flaw};

/// Bits that one look-up decodes.
const FAST: u32 = 9;

/// Codes of up to 16 bits and what they stand for.
pub(super) struct Table {
    /// Length and symbol by the first bits of a code; length 0 where it is longer.
    fast: Vec<(u8, u8)>,
    /// For each length, the first code that is longer, as 16 bits.
    ends: [u32; 17],
    /// For each length, what is added to a code to get the place of its symbol.
    places: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// A table and the bytes that it takes; none if it is none.
    pub fn read(content: &[u8]) -> Option<(Self, usize)> {
        let counts = content.get(..16)?;
        let total: usize = counts.iter().map(|&count| usize::from(count)).sum();
        let symbols = content.get(16..16 + total)?.to_vec();
        let mut table = Table { fast: vec![(0, 0); 1 << FAST], ends: [0; 17], places: [0; 17], symbols };
        let (mut code, mut place) = (0u32, 0usize);
        for length in 1..=16u32 {
            let count = u32::from(counts[length as usize - 1]);
            table.places[length as usize] = place as i32 - code as i32;
            for _ in 0..count {
                if code >= 1 << length {
                    return None;
                }
                if length <= FAST {
                    let first = (code << (FAST - length)) as usize;
                    let entry = (length as u8, table.symbols[place]);
                    table.fast[first..first + (1 << (FAST - length))].fill(entry);
                }
                code += 1;
                place += 1;
            }
            table.ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some((table, 16 + total))
    }

    /// The next symbol.
    #[inline]
    pub fn symbol(&self, bits: &mut Bits) -> Result<u8, Flaw> {
        let next = bits.peek();
        let (length, symbol) = self.fast[usize::from(next >> (16 - FAST))];
        if length > 0 {
            bits.skip(u32::from(length))?;
            return Ok(symbol);
        }
        let longer = (FAST as usize + 1)..=16;
        let Some(length) = longer.into_iter().find(|&length| u32::from(next) < self.ends[length]) else {
            // zeros behind the end may look like no code
            return bits.skip(16).and(Err(Flaw::Broken));
        };
        bits.skip(length as u32)?;
        let place = i32::from(next >> (16 - length)) + self.places[length];
        self.symbols.get(place as usize).copied().ok_or(Flaw::Broken)
    }
}
