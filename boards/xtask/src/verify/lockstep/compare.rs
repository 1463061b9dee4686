//! One run: the compiled core drives the traffic, and a peer is fed with the same inputs.
//!
//! Three threads, so that nobody waits: this one simulates, one sends inputs to the peer,
//! one holds what the peer answers against what is expected.

use crate::verify::record::{Difference, Layout};
use slackwater_sim::backend::port_words::{CORE_INPUTS, CORE_OUTPUTS};
use slackwater_sim::backend::{CompiledCore, Ported};
use slackwater_sim::traffic::Traffic;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// Cycles that go to the peer at once.
const BATCH_CYCLES: u32 = 2_048;
/// Batches that wait for the peer at most.
const WAITING: usize = 8;

/// Records of both directions.
#[derive(Clone, Debug)]
pub struct Layouts {
    /// What the peer gets.
    pub inputs: Layout,
    /// What it answers.
    pub outputs: Layout,
}

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// No difference in so many cycles: all of them, unless it was told to stop.
    Agreed(u64),
    /// The first difference, the expected value first; records are cycles of the run.
    Differs(u64, Difference),
    /// The peer gave up.
    Broken(io::Error),
}

/// Some cycles of one direction.
struct Batch {
    cycles: u32,
    records: Vec<u8>,
}

/// Runs a core that was just powered up beside a peer that was just powered up.
/// `note` is told the cycles of each batch; false stops the run.
pub fn compare(
    seed: u64,
    cycles: u64,
    mut core: CompiledCore,
    layouts: &Layouts,
    peer: (impl Write + Send, impl Read + Send),
    note: &dyn Fn(u64) -> bool,
) -> Ended {
    let (to_peer, from_peer) = peer;
    let (inputs, sent) = sync_channel(WAITING);
    let (outputs, expected) = sync_channel(WAITING);
    thread::scope(|scope| {
        // It ends when the peer does, and whoever reads from the peer learns why.
        let _sender = scope.spawn(move || send(sent, to_peer, &layouts.inputs));
        let receiver = scope.spawn(move || receive(expected, from_peer, &layouts.outputs));
        let mut traffic = Traffic::new(seed);
        let mut left = cycles;
        while left > 0 {
            let cycles = left.min(BATCH_CYCLES.into()) as u32;
            let [stimulus, answers] = simulate(&mut core, &mut traffic, cycles, layouts);
            let sent = inputs.send(stimulus).is_ok() && outputs.send(answers).is_ok();
            if !sent || !note(cycles.into()) {
                break;
            }
            left -= u64::from(cycles);
        }
        drop((inputs, outputs));
        match receiver.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Inputs and outputs of the next cycles.
fn simulate(
    core: &mut CompiledCore,
    traffic: &mut Traffic,
    cycles: u32,
    layouts: &Layouts,
) -> [Batch; 2] {
    let mut stimulus = layouts.inputs.room(cycles as usize);
    let mut answers = layouts.outputs.room(cycles as usize);
    let mut outputs = [0; CORE_OUTPUTS.len()];
    for cycle in 0..cycles as usize {
        let inputs: [u128; CORE_INPUTS.len()] = traffic.inputs(core.inside());
        core.exchange(&inputs, &mut outputs);
        traffic.observe(&outputs);
        layouts.inputs.pack(&inputs, cycle, &mut stimulus);
        layouts.outputs.pack(&outputs, cycle, &mut answers);
    }
    [stimulus, answers].map(|records| Batch { cycles, records })
}

/// Ends with the batches; the peer sees the end of its input then.
fn send(batches: Receiver<Batch>, mut peer: impl Write, layout: &Layout) -> io::Result<()> {
    for batch in batches {
        peer.write_all(&batch.cycles.to_le_bytes())?;
        peer.write_all(layout.records(&batch.records, batch.cycles as usize))?;
        peer.flush()?;
    }
    Ok(())
}

/// Ends with the batches or at the first difference; the peer can answer no more then.
fn receive(batches: Receiver<Batch>, mut peer: impl Read, layout: &Layout) -> Ended {
    let mut agreed = 0;
    let mut answer = Vec::new();
    for batch in batches {
        let expected = layout.records(&batch.records, batch.cycles as usize);
        answer.resize(expected.len(), 0);
        if let Err(error) = peer.read_exact(&mut answer) {
            return Ended::Broken(error);
        }
        if let Some(difference) = layout.first_difference(expected, &answer) {
            return Ended::Differs(agreed + difference.record as u64, difference);
        }
        agreed += u64::from(batch.cycles);
    }
    Ended::Agreed(agreed)
}
