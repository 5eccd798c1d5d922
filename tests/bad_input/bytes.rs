//! Checkpoints that say something else.

/// A checkpoint whose header has `to` where it has `from`, of another length.
pub fn inserted(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (length, rest) = bytes.split_at(8);
    let (header, data) = rest.split_at(u64::from_le_bytes(length.try_into().expect("eight bytes")) as usize);
    let at = header.windows(from.len()).position(|part| part == from).expect("it is there");
    let mut header = [&header[..at], to, &header[at + from.len()..]].concat();
    header.resize(header.len().next_multiple_of(8), b' ');
    [&(header.len() as u64).to_le_bytes()[..], &header, data].concat()
}

/// `bytes` with the one place that reads `from` changed to `to`, of the same length.
pub fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = (0..bytes.len() - from.len()).filter(|&at| bytes[at..].starts_with(from)).collect();
    assert_eq!(places.len(), 1, "{:?} is there once", String::from_utf8_lossy(from));
    let mut changed = bytes.to_vec();
    changed[places[0]..][..to.len()].copy_from_slice(to);
    changed
}
