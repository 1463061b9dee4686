//! Chip and soft core as one design, held to the card of a machine.

use super::SoftCoreError;
use super::program::{Program, chip_layouts};
use crate::verify::record::Layout;
use slackwater_sim::backend::CompiledCard;
use slackwater_sim::backend::port_words::{CARD_OUTPUTS, card_inputs};
use slackwater_sim::ports::{Card, CardInputs, CardOutputs, Levels};
use std::sync::{Arc, Mutex, PoisonError};

/// The design: the chip's ports, with the control bus inside. What comes in at its control bus is
/// not connected.
pub const TOP: &str = include_str!("chain.v");
/// Cycles that are compared at once.
const BATCH: usize = 4096;

/// The first cycle in which a port differs.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The cycle.
    pub cycles: u64,
    /// The port.
    pub port: String,
    /// Its value in the machine, and in the whole chain.
    pub values: [u128; 2],
}

/// What came of a comparison, once the card is gone.
#[derive(Clone, Debug)]
pub struct Verdict(Arc<Mutex<Result<u64, Difference>>>);

impl Verdict {
    /// Cycles that were the same, or the first difference.
    pub fn take(&self) -> Result<u64, Difference> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A card that is compared.
pub struct Chain {
    card: CompiledCard,
    program: Program,
    inputs: Layout,
    outputs: Layout,
    sent: Vec<u8>,
    expected: Vec<u8>,
    found: Vec<u8>,
    /// Cycles that wait to be compared.
    waiting: usize,
    verdict: Verdict,
}

impl Chain {
    /// A card that was just powered up, and the whole chain as well.
    ///
    /// # Errors
    /// The design lacks a port.
    pub fn new(card: CompiledCard, program: Program) -> Result<(Self, Verdict), SoftCoreError> {
        let [inputs, outputs] = chip_layouts(&card)?;
        let verdict = Verdict(Arc::new(Mutex::new(Ok(0))));
        let chain = Self {
            sent: inputs.room(BATCH),
            expected: outputs.room(BATCH),
            found: outputs.room(BATCH),
            card,
            program,
            inputs,
            outputs,
            waiting: 0,
            verdict: verdict.clone(),
        };
        Ok((chain, verdict))
    }

    fn compare(&mut self) {
        let count = std::mem::take(&mut self.waiting);
        let mut verdict = self
            .verdict
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Ok(cycles) = *verdict else { return };
        let length = self.outputs.records(&self.found, count).len();
        let sent = self.inputs.records(&self.sent, count);
        let answer = self
            .program
            .exchange(count as u32, sent, &mut self.found[..length]);
        let expected = self.outputs.records(&self.expected, count);
        *verdict = match answer {
            Err(error) => Err(Difference {
                cycles,
                port: format!("nothing, as the program has ended ({error}), a port"),
                values: [0; 2],
            }),
            Ok(()) => match self
                .outputs
                .first_difference(expected, &self.found[..length])
            {
                Some(difference) => Err(Difference {
                    cycles: cycles + difference.record as u64,
                    port: difference.port,
                    values: difference.values,
                }),
                None => Ok(cycles + count as u64),
            },
        };
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        self.compare();
    }
}

/// Outputs as words; what is no part of an offered beat or vector is not known here.
fn words(outputs: &CardOutputs) -> [u128; CARD_OUTPUTS.len()] {
    let beat = outputs.link_tx.map_or(0, |beat| {
        u128::from(beat.dw[0])
            | u128::from(beat.dw[1]) << 32
            | u128::from(beat.keep) << 64
            | u128::from(beat.last) << 66
    });
    [
        beat,
        outputs.link_tx.is_some().into(),
        outputs.link_rx_ready.into(),
        outputs.msi.is_some().into(),
        outputs.msi.unwrap_or(0).into(),
        outputs.flr_done.into(),
        outputs.control_ready.into(),
        outputs.control_data.into(),
        outputs.event.into(),
        outputs.firmware_reset.into(),
    ]
}

impl Card for Chain {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let outputs = self.card.cycle(inputs);
        let at = self.waiting;
        self.inputs.pack(&card_inputs(inputs), at, &mut self.sent);
        self.outputs.pack(&words(&outputs), at, &mut self.expected);
        self.waiting += 1;
        if self.waiting == BATCH {
            self.compare();
        }
        outputs
    }

    fn state_words(&self) -> Vec<u32> {
        self.card.state_words()
    }

    fn device_state(&self) -> u32 {
        self.card.device_state()
    }

    fn live_marks(&self) -> Vec<u32> {
        self.card.live_marks()
    }

    fn levels(&self) -> Option<Levels> {
        self.card.levels()
    }
}
