//! A scan: which coefficients it has of which blocks, and how many bits they take (T.81, F.2.2 and G.1.2).

use super::bits::{Bits, Flaw};
use super::huffman::Table;
use crate::data::picture::MOST_PIXELS;

/// A colour of a frame.
pub(super) struct Component {
    id: u8,
    /// Blocks of an MCU, across and down.
    sampling: [usize; 2],
    /// Blocks of its own, across and down.
    blocks: [usize; 2],
    /// Which coefficients of each block are known not to be 0; of progressive frames.
    known: Vec<u64>,
    /// Whether there was a scan of it.
    pub is_seen: bool,
}

/// What a frame's header says.
pub(super) struct Frame {
    pub is_progressive: bool,
    pub components: Vec<Component>,
    /// MCUs across and down, where a scan has several components.
    units: [usize; 2],
}

impl Frame {
    pub fn read(content: &[u8], is_progressive: bool) -> Option<Self> {
        let &[8, h1, h0, w1, w0, count, ref rest @ ..] = content else { return None };
        let size = [usize::from(w1) * 256 + usize::from(w0), usize::from(h1) * 256 + usize::from(h0)];
        let parts = rest.get(..3 * usize::from(count))?.chunks_exact(3);
        let read = |part: &[u8]| (part[0], [usize::from(part[1] >> 4), usize::from(part[1] & 15)]);
        let parts: Vec<_> = parts.map(read).collect();
        let is_valid = parts.iter().all(|(_, sampling)| sampling.iter().all(|side| (1..=4).contains(side)));
        // of one that is not decoded, nothing is allocated
        let is_small = (size[0] * size[1]) as u64 <= MOST_PIXELS && !size.contains(&0);
        if !is_valid || parts.is_empty() || !is_small {
            return None;
        }
        let most = [0, 1].map(|axis| parts.iter().map(|(_, sampling)| sampling[axis]).max().unwrap_or(1));
        let component = |(id, sampling): (u8, [usize; 2])| {
            let blocks = [0, 1].map(|axis| (size[axis] * sampling[axis]).div_ceil(most[axis]).div_ceil(8));
            let known = if is_progressive { vec![0; blocks[0] * blocks[1]] } else { Vec::new() };
            Component { id, sampling, blocks, known, is_seen: false }
        };
        let units = [0, 1].map(|axis| size[axis].div_ceil(8 * most[axis]));
        Some(Frame { is_progressive, components: parts.into_iter().map(component).collect(), units })
    }
}

/// Which coefficients a scan has, and how they are coded.
pub(super) struct Scan<'a> {
    /// Component, and its tables of DC and AC coefficients.
    members: Vec<(usize, Option<&'a Table>, Option<&'a Table>)>,
    /// The first and the last coefficient.
    band: [usize; 2],
    /// Whether it adds a bit to coefficients of an earlier scan.
    refines: bool,
    is_progressive: bool,
}

/// What goes on from block to block.
#[derive(Default)]
struct Run {
    /// Blocks that follow without coefficients of their own.
    empty: u32,
}

impl<'a> Scan<'a> {
    pub fn read(content: &[u8], frame: &mut Frame, tables: &'a [[Option<Table>; 4]; 2]) -> Option<Self> {
        let count = usize::from(*content.first()?);
        let &[start, end, approximation] = content.get(1 + 2 * count..4 + 2 * count)? else { return None };
        let mut members = Vec::new();
        for pair in content[1..1 + 2 * count].chunks_exact(2) {
            let place = frame.components.iter().position(|component| component.id == pair[0])?;
            let table = |kind: usize, id: u8| tables[kind].get(usize::from(id)).and_then(Option::as_ref);
            members.push((place, table(0, pair[1] >> 4), table(1, pair[1] & 15)));
            frame.components[place].is_seen = true;
        }
        let is_progressive = frame.is_progressive;
        let band = if is_progressive { [usize::from(start), usize::from(end)] } else { [0, 63] };
        let scan = Scan { members, band, refines: is_progressive && approximation >> 4 != 0, is_progressive };
        let has_tables = scan
            .members
            .iter()
            .all(|(_, dc, ac)| (dc.is_some() || band[0] > 0 || scan.refines) && (ac.is_some() || band[1] == 0));
        let is_valid = (1..=4).contains(&count) && band[0] <= band[1] && band[1] <= 63;
        (is_valid && has_tables && (count == 1 || !is_progressive || band[1] == 0)).then_some(scan)
    }

    /// Walks through all blocks; if something is wrong, also how much of the scan was right.
    pub fn walk(&self, frame: &mut Frame, bits: &mut Bits, restart: usize) -> Result<(), (Flaw, f64)> {
        let mut units = frame.units;
        if let [(place, ..)] = self.members[..] {
            units = frame.components[place].blocks;
        }
        let total = units[0] * units[1];
        let mut run = Run::default();
        for unit in 0..total {
            let outcome = self.unit(frame, unit, bits, &mut run, restart);
            outcome.map_err(|flaw| (flaw, unit as f64 / total as f64))?;
        }
        Ok(())
    }

    fn unit(&self, frame: &mut Frame, unit: usize, bits: &mut Bits, run: &mut Run, restart: usize) -> Result<(), Flaw> {
        if restart > 0 && unit > 0 && unit.is_multiple_of(restart) {
            *run = Run::default();
            bits.restart()?;
        }
        for &(place, dc, ac) in &self.members {
            let component = &mut frame.components[place];
            let blocks = if self.members.len() == 1 { 1 } else { component.sampling[0] * component.sampling[1] };
            for _ in 0..blocks {
                match (self.is_progressive, self.band[0], self.refines) {
                    (true, 0, true) => bits.skip(1)?,
                    (true, 0, false) => difference(dc, bits)?,
                    (true, _, false) => self.first(ac, bits, run, &mut component.known[unit])?,
                    (true, _, true) => self.refine(ac, bits, run, &mut component.known[unit])?,
                    (false, ..) => {
                        difference(dc, bits)?;
                        coefficients(ac, bits)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The first bits of a band of AC coefficients.
    fn first(&self, table: Option<&Table>, bits: &mut Bits, run: &mut Run, known: &mut u64) -> Result<(), Flaw> {
        if run.empty > 0 {
            run.empty -= 1;
            return Ok(());
        }
        let table = table.ok_or(Flaw::Broken)?;
        let mut at = self.band[0];
        while at <= self.band[1] {
            let symbol = table.symbol(bits)?;
            let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            match (zeros, size) {
                (15, 0) => at += 16,
                (_, 0) => {
                    run.empty = (1 << zeros) - 1 + bits.take(zeros as u32)?;
                    break;
                }
                _ => {
                    at += zeros;
                    bits.skip(size)?;
                    *known |= 1u64.checked_shl(at as u32).filter(|_| at <= 63).ok_or(Flaw::Broken)?;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// One more bit of a band of AC coefficients, and coefficients that were 0 until now.
    fn refine(&self, table: Option<&Table>, bits: &mut Bits, run: &mut Run, known: &mut u64) -> Result<(), Flaw> {
        let table = table.ok_or(Flaw::Broken)?;
        let mut at = self.band[0];
        while run.empty == 0 && at <= self.band[1] {
            let symbol = table.symbol(bits)?;
            let (mut zeros, size) = (usize::from(symbol >> 4), symbol & 15);
            if size == 0 && zeros < 15 {
                run.empty = (1 << zeros) + bits.take(zeros as u32)?;
                break;
            }
            if size > 1 {
                return Err(Flaw::Broken);
            }
            bits.skip(u32::from(size))?;
            while at <= self.band[1] {
                if *known >> at & 1 == 1 {
                    bits.skip(1)?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                at += 1;
            }
            if size == 1 && at <= self.band[1] {
                *known |= 1 << at;
            }
            at += 1;
        }
        if run.empty > 0 {
            let rest = (at..=self.band[1]).filter(|&at| *known >> at & 1 == 1).count();
            for _ in 0..rest {
                bits.skip(1)?;
            }
            run.empty -= 1;
        }
        Ok(())
    }
}

/// A DC coefficient.
fn difference(table: Option<&Table>, bits: &mut Bits) -> Result<(), Flaw> {
    match table.ok_or(Flaw::Broken)?.symbol(bits)? {
        size @ 0..=15 => bits.skip(u32::from(size)),
        _ => Err(Flaw::Broken),
    }
}

/// The AC coefficients of a sequential block.
fn coefficients(table: Option<&Table>, bits: &mut Bits) -> Result<(), Flaw> {
    let table = table.ok_or(Flaw::Broken)?;
    let mut at = 1;
    while at < 64 {
        let symbol = table.symbol(bits)?;
        let (zeros, size) = (symbol >> 4, symbol & 15);
        match (zeros, size) {
            (15, 0) => at += 16,
            (_, 0) => break,
            _ => {
                at += zeros;
                if at > 63 {
                    return Err(Flaw::Broken);
                }
                bits.skip(u32::from(size))?;
                at += 1;
            }
        }
    }
    Ok(())
}
