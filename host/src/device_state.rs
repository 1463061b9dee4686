//! device_state: the bits, their names, and the states of Linux VFIO v2.

use slackwater_regs::state;
use std::fmt;

/// A device_state: any combination of its four bits.
///
/// Not every value is a state that may be requested, see [`DeviceState::is_valid`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeviceState(u32);

impl DeviceState {
    /// No bit set: the device is halted.
    pub const STOP: Self = Self(0);
    /// Normal operation.
    pub const RUNNING: Self = Self(state::RUNNING);
    /// The device runs but issues no new DMA.
    pub const RUNNING_NDMA: Self = Self(state::NDMA | state::RUNNING);
    /// Pre-copy: the device runs and streams its state.
    pub const PRE_COPY: Self = Self(state::SAVING | state::RUNNING);
    /// Pre-copy without new DMA: the grace states of the save flow.
    pub const PRE_COPY_NDMA: Self = Self(state::SAVING | state::NDMA | state::RUNNING);
    /// Stop-copy: the device is stopped and streams what is left of its state.
    pub const SAVING: Self = Self(state::SAVING);
    /// The device takes a state in.
    pub const RESUMING: Self = Self(state::RESUMING);
    /// Left by a device reset only.
    pub const ERROR: Self = Self(state::ERROR);

    /// The state with these bits; bits above the four of device_state are dropped.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & state::MASK)
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// True if this state may be requested.
    pub const fn is_valid(self) -> bool {
        state::is_valid(self.0)
    }

    /// True if the RUNNING bit is set.
    pub const fn is_running(self) -> bool {
        self.0 & state::RUNNING != 0
    }

    /// True if the device streams out: SAVING is set and it is not ERROR.
    pub const fn is_saving(self) -> bool {
        self.0 & state::SAVING != 0 && !self.is_error()
    }

    /// True if the device takes a stream in: RESUMING is set and it is not ERROR.
    pub const fn is_resuming(self) -> bool {
        self.0 & state::RESUMING != 0 && !self.is_error()
    }

    /// True if the NDMA bit is set.
    pub const fn is_ndma(self) -> bool {
        self.0 & state::NDMA != 0
    }

    /// True if SAVING and RESUMING are both set.
    pub const fn is_error(self) -> bool {
        self.0 & state::ERROR == state::ERROR
    }

    /// The same state with NDMA set.
    pub const fn with_ndma(self) -> Self {
        Self(self.0 | state::NDMA)
    }

    /// The v2 state that these bits stand for. Combinations that v2 has no name
    /// for (NDMA in a stopped state, or bits that are no state) give `None`.
    pub fn v2(self) -> Option<V2State> {
        if self.is_error() {
            return Some(V2State::Error);
        }
        V2State::ALL.into_iter().find(|v2| Self::from(*v2) == self)
    }
}

/// As the seed writes it: `SAVING|NDMA|RUNNING`; `STOP` for no bit, `ERROR` for SAVING with RESUMING.
impl fmt::Display for DeviceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: &[(u32, &str)] = if self.is_error() {
            &[
                (state::ERROR, "ERROR"),
                (state::NDMA, "NDMA"),
                (state::RUNNING, "RUNNING"),
            ]
        } else {
            &[
                (state::SAVING, "SAVING"),
                (state::RESUMING, "RESUMING"),
                (state::NDMA, "NDMA"),
                (state::RUNNING, "RUNNING"),
            ]
        };
        if self.0 == 0 {
            return f.write_str("STOP");
        }
        let mut separator = "";
        for (_, name) in names.iter().filter(|(bits, _)| self.0 & bits != 0) {
            write!(f, "{separator}{name}")?;
            separator = "|";
        }
        Ok(())
    }
}

/// The device states of Linux VFIO migration v2 (`enum vfio_device_mig_state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum V2State {
    /// Failed; left by a reset only.
    Error,
    /// Halted.
    Stop,
    /// Normal operation.
    Running,
    /// Halted, streams out.
    StopCopy,
    /// Takes a stream in.
    Resuming,
    /// Runs, but issues no peer-to-peer DMA (here: no DMA at all).
    RunningP2p,
    /// Runs and streams out.
    PreCopy,
    /// Streams out and runs, but issues no peer-to-peer DMA (here: no DMA at all).
    PreCopyP2p,
}

impl V2State {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Error,
        Self::Stop,
        Self::Running,
        Self::StopCopy,
        Self::Resuming,
        Self::RunningP2p,
        Self::PreCopy,
        Self::PreCopyP2p,
    ];

    /// The name, as in the kernel without its prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Stop => "STOP",
            Self::Running => "RUNNING",
            Self::StopCopy => "STOP_COPY",
            Self::Resuming => "RESUMING",
            Self::RunningP2p => "RUNNING_P2P",
            Self::PreCopy => "PRE_COPY",
            Self::PreCopyP2p => "PRE_COPY_P2P",
        }
    }
}

impl fmt::Display for V2State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<V2State> for DeviceState {
    fn from(v2: V2State) -> Self {
        match v2 {
            V2State::Error => Self::ERROR,
            V2State::Stop => Self::STOP,
            V2State::Running => Self::RUNNING,
            V2State::StopCopy => Self::SAVING,
            V2State::Resuming => Self::RESUMING,
            V2State::RunningP2p => Self::RUNNING_NDMA,
            V2State::PreCopy => Self::PRE_COPY,
            V2State::PreCopyP2p => Self::PRE_COPY_NDMA,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_seed() {
        for (bits, name) in [
            (0, "STOP"),
            (1, "RUNNING"),
            (2, "SAVING"),
            (3, "SAVING|RUNNING"),
            (4, "RESUMING"),
            (6, "ERROR"),
            (9, "NDMA|RUNNING"),
            (11, "SAVING|NDMA|RUNNING"),
            (14, "ERROR|NDMA"),
        ] {
            assert_eq!(DeviceState::from_bits(bits).to_string(), name);
        }
    }

    #[test]
    fn v2_maps_both_ways() {
        for v2 in V2State::ALL {
            assert_eq!(DeviceState::from(v2).v2(), Some(v2), "{v2}");
        }
        assert_eq!(
            DeviceState::from_bits(8).v2(),
            None,
            "NDMA alone has no v2 name"
        );
        assert_eq!(
            DeviceState::from_bits(5).v2(),
            None,
            "RESUMING|RUNNING is no state"
        );
        assert_eq!(DeviceState::from_bits(15).v2(), Some(V2State::Error));
    }
}
