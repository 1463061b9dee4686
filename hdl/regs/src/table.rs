//! All BAR2 registers as data, for the Markdown reference and for tests that walk them.

use crate::bar2;
use core::fmt::{self, Write};

/// How a register may be accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only; writes are ignored.
    Ro,
    /// Read and write.
    Rw,
    /// A command: a write with a new sequence number acts once; reads give the last one.
    Command,
}

/// One register.
#[derive(Clone, Copy, Debug)]
pub struct Register {
    /// Offset in bytes.
    pub offset: u32,
    /// Name, as the constant in [`crate::bar2`].
    pub name: &'static str,
    /// How it may be accessed.
    pub access: Access,
    /// What it is.
    pub meaning: &'static str,
}

macro_rules! registers {
    ($($name:ident $access:ident $meaning:literal,)*) => {
        /// The registers of BAR2 in order of offset, ranges and windows aside.
        pub const REGISTERS: &[Register] = &[$(Register {
            offset: bar2::$name,
            name: stringify!($name),
            access: Access::$access,
            meaning: $meaning,
        },)*];
    };
}

registers! {
    MAGIC Ro "`0x534c4b57`, \"SLKW\"",
    VERSION Ro "version of the register map, major in 31:16, minor in 15:0",
    DEVICE_TYPE Ro "type of the device behind the core",
    CONFIG_HASH Ro "hash of what must be equal for a stream to be loadable",
    CAPABILITIES Ro "0 NDMA, 1 atomic clear, 2 internal log, 3 page requests, 15:8 ranges, 23:16 log2 of the log's pages",
    STATE_WORDS Ro "32-bit words behind the state port",
    OWNER Rw "15:0 requester ID that may use BAR2",
    CLOCK_HZ Ro "clock of the core in Hz",
    STATE_REQUEST Command "3:0 requested device_state, 31:24 sequence",
    STATE Ro "3:0 device_state, 5:4 outcome, 8 pending, 31:24 sequence",
    STATE_REASON Ro "why the last request failed",
    STATUS Ro "0 quiesced, 1 gate closed, 2 frozen, 3 resetting, 4 tx busy, 5 marks pending, 13:8 outstanding",
    WATCHDOG_CYCLES Rw "cycles until an unanswered request ends in ERROR",
    COMPLETION_TIMEOUT_CYCLES Rw "a non-posted request is given up after one to two times this",
    DEVICE_RESET Command "0 busy, 31:24 sequence: VFIO_DEVICE_RESET",
    PAGE_REQUESTS Ro "5:0 page request groups outstanding, 31 a group index above 31 was used",
    LOG_COMMAND Command "3:0 operation, 12:8 chunk, 31:24 sequence",
    LOG_STATUS Ro "3:0 outcome, 4 busy, 5 tracking, 6 held, 7 incomplete, 12:8 chunk, 31:24 sequence",
    DIRTY_COUNT Ro "pages marked in the live log",
    CHUNK_SUMMARY Ro "bit c: chunk c of the live log has a mark",
    LINE_SUMMARY_LO Ro "bit l: line l of the snapshot window is not zero",
    LINE_SUMMARY_HI Ro "the same for lines 32 to 63",
    LOG_PAGES Ro "pages that the log can hold",
    WINDOW_COMMAND Command "3:0 operation, 20:8 bytes, 31:24 sequence",
    WINDOW_STATUS Ro "3:0 outcome, 4 busy, 7:6 end of stream, 20:8 bytes, 31:24 sequence",
    INITIAL_BYTES Ro "estimate of the first pass still to come",
    DIRTY_BYTES Ro "estimate of what was dirtied since it was streamed",
    FIRMWARE_FAULT Ro "7:0 why firmware has failed, 31:8 line or address",
    FIRMWARE_VERSION Ro "31:24 major, 23:16 minor, 15:0 patch of the firmware",
    FIRMWARE_CRC Ro "CRC-32C of the firmware's image",
    COUNT_MARKS Ro "marks that reached the log",
    COUNT_OUTSIDE Ro "tracked writes outside all ranges",
    COUNT_FROZEN_READS Ro "device BAR reads answered by the core",
    COUNT_FROZEN_WRITES Ro "device BAR writes discarded by the core",
    COUNT_NOT_OWNER Ro "BAR2 requests of another requester than the owner",
    COUNT_MALFORMED Ro "malformed, poisoned or useless TLPs dropped",
    COUNT_UNEXPECTED Ro "completions and PRG Responses that match no request, or came too late",
    COUNT_TIMEOUTS Ro "non-posted requests that timed out",
    COUNT_DMA_WRITES Ro "memory writes of the device",
    COUNT_DMA_READS Ro "non-posted requests of the device",
    COUNT_INTERRUPTS Ro "interrupts let through",
    COUNT_CYCLES Ro "cycles since power-up",
}

/// Writes the Markdown reference of the register map.
pub fn write_reference(out: &mut dyn Write) -> fmt::Result {
    writeln!(
        out,
        "# Register map {}.{}\n\nMade from `hdl/regs/src/table.rs`; a test fails when this page is stale.\n",
        bar2::VERSION_VALUE >> 16,
        bar2::VERSION_VALUE & 0xffff
    )?;
    writeln!(
        out,
        "BAR{}, {} KiB, 32-bit little-endian words. No read has a side effect.\n\n| offset | name | access | meaning |\n|---|---|---|---|",
        bar2::BAR,
        bar2::BAR2_BYTES / 1024
    )?;
    for register in REGISTERS {
        let access = match register.access {
            Access::Ro => "RO",
            Access::Rw => "RW",
            Access::Command => "command",
        };
        writeln!(
            out,
            "| `0x{:03x}` | {} | {access} | {} |",
            register.offset, register.name, register.meaning
        )?;
    }
    for (offset, name, meaning) in [
        (bar2::RANGE_BASE_LO, "BASE_LO", "IOVA 31:0"),
        (bar2::RANGE_BASE_HI, "BASE_HI", "IOVA 63:32"),
        (bar2::RANGE_UNITS, "UNITS", "length in 4 KiB units"),
        (
            bar2::RANGE_CONFIG,
            "CONFIG",
            "31 enable, 28:24 page shift (12 to 30), 14:0 first word in the bitmap",
        ),
    ] {
        writeln!(
            out,
            "| `0x{:03x}` + {:#x} i | RANGE[i].{name} | RW | {meaning}, i < {} |",
            bar2::RANGE_BASE + offset,
            bar2::RANGE_STRIDE,
            bar2::RANGE_COUNT
        )?;
    }
    writeln!(
        out,
        "| `0x{:04x}` | snapshot window | RO | {} bytes, one chunk of the log |",
        bar2::SNAPSHOT_WINDOW,
        bar2::WINDOW_BYTES
    )?;
    writeln!(
        out,
        "| `0x{:04x}` | data window | RW | {} bytes of the migration stream |",
        bar2::DATA_WINDOW,
        bar2::WINDOW_BYTES
    )
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::String;

    /// A shared table shares its mistakes: a few offsets are pinned as literals.
    #[test]
    fn literal_offsets() {
        assert_eq!(bar2::STATE, 0x24);
        assert_eq!(bar2::PAGE_REQUESTS, 0x3c);
        assert_eq!(bar2::LOG_COMMAND, 0x40);
        assert_eq!(bar2::WINDOW_STATUS, 0x84);
        assert_eq!(bar2::DATA_WINDOW, 0x2000);
        assert_eq!(crate::state::ERROR, 6);
    }

    #[test]
    fn offsets_ascend_and_are_words() {
        for pair in REGISTERS.windows(2) {
            assert!(pair[0].offset < pair[1].offset, "{}", pair[1].name);
        }
        assert!(REGISTERS.iter().all(|r| r.offset % 4 == 0));
    }

    /// `SLACKWATER_BLESS=1 cargo test -p slackwater-regs` writes the page anew.
    #[test]
    fn the_reference_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/REGISTERS.md");
        let mut text = String::new();
        write_reference(&mut text).unwrap();
        if std::env::var_os("SLACKWATER_BLESS").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            page == text,
            "{path} is stale: run this test with SLACKWATER_BLESS=1"
        );
    }
}
