//! Tests of the root complex with the model card.

use super::*;
use crate::machine::Machine;
use crate::model_card::{CARD, Desk, IOVA, machine};
use crate::tlp::{AtomicOp, Body, Completion, CompletionStatus};

const LIMIT: u64 = 1_000_000;

pub(super) fn settle(machine: &mut Machine, desk: &Desk) {
    let idle = machine.run_until(LIMIT, |machine| {
        desk.lock().send.is_empty() && machine.root_complex.is_idle(0)
    });
    assert!(idle, "the machine does not come to rest");
    machine.run(4);
    assert!(machine.run_until(LIMIT, |machine| machine.root_complex.is_idle(0)));
}

pub(super) fn read(
    machine: &mut Machine,
    bar: u8,
    offset: u64,
    bytes: usize,
) -> Result<Vec<u8>, MmioError> {
    let handle = machine.root_complex.mmio_read(0, bar, offset, bytes)?;
    loop {
        if let Some(outcome) = machine.root_complex.poll(handle) {
            return outcome;
        }
        machine.step();
    }
}

/// Random writes, reads and AtomicOps against a flat array, one at a time.
#[test]
fn prop_dma_matches_a_flat_array() {
    for round in 0..4 {
        let seed = Seed(0xd0a + round);
        let mut random = seed.named("test").stream();
        let (mut machine, desks) = machine(seed, RootComplexConfig::default(), 1);
        let desk = &desks[0];
        let mut model = vec![0_u8; 1 << 14];
        for step in 0..60 {
            let offset = random.below(4096 - 256) + 4096 * random.below(4);
            let bytes = random.within(1..=256) as usize;
            let place = offset as usize;
            let tag = step as u8;
            match random.below(3) {
                0 => {
                    let mut data = vec![0; bytes.min(252)];
                    random.fill(&mut data);
                    desk.send(&Tlp::memory_write(CARD, 0, IOVA + offset, &data).unwrap());
                    model[place..place + data.len()].copy_from_slice(&data);
                }
                1 => {
                    desk.send(&Tlp::memory_read(CARD, tag, IOVA + offset, bytes).unwrap());
                    settle(&mut machine, desk);
                    let data = desk.read_data(tag, IOVA + offset, bytes);
                    assert_eq!(
                        data.as_deref(),
                        Some(&model[place..place + bytes]),
                        "seed {seed}, step {step}"
                    );
                }
                _ => {
                    let place = place & !3;
                    let addend = random.bits() as u32;
                    let iova = IOVA + place as u64;
                    desk.send(
                        &Tlp::atomic(CARD, tag, iova, AtomicOp::FetchAdd, &[addend]).unwrap(),
                    );
                    settle(&mut machine, desk);
                    let old = u32::from_le_bytes(model[place..place + 4].try_into().unwrap());
                    let (completion, payload) = &desk.completions(tag)[0];
                    assert_eq!(payload, &old.to_le_bytes(), "seed {seed}, step {step}");
                    assert_eq!((completion.byte_count, completion.lower_address), (4, 0));
                    model[place..place + 4]
                        .copy_from_slice(&old.wrapping_add(addend).to_le_bytes());
                }
            }
        }
        settle(&mut machine, desk);
        assert!(
            machine.memory.bytes()[..model.len()] == model,
            "seed {seed}"
        );
        assert!(
            machine.root_complex.report(0).unwrap().is_clean(),
            "{:?}",
            machine.root_complex.report(0)
        );
    }
}

#[test]
fn swap_and_cas_follow_the_operands() {
    let (mut machine, desks) = machine(Seed(1), RootComplexConfig::default(), 1);
    machine.memory.write_u32(0x100, 7).unwrap();
    let ops: [(AtomicOp, &[u32], u32, u32); 3] = [
        (AtomicOp::Swap, &[9], 7, 9),
        (AtomicOp::CompareAndSwap, &[8, 1], 9, 9),
        (AtomicOp::CompareAndSwap, &[9, 1], 9, 1),
    ];
    for (tag, (op, operands, old, new)) in ops.into_iter().enumerate() {
        desks[0].send(&Tlp::atomic(CARD, tag as u8, IOVA + 0x100, op, operands).unwrap());
        settle(&mut machine, &desks[0]);
        assert_eq!(desks[0].completions(tag as u8)[0].1, old.to_le_bytes());
        assert_eq!(machine.memory.read_u32(0x100).unwrap(), new);
    }
    // 64 bits: the carry goes into the upper word.
    machine.memory.write_u32(0x108, u32::MAX).unwrap();
    desks[0].lock().send.push_back(vec![
        0x4c00_0002,
        0x0100_5500,
        (IOVA + 0x108) as u32,
        0x0200_0000,
        0,
    ]);
    settle(&mut machine, &desks[0]);
    assert_eq!(
        desks[0].completions(0x55)[0].1,
        [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]
    );
    assert_eq!(
        machine.memory.slice(0x108, 8).unwrap(),
        [1, 0, 0, 0, 1, 0, 0, 0]
    );
}

/// The heart of the model: a completion makes earlier posted writes visible, and an AtomicOp it overtakes not.
#[test]
fn a_completion_pushes_writes_but_overtakes_atomic_ops() {
    let mut overtaken = 0;
    let mut late_relaxed = 0;
    for round in 0..150 {
        let (mut machine, desks) = machine(Seed(round), RootComplexConfig::default(), 1);
        desks[0].send(&Tlp::atomic(CARD, 1, IOVA + 0x2000, AtomicOp::FetchAdd, &[1]).unwrap());
        desks[0].send(&Tlp::memory_write(CARD, 0, IOVA + 0x1000, &[1; 64]).unwrap());
        let completion = Completion {
            completer_id: CARD,
            status: CompletionStatus::Successful,
            byte_count: 4,
            requester_id: ROOT_ID,
            tag: 0,
            lower_address: 0,
        };
        let mut tlp = Tlp::completion(completion, vec![0; 4]);
        tlp.attributes.relaxed_ordering = round % 2 == 1;
        desks[0].lock().mute = true;
        desks[0].send(&tlp);
        let handle = machine.root_complex.mmio_read(0, 0, 0, 4).unwrap();
        // The request is on its way before the forged answer.
        machine.run_until(LIMIT, |machine| machine.root_complex.poll(handle).is_some());
        let visible = machine.memory.read_u32(0x1000).unwrap() != 0;
        if round % 2 == 0 {
            assert!(
                visible,
                "seed {round}: the completion passed a posted write"
            );
        } else if !visible {
            late_relaxed += 1;
        }
        overtaken += u32::from(machine.memory.read_u32(0x2000).unwrap() == 0);
        settle(&mut machine, &desks[0]);
        assert_eq!(machine.memory.read_u32(0x2000).unwrap(), 1);
        assert_eq!(machine.memory.read_u32(0x1000).unwrap(), 0x0101_0101);
    }
    assert!(
        overtaken > 5,
        "a completion overtook an AtomicOp only {overtaken} times"
    );
    assert!(
        late_relaxed > 5,
        "a relaxed completion overtook a write only {late_relaxed} times"
    );
}

#[test]
fn answers_of_several_reads_mix_and_are_split_at_random() {
    let (mut machine, desks) = machine(Seed(77), RootComplexConfig::default(), 1);
    let mut random = Seed(77).stream();
    random.fill(machine.memory.slice_mut(0, 1 << 20).unwrap());
    let mut splits = [false; 16];
    let mut mixed = false;
    for _ in 0..20 {
        desks[0].lock().received.clear();
        for tag in 0..8 {
            desks[0].send(
                &Tlp::memory_read(CARD, tag, IOVA + 4096 * u64::from(tag) + 36, 500 - 36).unwrap(),
            );
        }
        settle(&mut machine, &desks[0]);
        for tag in 0..8 {
            let address = IOVA + 4096 * u64::from(tag) + 36;
            let data = desks[0].read_data(tag, address, 464).unwrap();
            assert_eq!(data, machine.memory.slice(address - IOVA, 464).unwrap());
            splits[desks[0].completions(tag).len()] = true;
        }
        let tags: Vec<u8> = desks[0]
            .lock()
            .received
            .iter()
            .filter_map(|(tlp, _)| match &tlp.body {
                Body::Completion { completion, .. } => Some(completion.tag),
                _ => None,
            })
            .collect();
        mixed |= tags.windows(3).any(|t| t[0] == t[2] && t[0] != t[1]);
    }
    assert!(mixed);
    assert!(
        splits.iter().filter(|seen| **seen).count() >= 3,
        "{splits:?}"
    );
}

#[test]
fn requests_without_a_mapping_are_dropped_or_refused() {
    let (mut machine, desks) = machine(Seed(3), RootComplexConfig::default(), 1);
    let iommu = machine.root_complex.iommu(0).unwrap();
    iommu.map(0x4000_0000, 0, 0x1000, true, false).unwrap();
    iommu
        .map(0x5000_0000, 0x8000_0000, 0x1000, true, true)
        .unwrap();
    desks[0].send(&Tlp::memory_write(CARD, 0, 0x2000, &[1; 4]).unwrap());
    desks[0].send(&Tlp::memory_write(CARD, 0, 0x4000_0000, &[1; 4]).unwrap());
    desks[0].send(&Tlp::memory_read(CARD, 5, 0x9_0000_0000, 64).unwrap());
    desks[0].send(&Tlp::atomic(CARD, 6, 0x4000_0000, AtomicOp::Swap, &[1]).unwrap());
    desks[0].send(&Tlp::memory_read(CARD, 7, 0x5000_0000, 64).unwrap());
    let mut poisoned = Tlp::memory_write(CARD, 0, IOVA, &[1; 4]).unwrap();
    poisoned.poisoned = true;
    desks[0].send(&poisoned);
    settle(&mut machine, &desks[0]);
    for (tag, byte_count) in [(5, 64), (6, 4), (7, 64)] {
        let (completion, payload) = &desks[0].completions(tag)[0];
        assert_eq!(completion.status, CompletionStatus::UnsupportedRequest);
        assert_eq!((completion.byte_count, payload.len()), (byte_count, 0));
    }
    let report = machine.root_complex.report(0).unwrap();
    assert_eq!(
        (report.iommu_faults, report.bad_addresses, report.poisoned),
        (4, 1, 1)
    );
    assert!(machine.memory.bytes().iter().all(|&byte| byte == 0));
}

#[test]
fn a_mapping_that_goes_during_a_read_ends_it() {
    let config = RootComplexConfig {
        read_delay_cycles: 5000,
        ..RootComplexConfig::default()
    };
    let (mut machine, desks) = machine(Seed(3), config, 1);
    desks[0].send(&Tlp::memory_read(CARD, 5, IOVA, 512).unwrap());
    machine.run_until(LIMIT, |machine| {
        machine.root_complex.report(0).unwrap().memory_reads == 1
    });
    machine
        .root_complex
        .iommu(0)
        .unwrap()
        .unmap(IOVA, 1 << 20)
        .unwrap();
    settle(&mut machine, &desks[0]);
    let statuses: Vec<_> = desks[0].completions(5).iter().map(|c| c.0.status).collect();
    assert_eq!(statuses.last(), Some(&CompletionStatus::UnsupportedRequest));
}

#[test]
fn malformed_tlps_of_the_card_are_counted_and_named() {
    let (mut machine, desks) = machine(Seed(3), RootComplexConfig::default(), 1);
    for dws in [
        vec![0x7f00_0000, 0, 0],
        vec![0x4000_0001, 0x0200_000f, IOVA as u32, 1],
        Tlp::memory_read(CARD, 0, IOVA, 1024).unwrap().to_dws(),
        Tlp::memory_write(CARD, 0, IOVA, &[1; 512])
            .unwrap()
            .to_dws(),
    ] {
        desks[0].lock().send.push_back(dws);
    }
    settle(&mut machine, &desks[0]);
    let report = machine.root_complex.report(0).unwrap();
    assert_eq!(report.malformed, 4);
    assert!(report.first_malformed.is_some() && !report.is_clean());
    assert!(machine.memory.bytes().iter().all(|&byte| byte == 0));
}

#[test]
fn mmio_reaches_both_bars_with_their_hit() {
    let (mut machine, desks) = machine(Seed(4), RootComplexConfig::default(), 1);
    let data: Vec<u8> = (0..200).collect();
    machine
        .root_complex
        .mmio_write(0, 2, 0x2025, &data)
        .unwrap();
    machine
        .root_complex
        .mmio_write(0, 0, 0x14, &[1, 2, 3, 4])
        .unwrap();
    assert_eq!(read(&mut machine, 2, 0x2025, 200).unwrap(), data);
    assert_eq!(read(&mut machine, 0, 0x14, 4).unwrap(), [1, 2, 3, 4]);
    for (tlp, bar_hit) in &desks[0].lock().received {
        let request = tlp.request().unwrap();
        let base = if *bar_hit == 4 {
            0xf001_0000
        } else {
            0xf000_0000
        };
        assert!(
            (base..base + 0x1_0000).contains(&request.address),
            "{request:x?}"
        );
        assert!(request.address % 64 + request.span_bytes() as u64 <= 64);
        assert_eq!(request.requester_id, 0);
    }
    assert_eq!(
        read(&mut machine, 1, 0, 4),
        Err(MmioError::NoBar { card: 0, bar: 1 })
    );
    for (offset, bytes) in [(0xfff, 2), (0x1000, 1), (u64::MAX, 4), (0, 0), (0, 4097)] {
        assert!(matches!(
            read(&mut machine, 0, offset, bytes),
            Err(MmioError::OutOfRange { .. })
        ));
    }
    assert_eq!(
        machine.root_complex.mmio_write(1, 0, 0, &[0]),
        Err(MmioError::NoCard { card: 1 })
    );
}

/// An interrupt is a posted write: the data it announces is there before it.
#[test]
fn interrupts_come_behind_the_writes_before_them() {
    for round in 0..30 {
        let (mut machine, desks) = machine(Seed(round), RootComplexConfig::default(), 1);
        desks[0].send(&Tlp::memory_write(CARD, 0, IOVA + 0x40, &[1; 128]).unwrap());
        machine.run_until(LIMIT, |_| desks[0].lock().send.is_empty());
        machine.run(17);
        desks[0].lock().msi.push_back(3);
        assert!(
            machine.run_until(LIMIT, |machine| machine.root_complex.take_interrupts(0, 3)
                == 1)
        );
        assert_eq!(
            machine.memory.slice(0x40, 128).unwrap(),
            [1; 128],
            "seed {round}"
        );
    }
}

#[test]
fn a_hostile_peer_can_send_anything_and_its_answers_are_kept() {
    let (mut machine, desks) = machine(Seed(8), RootComplexConfig::default(), 1);
    let address = machine
        .root_complex
        .config()
        .layout
        .bar_address(0, 2)
        .unwrap();
    let read = Tlp::memory_read(0x0666, 9, address + 0x24, 4).unwrap();
    machine.root_complex.inject(0, &read).unwrap();
    machine
        .root_complex
        .inject_dws(0, vec![0xffff_ffff; 5], 4)
        .unwrap();
    settle(&mut machine, &desks[0]);
    let strays = machine.root_complex.take_strays();
    assert_eq!(strays.len(), 1);
    assert!(
        matches!(&strays[0].1.body, Body::Completion { completion, .. } if completion.requester_id == 0x0666)
    );
    assert_eq!(desks[0].lock().received, [(read, 4)]);
    assert_eq!(desks[0].lock().garbage, 1);
    assert!(machine.root_complex.report(0).unwrap().is_clean());
    // A deaf card does not make queues grow.
    desks[0].lock().deaf = true;
    let mut sent = 0;
    while machine
        .root_complex
        .inject_dws(0, vec![0x4000_0001, 0, 0, 0], 4)
        .is_ok()
    {
        sent += 1;
        machine.step();
        assert!(sent < 2000);
    }
    assert!(matches!(
        machine.root_complex.mmio_write(0, 0, 0, &[0]),
        Err(MmioError::Busy { .. })
    ));
}

#[test]
fn cards_reach_each_other_through_mapped_bars() {
    let (mut machine, desks) = machine(Seed(8), RootComplexConfig::default(), 2);
    let bar = machine
        .root_complex
        .config()
        .layout
        .bar_address(1, 2)
        .unwrap();
    machine
        .root_complex
        .iommu(0)
        .unwrap()
        .map(0x7000_0000, bar, 0x1_0000, true, true)
        .unwrap();
    desks[0].send(&Tlp::memory_write(CARD, 0, 0x7000_0100, &[5, 6, 7, 8]).unwrap());
    desks[0].send(&Tlp::memory_read(CARD, 4, 0x7000_0100, 4).unwrap());
    let done = machine.run_until(LIMIT, |_| !desks[0].completions(4).is_empty());
    assert!(done);
    assert_eq!(desks[0].completions(4)[0].1, [5, 6, 7, 8]);
    let received = &desks[1].lock().received;
    assert_eq!(received[0].1, 4);
    assert_eq!(received[0].0.request().unwrap().requester_id, CARD);
    assert_eq!(machine.root_complex.report(0).unwrap().peer_requests, 2);
}

/// A card that asks without end and takes nothing cannot make memory grow or block the CPU's posted writes for good.
#[test]
fn a_card_that_takes_no_completions_is_held_by_credits() {
    let (mut machine, desks) = machine(Seed(8), RootComplexConfig::default(), 1);
    desks[0].lock().deaf = true;
    for i in 0..2000_u32 {
        desks[0].send(&Tlp::memory_read(CARD, i as u8, IOVA, 512).unwrap());
    }
    machine.run(50_000);
    let accepted = machine.root_complex.report(0).unwrap().memory_reads;
    assert!(accepted < 100, "{accepted} reads were accepted");
    assert!(desks[0].lock().send.len() > 1800);
    desks[0].lock().deaf = false;
    settle(&mut machine, &desks[0]);
    assert_eq!(machine.root_complex.report(0).unwrap().memory_reads, 2000);
}

/// Without adversary, writes reach what the link can carry.
#[test]
fn straight_writes_reach_the_rate_of_the_link() {
    let config = RootComplexConfig::straight();
    let (mut machine, desks) = machine(Seed(8), config, 1);
    for i in 0..1000 {
        desks[0].send(&Tlp::memory_write(CARD, 0, IOVA + 128 * i, &[1; 128]).unwrap());
    }
    settle(&mut machine, &desks[0]);
    let reached = 128_000.0 / machine.now_cycles() as f64;
    let expected = config
        .link
        .speed
        .payload_bytes_per_cycle(config.clock_hz, 12, 128);
    assert!(
        reached > 0.97 * expected && reached < 1.01 * expected,
        "{reached} of {expected} bytes a cycle"
    );
}
