//! One beat of a TLP stream, as it travels through the core.
//!
//! 7-series AXIS convention: raw TLP, DW0 first in the low lane. A beat is a
//! struct of 32-bit words because RustHDL simulates words above 32 bits several
//! times slower.

use rust_hdl::prelude::*;

/// One beat: two DWs, which of them are valid, and whether the TLP ends here.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Beat {
    /// First DW.
    pub lo: Bits<32>,
    /// Second DW; meaningful only if bit 1 of `keep` is set.
    pub hi: Bits<32>,
    /// Bit i: DW i is valid. All ones but for the last beat.
    pub keep: Bits<2>,
    /// Last beat of the TLP.
    pub last: Bit,
}
