//! What a cycle skips because nothing is due would have changed nothing.

use super::*;
use crate::model_card::{CARD, IOVA, machine};
use crate::tlp::AtomicOp;

/// Random traffic of card and CPU; in each cycle every step that would be skipped is made, and must do nothing.
#[test]
fn prop_skipped_steps_do_nothing() {
    let seed = Seed(0x1d7e);
    let mut random = seed.named("test").stream();
    let config = RootComplexConfig {
        cpu_timeout_cycles: 50,
        ..RootComplexConfig::default()
    };
    let (mut machine, desks) = machine(seed, config, 1);
    let mut unused = GuestMemory::new(1 << 20).unwrap();
    let mut skipped = [0_u32; 3];
    for cycle in 0..6_000 {
        let offset = 4 * random.below(1000);
        let iova = IOVA + 4096 * random.below(16) + offset;
        match random.below(120) {
            0 => {
                let data = vec![7; random.within(4..=64) as usize & !3];
                let place = iova & !0xff;
                desks[0].send(&Tlp::memory_write(CARD, 0, place, &data).unwrap());
            }
            1 => desks[0].send(&Tlp::memory_read(CARD, 1, iova & !0xff, 256).unwrap()),
            2 => {
                let tlp = Tlp::atomic(CARD, 2, iova, AtomicOp::FetchAdd, &[1]).unwrap();
                desks[0].send(&tlp);
            }
            3 => desks[0].lock().msi.push_back(3),
            // Too many accesses at a time are refused, which is no matter here.
            4 => drop(machine.root_complex.mmio_read(0, 2, offset, 4)),
            5 => drop(machine.root_complex.mmio_write(0, 2, offset, &[1; 4])),
            _ => {}
        }
        let root_complex = &mut machine.root_complex;
        let now = root_complex.now;
        let port = &root_complex.ports[0];
        let skips = [
            !port.cpu.is_due(now),
            !port.links_are_due(now),
            !port.has_requests(now),
        ];
        let before = format!("{port:?}");
        if skips[0] {
            root_complex.serve_cpu(now, 0);
        }
        if skips[1] {
            root_complex.ports[0].move_links(&root_complex.config, now);
        }
        if skips[2] {
            root_complex.serve(now, 0, &mut unused);
        }
        let after = format!("{:?}", root_complex.ports[0]);
        assert_eq!(
            before, after,
            "seed {seed}, cycle {cycle}, skipped {skips:?}"
        );
        for (count, skip) in skipped.iter_mut().zip(skips) {
            *count += u32::from(skip);
        }
        machine.step();
    }
    assert!(
        skipped.iter().all(|&count| (500..6_000).contains(&count)),
        "skipped {skipped:?} of 6000 cycles"
    );
}
