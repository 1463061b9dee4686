//! The control bus: all that firmware sees of the hardware.
//!
//! Every access is a future. On the soft core it is ready at once, because the
//! core itself waits for the bus; hosted in a simulator it is pending until the
//! bus cycles of the access have passed, so the same code runs clock for clock.

/// A master port on the control bus. Addresses: `slackwater_regs::control`.
pub trait ControlBus {
    /// Reads the word at a byte address.
    fn read(&mut self, address: u32) -> impl Future<Output = u32>;
    /// Writes the word at a byte address; done when the hardware has taken it.
    fn write(&mut self, address: u32, data: u32) -> impl Future<Output = ()>;
    /// Waits until the event line is high. May come back early.
    fn wait_for_event(&mut self) -> impl Future<Output = ()>;
}
