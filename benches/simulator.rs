//! Clocks per second of the simulator: elements per second in the report are cycles per second.
//!
//! `chip` is the compiled chip alone, core and workload, idle with a ready link;
//! `machine` is the same chip in a machine with root complex, link and memory.

use criterion::{Criterion, Throughput};
use slackwater_regs::state::RUNNING;
use slackwater_sim::backend::CompiledCard;
use slackwater_sim::machine::{Machine, MachineConfig};
use slackwater_sim::ports::{Card, CardInputs};
use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

/// Cycles of one timed run.
const CYCLES: u64 = 1000;
/// Guest memory of the machine; an idle card touches none of it.
const MEMORY_BYTES: u64 = 1 << 20;

fn idle(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let mut group = criterion.benchmark_group("simulator");
    group.throughput(Throughput::Elements(CYCLES));

    let inputs = CardInputs {
        link_tx_ready: true,
        msi_ready: true,
        requester_id: 0x0100,
        ..CardInputs::default()
    };
    let mut card = CompiledCard::new()?;
    group.bench_function("chip", |bencher| {
        bencher.iter(|| {
            for _ in 0..CYCLES {
                black_box(card.cycle(black_box(&inputs)));
            }
        });
    });
    assert_eq!(card.device_state(), RUNNING, "an idle chip left RUNNING");

    let config = MachineConfig {
        memory_bytes: MEMORY_BYTES,
        ..MachineConfig::default()
    };
    let mut machine = Machine::new(&config, vec![Box::new(CompiledCard::new()?)])?;
    group.bench_function("machine", |bencher| bencher.iter(|| machine.run(CYCLES)));
    let state = machine.slots[0].card.device_state();
    assert_eq!(state, RUNNING, "an idle card left RUNNING");

    group.finish();
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    idle(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
