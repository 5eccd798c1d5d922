//! Whether a JPEG holds all of its picture. A decoder fills what is missing with grey and says nothing, so its coded data are
//! walked here first (ITU-T T.81), without computing a pixel.

mod bits;
mod huffman;
mod scan;

use bits::{Bits, Flaw};
use huffman::Table;
use scan::{Component, Frame, Scan};

/// What is wrong with a JPEG's data; none if they are whole, or of a kind that the decoder has to judge.
pub(super) fn flaw(bytes: &[u8]) -> Option<String> {
    let mut walk = Walk { bytes, frame: None, tables: Default::default(), restart: 0, scans: 0 };
    match walk.run() {
        Ok(()) | Err(Stop::Foreign) => None,
        Err(Stop::Cut) => Some(format!("cut after {} bytes: a JPEG ends with ff d9", bytes.len())),
        Err(Stop::Flaw { flaw, at, share }) => Some(match flaw {
            Flaw::Ended => {
                let of =
                    if walk.frame.as_ref().is_some_and(|frame| frame.is_progressive) { "a scan" } else { "the image" };
                format!("cut: its data end at {:.0} % of {of}, in byte {at}", 100.0 * share)
            }
            Flaw::Broken => format!("damaged in byte {at}: its data make no sense there"),
        }),
        Err(Stop::Incomplete) => Some("cut: it ends before all of its colours".into()),
    }
}

/// Why a walk ends early.
enum Stop {
    /// The file ends before its end marker.
    Cut,
    /// The coded data of a scan do.
    Flaw { flaw: Flaw, at: usize, share: f64 },
    /// There is a component without data.
    Incomplete,
    /// Something that is not walked: arithmetic coding, lossless, tables that are nowhere.
    Foreign,
}

struct Walk<'a> {
    bytes: &'a [u8],
    frame: Option<Frame>,
    /// Huffman tables of DC and AC coefficients.
    tables: [[Option<Table>; 4]; 2],
    /// MCUs between restart markers; 0 without them.
    restart: usize,
    scans: usize,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let mut at = 2;
        loop {
            let &[start, code] = self.bytes.get(at..at + 2).ok_or(Stop::Cut)? else { return Err(Stop::Cut) };
            match (start, code) {
                (0xff, 0xd9) => return self.complete(),
                (0xff, 0xff) => at += 1,
                // stuffed zeros and restart markers behind a scan that was complete
                (0xff, 0x00 | 0x01 | 0xd0..=0xd8) => at += 2,
                (0xff, _) => {
                    let length = self.bytes.get(at + 2..at + 4).ok_or(Stop::Cut)?;
                    let length = usize::from(length[0]) * 256 + usize::from(length[1]);
                    let content = self.bytes.get(at + 4..at + 2 + length.max(2)).ok_or(Stop::Cut)?;
                    at += 2 + length.max(2);
                    if let Some(end) = self.segment(code, content, at)? {
                        at = end;
                    }
                }
                _ => at += self.bytes[at..].iter().position(|&byte| byte == 0xff).ok_or(Stop::Cut)?,
            }
        }
    }

    /// Takes in a segment; of a scan, walks its data and returns where they end.
    fn segment(&mut self, code: u8, content: &[u8], at: usize) -> Result<Option<usize>, Stop> {
        match code {
            0xc0..=0xc2 => self.frame = Some(Frame::read(content, code == 0xc2).ok_or(Stop::Foreign)?),
            0xc4 => self.huffman(content).ok_or(Stop::Foreign)?,
            0xc3 | 0xc5..=0xcf | 0xdc => return Err(Stop::Foreign),
            0xdd => {
                let &[high, low, ..] = content else { return Err(Stop::Foreign) };
                self.restart = usize::from(high) * 256 + usize::from(low);
            }
            0xda => return self.scan(content, at).map(Some),
            _ => {}
        }
        Ok(None)
    }

    fn huffman(&mut self, mut content: &[u8]) -> Option<()> {
        while !content.is_empty() {
            let (kind, id) = (usize::from(content[0] >> 4), usize::from(content[0] & 15));
            let (table, length) = Table::read(&content[1..])?;
            *self.tables.get_mut(kind)?.get_mut(id)? = Some(table);
            content = &content[1 + length..];
        }
        Some(())
    }

    fn scan(&mut self, content: &[u8], at: usize) -> Result<usize, Stop> {
        let frame = self.frame.as_mut().ok_or(Stop::Foreign)?;
        let scan = Scan::read(content, frame, &self.tables).ok_or(Stop::Foreign)?;
        self.scans += 1;
        let mut bits = Bits::new(self.bytes, at);
        match scan.walk(frame, &mut bits, self.restart) {
            Ok(()) => Ok(bits.marker()),
            Err((flaw, share)) => Err(Stop::Flaw { flaw, at: bits.marker(), share }),
        }
    }

    fn complete(&self) -> Result<(), Stop> {
        let frame = self.frame.as_ref().ok_or(Stop::Foreign)?;
        let all = frame.components.iter().all(|component: &Component| component.is_seen);
        if all { Ok(()) } else { Err(Stop::Incomplete) }
    }
}
