//! The compiled price table: unpacked once, and looked up where it lies.
//!
//! The file is the unpacked length (u32) and a zlib stream, which halves the room it takes in the module. In it:
//!
//! ```text
//! "WEIRPRC1"  u32 × 5: origin's length, rates, cards, restarts, names' length   (little-endian throughout)
//! origin      text: what it was made from
//! rates       (u64 mantissa, u8 scale) each: dollars = mantissa / 10^scale
//! cards       u16 × 6 each: input, output, cache read, cache write, cache write 1 h, reasoning; rate + 1, 0 for none
//! restarts    u32 each: where in the names every 16th begins
//! names       sorted; each: u8 bytes shared with the one before, u8 length of the rest, the rest, u16 card
//! ```

use super::rate::PLACES;
use super::{Rate, Rates};
use std::sync::OnceLock;

const PACKED: &[u8] = include_bytes!("../../../prices/prices.bin");

/// The table's bytes; empty where they cannot be unpacked (a test sees to it that they can).
fn table() -> &'static [u8] {
    static TABLE: OnceLock<Vec<u8>> = OnceLock::new();
    TABLE.get_or_init(|| unpack().unwrap_or_default())
}

fn unpack() -> Option<Vec<u8>> {
    let length = u32_at(PACKED, 0)?;
    miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(PACKED.get(4..)?, length).ok()
}

const HEAD: usize = 28;
const RATE: usize = 9;
const CARD: usize = 12;
const BLOCK: usize = 16;

/// What the table was made from: the package, its version and date.
pub fn origin() -> &'static str {
    Table::read(table())
        .and_then(|table| std::str::from_utf8(table.origin).ok())
        .unwrap_or_default()
}

/// The rates of the row of exactly this name.
pub(super) fn rates(name: &[u8]) -> Option<Rates> {
    Table::read(table())?.find(name)
}

struct Table<'a> {
    origin: &'a [u8],
    rates: &'a [u8],
    cards: &'a [u8],
    restarts: &'a [u8],
    names: &'a [u8],
}

impl<'a> Table<'a> {
    /// Finds the table's parts; `None` where the bytes are no table.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(b"WEIRPRC1")?;
        let count = |index: usize| u32_at(rest, index.checked_mul(4)?);
        let lengths = [
            count(0)?,
            count(1)?.checked_mul(RATE)?,
            count(2)?.checked_mul(CARD)?,
            count(3)?.checked_mul(4)?,
            count(4)?,
        ];
        let mut rest = bytes.get(HEAD..)?;
        let mut parts: [&[u8]; 5] = [&[]; 5];
        for (part, length) in parts.iter_mut().zip(lengths) {
            (*part, rest) = rest.split_at_checked(length)?;
        }
        let [origin, rates, cards, restarts, names] = parts;
        Some(Table {
            origin,
            rates,
            cards,
            restarts,
            names,
        })
    }

    fn find(&self, name: &[u8]) -> Option<Rates> {
        // The last block whose first name is not after the one sought.
        let (mut low, mut high) = (0usize, self.restarts.len().div_euclid(4));
        while low < high {
            let middle = low.saturating_add(high).div_euclid(2);
            if self.first(middle)? <= name {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        let mut at = self.restart(low.checked_sub(1)?)?;
        // How many bytes of the sought name the current row shares with it.
        let mut matched = 0usize;
        for _ in 0..BLOCK {
            let (shared, rest, card, next) = self.row(at)?;
            if shared < matched {
                // This row parts from the sought name earlier than the one before did: it lies behind it.
                return None;
            }
            if shared == matched {
                let sought = name.get(matched..)?;
                let same = sought.iter().zip(rest).take_while(|(a, b)| a == b).count();
                matched = matched.saturating_add(same);
                if same == rest.len() && same == sought.len() {
                    return self.card(card);
                }
            }
            at = next;
        }
        None
    }

    fn restart(&self, index: usize) -> Option<usize> {
        u32_at(self.restarts, index.checked_mul(4)?)
    }

    fn first(&self, block: usize) -> Option<&'a [u8]> {
        let (_, name, _, _) = self.row(self.restart(block)?)?;
        Some(name)
    }

    /// A row: bytes shared, the rest of its name, its card, where the next begins.
    fn row(&self, at: usize) -> Option<(usize, &'a [u8], usize, usize)> {
        let row = self.names.get(at..)?;
        let shared = usize::from(*row.first()?);
        let length = usize::from(*row.get(1)?);
        let end = length.checked_add(2)?;
        let rest = row.get(2..end)?;
        let card = u16_at(row, end)?;
        Some((shared, rest, card, at.checked_add(end)?.checked_add(2)?))
    }

    fn card(&self, index: usize) -> Option<Rates> {
        let start = index.checked_mul(CARD)?;
        let rate = |column: usize| {
            let place = u16_at(self.cards, start.checked_add(column.checked_mul(2)?)?)?;
            self.rate(place.checked_sub(1)?)
        };
        u16_at(self.cards, start)?;
        Some(Rates {
            input: rate(0).unwrap_or_default(),
            output: rate(1).unwrap_or_default(),
            cache_read: rate(2),
            cache_write: rate(3),
            cache_write_1h: rate(4),
            reasoning: rate(5),
        })
    }

    fn rate(&self, index: usize) -> Option<Rate> {
        let start = index.checked_mul(RATE)?;
        let bytes = self.rates.get(start..start.checked_add(RATE)?)?;
        let (mantissa, scale) = bytes.split_first_chunk::<8>()?;
        let places = PLACES.checked_sub(u32::from(*scale.first()?))?;
        let mantissa = u128::from(u64::from_le_bytes(*mantissa));
        Some(Rate(mantissa.checked_mul(10u128.checked_pow(places)?)?))
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..)?.first_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*four)).ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let two = bytes.get(at..)?.first_chunk::<2>()?;
    Some(usize::from(u16::from_le_bytes(*two)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the bytes, a look-up ends and does not panic.
        #[test]
        fn any_table_can_be_read(tail in prop::collection::vec(any::<u8>(), 0..400), flips in prop::collection::vec((0usize..90_000, any::<u8>()), 0..20)) {
            let mut bytes = b"WEIRPRC1".to_vec();
            bytes.extend_from_slice(&tail);
            let mut damaged = table().to_vec();
            for (place, byte) in flips {
                if let Some(slot) = damaged.get_mut(place) {
                    *slot = byte;
                }
            }
            for bytes in [&bytes, &damaged] {
                if let Some(table) = Table::read(bytes) {
                    for name in ["gpt-4o", "", "zzz"] {
                        let _ = table.find(name.as_bytes());
                    }
                }
            }
        }
    }
}
