//! Tests of timeouts and of the faults on request.

use super::tests::{read, settle};
use super::*;
use crate::model_card::{CARD, IOVA, machine};

#[test]
fn a_silent_card_ends_in_a_timeout_and_a_late_answer_is_unexpected() {
    let config = RootComplexConfig {
        cpu_timeout_cycles: 500,
        ..RootComplexConfig::default()
    };
    let (mut machine, desks) = machine(Seed(4), config, 1);
    desks[0].lock().mute = true;
    let timeout = MmioError::Timeout {
        bar: 2,
        offset: 8,
        waited_cycles: 500,
    };
    assert_eq!(read(&mut machine, 2, 8, 4), Err(timeout));
    desks[0].lock().mute = false;
    let faults = machine.root_complex.faults(0).unwrap();
    faults.to_cpu.late = Chance::next(1);
    faults.late_cycles = 2000;
    assert!(matches!(
        read(&mut machine, 2, 8, 4),
        Err(MmioError::Timeout { .. })
    ));
    assert_eq!(read(&mut machine, 2, 8, 4), Ok(vec![0; 4]));
    settle(&mut machine, &desks[0]);
    let report = machine.root_complex.report(0).unwrap();
    assert_eq!((report.cpu_timeouts, report.unexpected_completions), (2, 1));
}

#[test]
fn faults_drop_delay_and_poison_completions() {
    let config = RootComplexConfig {
        cpu_timeout_cycles: 2000,
        ..RootComplexConfig::default()
    };
    let (mut machine, desks) = machine(Seed(4), config, 1);
    machine.root_complex.faults(0).unwrap().to_cpu.drop = Chance::next(1);
    assert!(matches!(
        read(&mut machine, 2, 8, 4),
        Err(MmioError::Timeout { .. })
    ));
    machine.root_complex.faults(0).unwrap().to_cpu.poison = Chance::next(1);
    assert_eq!(
        read(&mut machine, 2, 8, 4),
        Err(MmioError::Poisoned { bar: 2, offset: 8 })
    );
    assert!(read(&mut machine, 2, 8, 4).is_ok());
    let faults = machine.root_complex.faults(0).unwrap();
    faults.to_card.drop = Chance::next(1);
    desks[0].send(&Tlp::memory_read(CARD, 1, IOVA, 4).unwrap());
    settle(&mut machine, &desks[0]);
    assert!(desks[0].completions(1).is_empty());
    machine.root_complex.faults(0).unwrap().to_card.poison = Chance::next(1);
    desks[0].send(&Tlp::memory_read(CARD, 2, IOVA, 4).unwrap());
    settle(&mut machine, &desks[0]);
    assert!(desks[0].lock().received.last().unwrap().0.poisoned);
    let faults = machine.root_complex.faults(0).unwrap();
    faults.to_card.late = Chance::next(1);
    faults.late_cycles = 3000;
    let start = machine.now_cycles();
    desks[0].send(&Tlp::memory_read(CARD, 3, IOVA, 4).unwrap());
    settle(&mut machine, &desks[0]);
    assert!(machine.now_cycles() - start > 3000);
    assert!(desks[0].read_data(3, IOVA, 4).is_some());
    assert_eq!(machine.root_complex.report(0).unwrap().injected_faults, 5);
}

/// Gaps, stalls and back-pressure change the timing, never the data.
#[test]
fn prop_pressure_loses_nothing() {
    for round in 0..3 {
        let seed = Seed(0x9e55 + round);
        let (mut machine, desks) = machine(seed, RootComplexConfig::default(), 1);
        *machine.root_complex.faults(0).unwrap() = Faults {
            link_stall: Chance::per_million(3000),
            link_stall_cycles: 100,
            tx_back_pressure: Chance::per_million(300_000),
            rx_gap: Chance::per_million(300_000),
            msi_back_pressure: Chance::per_million(500_000),
            ..Faults::default()
        };
        let mut random = seed.named("test").stream();
        let mut model = vec![0; 1 << 16];
        for i in 0..100 {
            let mut data = vec![0; random.within(1..=128) as usize];
            random.fill(&mut data);
            let place = 512 * i + random.below(128);
            model[place as usize..][..data.len()].copy_from_slice(&data);
            desks[0].send(&Tlp::memory_write(CARD, 0, IOVA + place, &data).unwrap());
            desks[0].lock().msi.push_back((i % 4) as u8);
        }
        let data: Vec<u8> = (0..4096).map(|i| (i * 7) as u8).collect();
        machine
            .root_complex
            .mmio_write(0, 2, 0x2000, &data)
            .unwrap();
        assert_eq!(
            read(&mut machine, 2, 0x2000, 4096).unwrap(),
            data,
            "seed {seed}"
        );
        settle(&mut machine, &desks[0]);
        assert!(
            machine.memory.bytes()[..model.len()] == model,
            "seed {seed}"
        );
        let interrupts: Vec<u64> = (0..4)
            .map(|vector| machine.root_complex.take_interrupts(0, vector))
            .collect();
        assert_eq!(interrupts, [25; 4], "seed {seed}");
        assert_eq!(machine.root_complex.take_interrupts(0, 0), 0);
        assert!(desks[0].lock().blocked_cycles > 0);
        assert!(machine.root_complex.report(0).unwrap().is_clean());
    }
}
