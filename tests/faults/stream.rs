//! Faults on the way between the machines: none reaches a guest.

use crate::{assert_refused, card, sweep};
use slackwater_host::OpenError;
use slackwater_host::flow::pipeline::{Content, Message};
use slackwater_regs::{accelerator, bar2};
use slackwater_sim::migration::{Migration, MigrationConfig, MigrationError, Mix, Outcome, Side};
use slackwater_sim::ports::{Card, CardInputs, CardOutputs};

fn config() -> MigrationConfig {
    let mut config = sweep(0x71, Mix::ALL);
    config.memory_bytes = 256 << 10;
    config.save.max_rounds = 0;
    config
}

fn migrate(tap: impl FnMut(&mut Message) + Send + 'static) -> Outcome {
    let mut migration = Migration::new(config()).unwrap();
    migration.set_tap(Box::new(tap));
    migration.run(&()).unwrap()
}

/// Flips a bit of the device's stream so many bytes from its start.
fn flip_state_bit(at: usize) -> Outcome {
    let mut seen = 0;
    migrate(move |message| {
        if let Message::State { bytes, .. } = message {
            if let Some(byte) = at.checked_sub(seen).and_then(|index| bytes.get_mut(index)) {
                *byte ^= 0x10;
            }
            seen += bytes.len();
        }
    })
}

#[test]
fn without_a_fault_all_is_identical() {
    let report = migrate(|_| {}).report;
    assert!(report.is_success(), "{report:#?}");
}

#[test]
fn a_flipped_bit_of_the_header_is_refused() {
    assert_refused(&flip_state_bit(0), "the data is no migration stream");
}

#[test]
fn a_flipped_bit_of_device_state_is_refused() {
    assert_refused(
        &flip_state_bit(9000),
        "a record of the stream has a wrong checksum",
    );
}

#[test]
fn a_flipped_bit_of_a_page_is_refused() {
    let mut pages = 0;
    let outcome = migrate(move |message| {
        if let Message::Pages(batch) = message {
            for record in &mut batch.pages {
                pages += 1;
                if let Content::Bytes(bytes) = &mut record.content
                    && (40..48).contains(&pages)
                {
                    bytes[77] ^= 1;
                }
            }
        }
    });
    assert_refused(&outcome, "the checksum is 0x");
}

/// Drops the last bytes of the device's stream, from the message that ends it.
fn truncate(tell: bool) -> Outcome {
    const LOST_BYTES: usize = 8;
    let mut held: Option<usize> = None;
    let mut total = 0;
    migrate(move |message| match message {
        Message::State { bytes, .. } => {
            total += bytes.len();
            // The final part is what follows pre-copy: it ends with the trailer.
            if held.is_some() && bytes.len() % 4096 != 0 {
                bytes.truncate(bytes.len() - LOST_BYTES);
                total -= LOST_BYTES;
            }
        }
        Message::RoundEnd { .. } => held = Some(total),
        Message::Done(totals) if tell => totals.stream_bytes = total as u64,
        _ => {}
    })
}

#[test]
fn a_truncated_stream_is_refused_by_its_length() {
    let outcome = truncate(false);
    assert_refused(&outcome, "length of the device's stream");
}

#[test]
fn a_truncated_stream_is_refused_by_the_device() {
    assert_refused(&truncate(true), "the stream ended before its trailer");
}

#[test]
fn another_type_of_device_is_refused_with_both_values() {
    let outcome = migrate(|message| {
        if let Message::Hello(hello) = message {
            hello.devices[0].device_type = 0xbad_cafe;
        }
    });
    assert_refused(&outcome, "0xbadcafe");
    assert_refused(&outcome, &format!("{:#x}", accelerator::DEVICE_TYPE));
}

/// A card that is no Slackwater core.
struct OtherCard(Box<dyn Card>);

impl Card for OtherCard {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let mut outputs = self.0.cycle(inputs);
        if let Some(beat) = &mut outputs.link_tx {
            for dw in &mut beat.dw {
                if *dw == bar2::MAGIC_VALUE.swap_bytes() {
                    *dw = 0x1234_5678_u32.swap_bytes();
                }
            }
        }
        outputs
    }

    fn state_words(&self) -> Vec<u32> {
        self.0.state_words()
    }

    fn device_state(&self) -> u32 {
        self.0.device_state()
    }

    fn live_marks(&self) -> Vec<u32> {
        self.0.live_marks()
    }
}

#[test]
fn another_card_is_refused_with_both_values() {
    let other = Box::new(OtherCard(card()));
    let migration = Migration::with_cards(config(), card(), other).unwrap();
    let error = migration.run(&()).unwrap_err();
    let expected = OpenError::Magic {
        expected: bar2::MAGIC_VALUE,
        found: 0x1234_5678,
    };
    match &error {
        MigrationError::Open {
            side: Side::Destination,
            error,
        } => assert_eq!(*error, expected),
        _ => panic!("{error}"),
    }
    assert!(error.to_string().contains("0x12345678"), "{error}");
}
