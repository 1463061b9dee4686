//! Hostile peers and guests: what they do in any state changes nothing, and is never answered by an error.

mod bench;

use bench::{PEER, Victim, WAYS, in_state};
use slackwater_host::counter::Counter;
use slackwater_host::function::{Bar, Function};
use slackwater_host::stream_window::WindowError;
use slackwater_host::{Device, DeviceState};
use slackwater_regs::window::EndOfStream;
use slackwater_regs::{accelerator, bar2};
use slackwater_sim::function::CardFunction;
use slackwater_sim::seed::Seed;
use slackwater_sim::tlp::Tlp;

#[test]
fn conformance_h1_h3_q3_a_peer_does_nothing_to_the_migration_registers_in_any_state() {
    let seed = Seed(0xbad);
    let mut random = seed.named("peer").stream();
    for way in WAYS {
        let mut victim = in_state(1, way);
        let state = victim.device.state().unwrap();
        let what = format!("seed {seed}, {state}");
        let watchdog = victim.device.deadlines();
        let (words, ours) = (
            victim.words(),
            victim.device.counter(Counter::NotOwner).unwrap(),
        );
        victim.attack(bar2::BAR, &mut random);
        victim.check_answers(true, &what);
        assert_eq!(victim.device.state().unwrap(), state, "{what}");
        assert!(victim.words() == words, "{what}");
        assert!(
            victim.device.counter(Counter::NotOwner).unwrap() > ours,
            "{what}"
        );
        assert!(
            victim.device.counter(Counter::Malformed).unwrap() > 0,
            "{what}"
        );
        assert_eq!(victim.device.deadlines(), watchdog, "{what}");
        // The owner goes on as if nothing had been.
        victim.device.reset().unwrap();
        victim.device.set_state(DeviceState::SAVING).unwrap();
        assert!(!victim.stream().is_empty(), "{what}");
    }
}

/// The check above can fail: the same writes by the owner do change something.
#[test]
fn an_owner_who_attacks_is_noticed() {
    let victim = in_state(1, &[]);
    let mut device = Device::open(CardFunction::new(victim.machine.clone(), 0)).unwrap();
    let mut bar = device.function_mut().bar(bar2::BAR).unwrap();
    bar.write_u32(bar2::OWNER, PEER.into()).unwrap();
    let layout = victim.machine().root_complex.config().layout;
    let address = layout.bar_address(0, bar2::BAR).unwrap() + u64::from(bar2::STATE_REQUEST);
    let request = 0x5500_0000_u32 | 3;
    let tlp = Tlp::memory_write(PEER, 0, address, &request.to_le_bytes()).unwrap();
    victim.send(&tlp.to_dws(), 1 << bar2::BAR);
    victim.machine().run(20_000);
    assert_eq!(victim.machine().slots[0].card.device_state(), 3);
}

#[test]
fn conformance_q1_q2_q3_c4_t4_traffic_to_a_stopped_device_changes_nothing() {
    let seed = Seed(0xbad2);
    let mut random = seed.named("peer").stream();
    let quiet = {
        let mut victim = in_state(2, &[3, 11, 2]);
        victim.stream()
    };
    let mut victim = in_state(2, &[3, 11, 2]);
    let words = victim.words();
    let mut streamed = Vec::new();
    let mut part = [0; 4096];
    // Between any two parts of the stream.
    loop {
        victim.attack(accelerator::BAR, &mut random);
        victim.check_answers(true, "SAVING");
        let mut window = victim.device.stream_window();
        let bytes = window.read_bytes(&mut part).unwrap();
        let end = window.end_of_stream();
        streamed.extend_from_slice(&part[..bytes]);
        if end == EndOfStream::Final {
            break;
        }
    }
    assert!(victim.words() == words, "the device stands still");
    assert!(streamed == quiet, "the stream is the same");
    // And into a device that is being loaded.
    let mut destination = in_state(3, &[4]);
    for part in streamed.chunks(4096) {
        destination
            .device
            .stream_window()
            .write_bytes(part)
            .unwrap();
        destination.attack(accelerator::BAR, &mut random);
        destination.check_answers(true, "RESUMING");
    }
    destination.device.stream_window().finish().unwrap();
    destination.device.set_state(DeviceState::STOP).unwrap();
    assert!(
        destination.words() == words,
        "what was saved is what was loaded"
    );
    let frozen = destination.device.counter(Counter::FrozenReads).unwrap();
    assert!(frozen > 0);
}

#[test]
fn conformance_h2_no_dma_carries_migration_data() {
    let mut source = in_state(4, &[3, 11, 2]);
    let traffic = |victim: &Victim| {
        let report = victim.report();
        [
            report.memory_writes,
            report.memory_reads,
            report.atomics,
            report.interrupts,
        ]
    };
    let before = traffic(&source);
    let stream = source.stream();
    assert_eq!(traffic(&source), before);
    let mut destination = in_state(5, &[4]);
    let before = traffic(&destination);
    destination
        .device
        .stream_window()
        .write_bytes(&stream)
        .unwrap();
    destination.device.stream_window().finish().unwrap();
    destination.device.set_state(DeviceState::STOP).unwrap();
    assert_eq!(traffic(&destination), before);
    assert!(
        before.iter().sum::<u64>() > 0,
        "the engine was at work before"
    );
}

/// A stream from a peer that knows the format only by its length: garbage of any kind ends in ERROR, and a
/// reset leads back.
#[test]
fn conformance_e15_q3_streams_of_garbage_end_in_error() {
    let seed = Seed(0xf00d);
    let mut random = seed.stream();
    let mut victim = in_state(6, &[]);
    for round in 0..20 {
        victim.device.set_state(DeviceState::RESUMING).unwrap();
        let mut garbage = vec![0; 4 + 4 * random.index(3_000)];
        random.fill(&mut garbage);
        let mut window = victim.device.stream_window();
        match window.write_bytes(&garbage).and_then(|()| window.finish()) {
            Ok(()) | Err(WindowError::InvalidData { .. }) => {}
            Err(error) => panic!("seed {seed}, round {round}: {error}"),
        }
        assert!(
            victim.device.set_state(DeviceState::STOP).is_err(),
            "seed {seed}, round {round}"
        );
        assert!(
            victim.device.state().unwrap().is_error(),
            "seed {seed}, round {round}"
        );
        victim.device.reset().unwrap();
    }
}

/// DMA to where nothing is mapped reaches no byte, and the guest is told.
#[test]
fn conformance_q3_dma_outside_the_map_reaches_nothing() {
    let victim = in_state(7, &[]);
    let before = victim.report().iommu_faults;
    let memory = |victim: &Victim| {
        let machine = victim.machine();
        let mut bytes = vec![0; 1 << 18];
        machine.memory.read(0, &mut bytes).unwrap();
        bytes
    };
    let untouched = memory(&victim);
    let mut bar = CardFunction::new(victim.machine.clone(), 0)
        .bar(accelerator::BAR)
        .unwrap();
    // Rings where no mapping is.
    for (register, value) in [
        (accelerator::CONTROL, 0),
        (accelerator::RING_LO, 0),
        (accelerator::RING_HI, 0x77),
        (accelerator::COMPLETIONS_HI, 0x78),
        (accelerator::DOORBELL, 0),
        (accelerator::CONTROL, accelerator::control::ENABLE),
        (accelerator::DOORBELL, 5),
    ] {
        bar.write_u32(register, value).unwrap();
    }
    victim.machine().run(100_000);
    assert!(victim.report().iommu_faults > before);
    assert!(memory(&victim) == untouched);
    assert_eq!(
        bar.read_u32(accelerator::ID).unwrap(),
        accelerator::ID_VALUE
    );
}

/// What the kernel owns is not in the stream: requester ID, interrupts that were sent, the owner of the
/// migration registers, ranges of the log, the watchdog.
#[test]
fn conformance_k1_k2_k3_the_kernels_state_is_neither_saved_nor_changed() {
    let quiet = in_state(8, &[3, 11, 2]).stream();
    let mut source = in_state(8, &[]);
    let words = source.words();
    // The kernel sets up, in the middle of it all, what it owns.
    source.device.set_state(DeviceState::PRE_COPY).unwrap();
    source.device.set_watchdog_cycles(123_456).unwrap();
    let range = slackwater_host::dirty_log::Range {
        iova: 0x10_0000,
        bytes: 0x10_0000,
        page_shift: 12,
        offset_words: 64,
    };
    source.device.dirty_log().set_range(3, range).unwrap();
    source.device.set_state(DeviceState::PRE_COPY_NDMA).unwrap();
    source.device.set_watchdog_cycles(234_567).unwrap();
    source.device.set_state(DeviceState::SAVING).unwrap();
    let stream = source.stream();
    assert_eq!(stream.len(), quiet.len(), "nothing more is in it");
    let mut destination = in_state(9, &[]);
    destination.device.dirty_log().set_range(5, range).unwrap();
    destination.device.set_watchdog_cycles(345_678).unwrap();
    let mut bar = destination.device.function_mut().bar(bar2::BAR).unwrap();
    let kernels = |bar: &mut dyn FnMut(u32) -> u32| {
        let ranges = (0..32).map(|word| 0x100 + 4 * word);
        let others = [bar2::OWNER, bar2::WATCHDOG_CYCLES, bar2::CAPABILITIES];
        ranges.chain(others).map(bar).collect::<Vec<u32>>()
    };
    let before = kernels(&mut |offset| bar.read_u32(offset).unwrap());
    destination.device.set_state(DeviceState::RESUMING).unwrap();
    destination
        .device
        .stream_window()
        .write_bytes(&stream)
        .unwrap();
    destination.device.stream_window().finish().unwrap();
    destination.device.set_state(DeviceState::RUNNING).unwrap();
    assert_eq!(kernels(&mut |offset| bar.read_u32(offset).unwrap()), before);
    assert!(
        destination.words() == words,
        "and the device's state is there"
    );
}
