//! The firmware takes its successor: [`Operation::Load`] and [`Operation::Start`].
//!
//! The image comes in parts of any order into the bank beside the running one. It is checked where
//! it lies, word by word as it will run, so that what the check saw is what starts. Nothing of it
//! is kept in mind between two commands: parts may come again, and an update that was
//! given up is written over by the next one.
//!
//! [`Operation::Load`]: slackwater_regs::window::Operation::Load
//! [`Operation::Start`]: slackwater_regs::window::Operation::Start

use crate::Firmware;
use crate::bus::ControlBus;
use crate::stream::Checksums;
use slackwater_regs::bar2::WINDOW_BYTES;
use slackwater_regs::control;
use slackwater_regs::soft_core::image;
use slackwater_regs::state::RUNNING;
use slackwater_regs::window::Outcome;

impl<B: ControlBus> Firmware<B> {
    /// Takes a part of an image from the window: its offset in the first word, then its words.
    pub(crate) async fn load(&mut self, present: u32, bytes: u32) -> Outcome {
        if present != RUNNING {
            return Outcome::WrongState;
        }
        if !(4..=WINDOW_BYTES).contains(&bytes) || !bytes.is_multiple_of(4) {
            return Outcome::BadLength;
        }
        let at = self.bus.read(control::DATA_WINDOW).await;
        let part_bytes = bytes - 4;
        let fits = at <= B::OTHER_BANK_BYTES && part_bytes <= B::OTHER_BANK_BYTES - at;
        if !fits || !at.is_multiple_of(4) {
            return Outcome::BadLength;
        }
        for offset in (0..part_bytes / 4).map(|word| 4 * word) {
            let word = self.bus.read(control::DATA_WINDOW + 4 + offset).await;
            self.bus.write_other_bank(at + offset, word).await;
        }
        Outcome::Ok
    }

    /// [`Outcome::Ok`] if what was loaded is a whole image and may start now.
    pub(crate) async fn check_loaded(&mut self, present: u32) -> Outcome {
        if present != RUNNING {
            return Outcome::WrongState;
        }
        let magic = self.bus.read_other_bank(image::MAGIC).await;
        let bytes = self.bus.read_other_bank(image::BYTES).await;
        let said = self.bus.read_other_bank(image::CRC).await;
        let is_length =
            (image::HEADER_BYTES..=B::OTHER_BANK_BYTES).contains(&bytes) && bytes.is_multiple_of(4);
        if magic != image::MAGIC_WORD || !is_length {
            return Outcome::BadImage;
        }
        // No stream is open while the device is RUNNING, so the checksums are free.
        let mut sums = B::Checksums::start();
        for offset in (0..bytes / 4).map(|word| 4 * word) {
            let word = match offset {
                image::CRC | image::QUIESCE_POLLS | image::FREEZE_POLLS => 0,
                _ => self.bus.read_other_bank(offset).await,
            };
            sums.add(word);
        }
        if sums.all() == said {
            Outcome::Ok
        } else {
            Outcome::BadImage
        }
    }
}
