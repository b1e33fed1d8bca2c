//! CRC-32 (IEEE 802.3, as zlib's).
//!
//! A table of 1 KiB, a byte a step: messages are a few KiB at most, and the tables of faster ways would be 16 KiB of
//! every Envoy's module.

#[allow(
    clippy::indexing_slicing,
    reason = "done by the compiler, which would refuse a place outside"
)]
const TABLE: [u32; 256] = {
    let mut table = [0u32; 256];
    let mut index = 0;
    while index < 256 {
        let mut sum = index as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & 0u32.wrapping_sub(sum & 1));
            bit += 1;
        }
        table[index] = sum;
        index += 1;
    }
    table
};

/// The checksum of these bytes.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        let [low, ..] = sum.to_le_bytes();
        let index = usize::from(low ^ byte);
        (sum >> 8) ^ TABLE.get(index).copied().unwrap_or_default()
    };
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_value() {
        // The algorithm's published check: of the digits 1 to 9.
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(super::crc32(b""), 0);
    }
}
