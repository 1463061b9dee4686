//! Bus addresses of the BARs, and the requester IDs of the cards.

use slackwater_regs::{accelerator, bar2};

/// Where the BARs are on the bus: BAR0 at `base + card * stride`, BAR2 64 KiB above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Address of BAR0 of the first card.
    pub base: u64,
    /// Distance between two cards in bytes.
    pub stride: u64,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            base: 0xf000_0000,
            stride: 0x10_0000,
        }
    }
}

impl Layout {
    /// Size of a BAR in bytes, if there is one.
    pub fn bar_bytes(&self, bar: u8) -> Option<u64> {
        match bar {
            accelerator::BAR => Some(u64::from(accelerator::BAR_BYTES)),
            bar2::BAR => Some(u64::from(bar2::BAR2_BYTES)),
            _ => None,
        }
    }

    /// Distance of a BAR from the card's base in bytes.
    fn bar_offset(&self, bar: u8) -> Option<u64> {
        match bar {
            accelerator::BAR => Some(0),
            bar2::BAR => Some(0x1_0000),
            _ => None,
        }
    }

    /// Bus address of a BAR.
    pub fn bar_address(&self, card: usize, bar: u8) -> Option<u64> {
        Some(self.base + card as u64 * self.stride + self.bar_offset(bar)?)
    }

    /// The card and the BAR hit of a bus address.
    pub fn decode(&self, address: u64) -> Option<(usize, u8)> {
        let offset = address.checked_sub(self.base)?;
        let card = usize::try_from(offset / self.stride).ok()?;
        let bar = [0, 2].into_iter().find(|&bar| {
            let within = self.bar_offset(bar).zip(self.bar_bytes(bar));
            within.is_some_and(|(start, size)| {
                (start..start + size).contains(&(offset % self.stride))
            })
        })?;
        Some((card, 1 << bar))
    }
}

/// Requester ID of a card: device 0, function 0 on a bus of its own behind its root port.
pub fn card_id(card: usize) -> u16 {
    (card as u16 + 1) << 8
}
