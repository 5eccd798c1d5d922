//! TFRecord, the form of event files: each record with its length and a checksum of both.
//! <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>

/// A record.
pub fn of(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(data.len() + 16);
    record.extend(length);
    record.extend(masked(&length).to_le_bytes());
    record.extend(data);
    record.extend(masked(data).to_le_bytes());
    record
}

/// A checksum in the form in which it is stored: rotated and shifted, since checksums of data that hold checksums are weak.
fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// For each byte, its part of the checksum: the polynomial of Castagnoli (RFC 3720, appendix B.4), bits reversed.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0x82f6_3b78 } else { sum >> 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

/// CRC-32C.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum: u32, byte| TABLE[usize::from(sum as u8 ^ byte)] ^ (sum >> 8))
}

/// The records of a file; none where a length or a checksum is wrong.
#[cfg(test)]
pub fn parse(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (sum, rest) = rest.split_first_chunk::<4>()?;
        let (data, rest) = rest.split_at_checked(u64::from_le_bytes(*length) as usize)?;
        let (data_sum, rest) = rest.split_first_chunk::<4>()?;
        if *sum != masked(length).to_le_bytes() || *data_sum != masked(data).to_le_bytes() {
            return None;
        }
        records.push(data);
        bytes = rest;
    }
    Some(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standard() {
        // RFC 3720, appendix B.4, and the usual check value
        let ascending: Vec<u8> = (0..32).collect();
        for (bytes, sum) in [
            (&b"123456789"[..], 0xe306_9283),
            (&[0; 32], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
            (&ascending, 0x46dd_794e),
            (b"", 0),
        ] {
            assert_eq!(crc32c(bytes), sum, "{bytes:?}");
        }
    }

    #[test]
    fn a_changed_bit_is_noticed() {
        let file = [of(b"one"), of(b""), of(b"three")].concat();
        assert_eq!(parse(&file).unwrap(), [&b"one"[..], b"", b"three"]);
        for at in 0..file.len() {
            let mut wrong = file.clone();
            wrong[at] ^= 4;
            assert_eq!(parse(&wrong), None, "byte {at}");
        }
    }
}
