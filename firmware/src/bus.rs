//! The control bus: all that firmware sees of the hardware.
//!
//! Every access is a future. On the soft core it is ready at once, because the
//! core itself waits for the bus; hosted in a simulator it is pending until the
//! bus cycles of the access have passed, so the same code runs clock for clock.

use crate::stream::Checksums;

/// A master port on the control bus. Addresses: `slackwater_regs::control`.
pub trait ControlBus {
    /// What keeps the checksums of the stream.
    type Checksums: Checksums;
    /// Reads the word at a byte address.
    fn read(&mut self, address: u32) -> impl Future<Output = u32>;
    /// Writes the word at a byte address; done when the hardware has taken it.
    fn write(&mut self, address: u32, data: u32) -> impl Future<Output = ()>;
    /// Reads words one after the other from `from` on, adds each to the checksums, and writes it
    /// from `to` on. A soft core does this in a loop of its own: nearly all its time goes here.
    fn move_words(
        &mut self,
        from: u32,
        to: u32,
        words: u32,
        sums: &mut Self::Checksums,
    ) -> impl Future<Output = ()> {
        async move {
            for offset in (0..words).map(|word| 4 * word) {
                let word = self.read(from + offset).await;
                sums.add(word);
                self.write(to + offset, word).await;
            }
        }
    }
    /// Bytes of the bank beside the one whose image runs, 0 where the image cannot be replaced.
    const OTHER_BANK_BYTES: u32 = 0;
    /// Reads a word of the other bank, at an offset within it.
    fn read_other_bank(&mut self, _offset: u32) -> impl Future<Output = u32> {
        async { 0 }
    }
    /// Writes a word of the other bank, at an offset within it.
    fn write_other_bank(&mut self, _offset: u32, _data: u32) -> impl Future<Output = ()> {
        async {}
    }
    /// Starts the image in the other bank; where there is one, this never comes back.
    fn exchange_banks(&mut self) -> impl Future<Output = ()> {
        async {}
    }
    /// Waits until the event line is high. May come back early.
    fn wait_for_event(&mut self) -> impl Future<Output = ()>;
}
