//! PCI configuration space: what a guest finds, and what of it can be written.
//!
//! Sources: PCI Local Bus 3.0, section 6.1 (header) and 6.8.2 (MSI-X); PCI Express Base 4.0, section
//! 7.5.3 (PCI Express capability).

/// Bytes of a PCIe function's configuration space.
pub(crate) const CONFIG_BYTES: usize = 4096;
/// BAR with the MSI-X table and its pending bits.
pub(crate) const MSIX_BAR: u8 = 4;
/// Bytes of that BAR.
pub(crate) const MSIX_BAR_BYTES: u64 = 0x1000;
/// Where in it the pending bits are.
pub(crate) const PBA_OFFSET: u64 = 0x800;

/// Vendor and device that the 7-series PCIe core has when nobody changes them.
pub(crate) const VENDOR_ID: u16 = 0x10ee;
pub(crate) const DEVICE_ID: u16 = 0x7021;
const SUBSYSTEM_ID: u16 = 0x0007;
/// Processing accelerator.
const CLASS: [u8; 3] = [0x00, 0x00, 0x12];

const COMMAND: usize = 0x04;
const STATUS: usize = 0x06;
const BARS: usize = 0x10;
const CAPABILITIES: usize = 0x34;
/// PCI Express capability.
const EXPRESS: usize = 0x40;
/// MSI-X capability.
const MSIX: usize = 0x80;
const DEVICE_CONTROL: usize = EXPRESS + 0x08;
/// Initiate Function Level Reset.
const INITIATE_FLR: u16 = 1 << 15;

/// What a write has brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing but the bytes.
    Bytes,
    /// A function level reset is asked for.
    FunctionLevelReset,
}

/// Configuration space.
#[derive(Clone, Debug)]
pub struct ConfigSpace {
    bytes: Vec<u8>,
    /// Bits that can be written.
    writable: Vec<u8>,
}

/// Generation and lanes of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkStatus {
    /// 1 is 2.5 GT/s, 2 is 5 GT/s.
    pub generation: u8,
    /// Lanes.
    pub lanes: u8,
}

impl ConfigSpace {
    /// A function with this vendor and device ID, these BARs and so many interrupt vectors.
    pub fn new(
        ids: (u16, u16),
        bar_bytes: impl Fn(u8) -> Option<u64>,
        vectors: u16,
        link: LinkStatus,
    ) -> Self {
        let mut space = Self {
            bytes: vec![0; CONFIG_BYTES],
            writable: vec![0; CONFIG_BYTES],
        };
        let (vendor, device) = ids;
        space.put(0x00, &vendor.to_le_bytes());
        space.put(0x02, &device.to_le_bytes());
        // Memory space, bus master, interrupt disable; a capability list.
        space.allow(COMMAND, &0x0406_u16.to_le_bytes());
        space.put(STATUS, &0x0010_u16.to_le_bytes());
        space.put(0x09, &CLASS);
        space.allow(0x0c, &[0xff]);
        for bar in 0..6 {
            if let Some(bytes) = bar_bytes(bar) {
                // 32-bit memory; the address bits below the size read as zero.
                let mask = !(bytes as u32).wrapping_sub(1);
                space.allow(BARS + 4 * usize::from(bar), &mask.to_le_bytes());
            }
        }
        space.put(0x2c, &vendor.to_le_bytes());
        space.put(0x2e, &SUBSYSTEM_ID.to_le_bytes());
        space.put(CAPABILITIES, &[EXPRESS as u8]);
        space.allow(0x3c, &[0xff]);
        space.express(link);
        space.msix(vectors);
        space
    }

    fn express(&mut self, link: LinkStatus) {
        let LinkStatus { generation, lanes } = link;
        self.put(EXPRESS, &[0x10, MSIX as u8]);
        // Version 2, endpoint.
        self.put(EXPRESS + 0x02, &0x0002_u16.to_le_bytes());
        // Payloads of 256 bytes, 8-bit tags, role-based error reporting, function level reset.
        let capabilities: u32 = 1 | 1 << 5 | 1 << 15 | 1 << 28;
        self.put(EXPRESS + 0x04, &capabilities.to_le_bytes());
        // All but the reset bit, which reads as zero; read requests of 512 bytes.
        self.allow(DEVICE_CONTROL, &0x7fff_u16.to_le_bytes());
        self.put(DEVICE_CONTROL, &0x2810_u16.to_le_bytes());
        let speed = u32::from(generation) | u32::from(lanes) << 4;
        self.put(EXPRESS + 0x0c, &speed.to_le_bytes());
        // Link control: common clock, extended synch, ASPM.
        self.allow(EXPRESS + 0x10, &0x00c3_u16.to_le_bytes());
        self.put(EXPRESS + 0x12, &(speed as u16).to_le_bytes());
        // Completion timeout disable is supported.
        self.put(EXPRESS + 0x24, &0x0000_0010_u32.to_le_bytes());
        // Completion timeout, and AtomicOps of the device's own.
        self.allow(EXPRESS + 0x28, &0x005f_u16.to_le_bytes());
        let speeds: u32 = ((1 << generation.min(7)) - 1) << 1;
        self.put(EXPRESS + 0x2c, &speeds.to_le_bytes());
        self.put(EXPRESS + 0x30, &u16::from(generation).to_le_bytes());
    }

    fn msix(&mut self, vectors: u16) {
        self.put(MSIX, &[0x11, 0]);
        let control = vectors.saturating_sub(1) & 0x7ff;
        self.put(MSIX + 0x02, &control.to_le_bytes());
        // Enable and function mask.
        self.allow(MSIX + 0x02, &0xc000_u16.to_le_bytes());
        let bar = u32::from(MSIX_BAR);
        self.put(MSIX + 0x04, &bar.to_le_bytes());
        let pending = PBA_OFFSET as u32 | bar;
        self.put(MSIX + 0x08, &pending.to_le_bytes());
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn allow(&mut self, at: usize, mask: &[u8]) {
        self.writable[at..at + mask.len()].copy_from_slice(mask);
    }

    /// Reads bytes; `None` if they are not there.
    pub fn read(&self, offset: u64, bytes: usize) -> Option<&[u8]> {
        let start = usize::try_from(offset).ok()?;
        self.bytes.get(start..start.checked_add(bytes)?)
    }

    /// Writes bytes, where they can be written; `None` if they are not there.
    pub fn write(&mut self, offset: u64, from: &[u8]) -> Option<Written> {
        let start = usize::try_from(offset).ok()?;
        let places = start..start.checked_add(from.len())?;
        let targets = self.bytes.get_mut(places.clone())?;
        let masks = &self.writable[places.clone()];
        for ((target, mask), byte) in targets.iter_mut().zip(masks).zip(from) {
            *target = *target & !mask | byte & mask;
        }
        let high = DEVICE_CONTROL + 1;
        let reset = places.contains(&high) && from[high - start] & (INITIATE_FLR >> 8) as u8 != 0;
        Some(if reset {
            Written::FunctionLevelReset
        } else {
            Written::Bytes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> ConfigSpace {
        let link = LinkStatus {
            generation: 2,
            lanes: 1,
        };
        ConfigSpace::new(
            (VENDOR_ID, DEVICE_ID),
            |bar| [Some(0x1000), None, Some(0x1_0000), None, Some(0x1000), None][usize::from(bar)],
            1,
            link,
        )
    }

    #[test]
    fn bars_tell_their_sizes_and_what_is_fixed_stays() {
        let mut space = space();
        for (bar, size) in [(0, 0x1000), (1, 0), (2, 0x1_0000_u32)] {
            let at = (BARS + 4 * bar) as u64;
            space.write(at, &[0xff; 4]).unwrap();
            let read = space.read(at, 4).unwrap();
            let mask = u32::from_le_bytes([read[0], read[1], read[2], read[3]]);
            assert_eq!(mask, if size == 0 { 0 } else { !(size - 1) });
        }
        space.write(0, &[0; 4]).unwrap();
        assert_eq!(space.read(0, 2).unwrap(), VENDOR_ID.to_le_bytes());
        assert!(space.read(4095, 2).is_none() && space.read(u64::MAX, 1).is_none());
        assert!(space.write(4094, &[0; 4]).is_none());
    }

    /// The list ends, and holds what it must.
    #[test]
    fn capabilities_are_a_list() {
        let space = space();
        let mut found = Vec::new();
        let mut next = usize::from(space.bytes[CAPABILITIES]);
        while next != 0 {
            found.push(space.bytes[next]);
            next = usize::from(space.bytes[next + 1]);
            assert!(found.len() < 8);
        }
        assert_eq!(found, [0x10, 0x11]);
    }

    #[test]
    fn a_function_level_reset_is_asked_for_and_reads_as_zero() {
        let mut space = space();
        let at = DEVICE_CONTROL as u64;
        assert_eq!(
            space.write(at, &[0x10, 0xa8]),
            Some(Written::FunctionLevelReset)
        );
        assert_eq!(space.read(at, 2).unwrap(), [0x10, 0x28]);
        assert_eq!(space.write(at, &[0x10, 0x28]), Some(Written::Bytes));
        assert_eq!(
            space.write(at - 2, &[0, 0, 0, 0x80]),
            Some(Written::FunctionLevelReset)
        );
    }
}
