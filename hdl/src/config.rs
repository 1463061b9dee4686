//! What an integrator chooses when the core is built.

use slackwater_regs::accelerator;
use slackwater_regs::bar2::{RANGE_COUNT, capabilities};
use slackwater_regs::control::MAX_STATE_WORDS;

/// log2 of the pages of the log: 2^15 words of 32 bits.
pub const LOG_PAGES_LOG2: u32 = 20;

/// Parameters of one core. All become constants of the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreConfig {
    /// Type of the device, compared by the migration stream.
    pub device_type: u32,
    /// Words behind the state port, at most `MAX_STATE_WORDS`.
    pub state_words: u32,
    /// Clock in Hz, told to the host.
    pub clock_hz: u32,
    /// The device can stop its DMA while it runs.
    pub ndma: bool,
    /// The host is told that it may read and clear the log while the device writes. The log can do
    /// it; a core that does not say so is for tests of what has to do without.
    pub atomic_clear: bool,
    /// The device pulses its dirty line.
    pub internal_log: bool,
    /// The device can raise page requests. Counts only together with `ndma` (rules F3, O3).
    pub page_requests: bool,
}

impl Default for CoreConfig {
    /// The workload device at 125 MHz with everything.
    fn default() -> Self {
        Self {
            device_type: accelerator::DEVICE_TYPE,
            state_words: accelerator::STATE_WORDS,
            clock_hz: 125_000_000,
            ndma: true,
            atomic_clear: true,
            internal_log: true,
            page_requests: true,
        }
    }
}

impl CoreConfig {
    /// Whether the device may raise page requests: not without NDMA, which lets the host answer
    /// the last of them before the VCPUs stop.
    pub fn has_page_requests(&self) -> bool {
        self.page_requests && self.ndma
    }

    /// The CAPABILITIES register.
    pub fn capabilities(&self) -> u32 {
        let mut word = RANGE_COUNT << capabilities::RANGES_SHIFT
            | LOG_PAGES_LOG2 << capabilities::LOG_PAGES_SHIFT;
        if self.atomic_clear {
            word |= capabilities::ATOMIC_CLEAR;
        }
        if self.ndma {
            word |= capabilities::NDMA;
        }
        if self.internal_log {
            word |= capabilities::INTERNAL_LOG;
        }
        if self.has_page_requests() {
            word |= capabilities::PAGE_REQUESTS;
        }
        word
    }

    /// The CONFIG_HASH register: FNV-1a over what a stream's contents depend on.
    pub fn config_hash(&self) -> u32 {
        [self.device_type, self.state_words]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .fold(0x811c_9dc5, |hash, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
            })
    }

    /// The same configuration, or what is wrong with it.
    pub fn checked(self) -> Result<Self, String> {
        if self.state_words == 0 || self.state_words > MAX_STATE_WORDS {
            return Err(format!(
                "{} state words: the state port holds 1 to {MAX_STATE_WORDS}",
                self.state_words
            ));
        }
        Ok(self)
    }
}
