//! The counters of the core.

use slackwater_regs::bar2;

/// Names a counter of BAR2.
macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident $offset:ident,)*) => {
        /// A counter of the core.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Counter {
            $($(#[$doc])* $name,)*
        }

        impl Counter {
            /// All counters, in the order of their registers.
            pub const ALL: [Self; [$(bar2::$offset),*].len()] = [$(Self::$name),*];

            /// Offset in BAR2.
            pub const fn offset(self) -> u32 {
                match self { $(Self::$name => bar2::$offset,)* }
            }

            /// Name of the register.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($offset),)* }
            }
        }
    };
}

counters! {
    /// Marks that reached the log.
    Marks COUNT_MARKS,
    /// Tracked writes whose address lies in no range.
    Outside COUNT_OUTSIDE,
    /// Reads of a frozen device.
    FrozenReads COUNT_FROZEN_READS,
    /// Writes to a frozen device.
    FrozenWrites COUNT_FROZEN_WRITES,
    /// BAR2 requests of others than the owner.
    NotOwner COUNT_NOT_OWNER,
    /// Malformed or poisoned TLPs.
    Malformed COUNT_MALFORMED,
    /// Completions that match no request.
    Unexpected COUNT_UNEXPECTED,
    /// Non-posted requests of the device that timed out.
    Timeouts COUNT_TIMEOUTS,
    /// Memory writes of the device.
    DmaWrites COUNT_DMA_WRITES,
    /// Non-posted requests of the device.
    DmaReads COUNT_DMA_READS,
    /// Interrupts that were let through.
    Interrupts COUNT_INTERRUPTS,
    /// Cycles since power-up.
    Cycles COUNT_CYCLES,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [`crate::Device::counters`] reads them as one block.
    #[test]
    fn counters_are_consecutive() {
        for (i, counter) in Counter::ALL.into_iter().enumerate() {
            assert_eq!(counter.offset(), 0x180 + 4 * i as u32, "{}", counter.name());
        }
    }
}
