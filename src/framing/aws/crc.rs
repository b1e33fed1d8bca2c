//! CRC-32 (IEEE 802.3, as zlib's), eight bytes a step.

use std::sync::OnceLock;

/// What each byte's value comes to, as the last of a step's bytes, the one before, and so on.
type Tables = [[u32; 256]; 8];

/// Made when they are first asked for: 8 KiB that the module need not have.
fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables = [[0; 256]; 8];
        for (value, byte) in (0u8..=255).enumerate() {
            let mut sum = u32::from(byte);
            for table in &mut tables {
                for _ in 0..8 {
                    sum = (sum >> 1) ^ (0xedb8_8320 & 0u32.wrapping_sub(sum & 1));
                }
                if let Some(slot) = table.get_mut(value) {
                    *slot = sum;
                }
            }
        }
        tables
    })
}

/// The checksum of these bytes.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let [last, before @ ..] = tables();
    let of = |table: &[u32; 256], byte: u8| table.get(usize::from(byte)).copied().unwrap_or(0);
    let (steps, rest) = bytes.as_chunks::<8>();
    let mut sum = !0u32;
    for step in steps {
        let [a, b, c, d, e, f, g, h] = (u64::from_le_bytes(*step) ^ u64::from(sum)).to_le_bytes();
        let [t1, t2, t3, t4, t5, t6, t7] = before;
        sum = of(t7, a)
            ^ of(t6, b)
            ^ of(t5, c)
            ^ of(t4, d)
            ^ of(t3, e)
            ^ of(t2, f)
            ^ of(t1, g)
            ^ of(last, h);
    }
    for byte in rest {
        let [low, ..] = sum.to_le_bytes();
        sum = (sum >> 8) ^ of(last, low ^ byte);
    }
    !sum
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
