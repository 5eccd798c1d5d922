//! The bits of a scan: stuffed zeros taken out, up to the next marker.

/// What is wrong with coded data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// They end too early.
    Ended,
    /// They are no codes.
    Broken,
}

/// Reads bits, the highest of a byte first.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte to take.
    at: usize,
    /// Bits that were taken, from the top down; zeros below them.
    buffer: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Bits { bytes, at, buffer: 0, count: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match self.bytes.get(self.at) {
                Some(0xff) if self.bytes.get(self.at + 1) == Some(&0) => {
                    self.at += 1;
                    0xff
                }
                Some(0xff) | None => return,
                Some(&byte) => byte,
            };
            self.at += 1;
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next 16 bits, with zeros behind the last one.
    pub fn peek(&mut self) -> u16 {
        if self.count < 16 {
            self.fill();
        }
        (self.buffer >> 48) as u16
    }

    /// Steps over `count` bits, at most 16.
    pub fn skip(&mut self, count: u32) -> Result<(), Flaw> {
        if self.count < count {
            self.fill();
            if self.count < count {
                return Err(Flaw::Ended);
            }
        }
        self.buffer <<= count;
        self.count -= count;
        Ok(())
    }

    /// A number of `count` bits, at most 16.
    pub fn take(&mut self, count: u32) -> Result<u32, Flaw> {
        let value = if count == 0 { 0 } else { u32::from(self.peek()) >> (16 - count) };
        self.skip(count)?;
        Ok(value)
    }

    /// Where the next marker is, or the end.
    pub fn marker(&self) -> usize {
        let is_marker = |pair: &[u8]| pair[0] == 0xff && pair[1] != 0;
        let from = self.at.min(self.bytes.len());
        self.bytes[from..].windows(2).position(is_marker).map_or(self.bytes.len(), |found| from + found)
    }

    /// Goes on behind a restart marker, which must come next.
    pub fn restart(&mut self) -> Result<(), Flaw> {
        let at = self.marker();
        match self.bytes.get(at + 1) {
            Some(0xd0..=0xd7) => {
                *self = Bits::new(self.bytes, at + 2);
                Ok(())
            }
            _ => Err(Flaw::Ended),
        }
    }
}
