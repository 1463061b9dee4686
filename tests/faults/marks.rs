//! Faults of the dirty log: every lost page is found by the comparison.

use crate::spy::{AtSource, Orders, SpyCard};
use crate::{assert_lost, card, run, sweep};
use slackwater_hdl::inject::{ATOMIC_EARLY, CLEAR_EXTRA, DROP_MARK, MARK_EARLY, STALL_TX};
use slackwater_host::flow::Phase;
use slackwater_sim::machine::Machine;
use slackwater_sim::migration::{Event, MigrationConfig, MigrationReport, Mix};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Page behind an IOVA.
fn page(config: &MigrationConfig, iova: u64) -> u64 {
    let mappings = config.mappings();
    let mapping = mappings
        .iter()
        .find(|mapping| (mapping.iova..mapping.iova + mapping.bytes).contains(&iova))
        .unwrap();
    (iova - mapping.iova + mapping.address) / 4096
}

/// Hits one write of the device after all memory was sent; these faults stay until
/// the pages that the next snapshot found have been copied.
fn hit_one_write(faults: u32) -> (MigrationReport, u64) {
    let mut config = sweep(0x51, Mix::FILLS);
    // The image takes longer than the sweep takes to come round 4 MiB.
    config.memory_bytes = 16 << 20;
    let orders = Orders::default();
    let found = AtomicBool::new(false);
    let observer = AtSource(|event, _: &mut Machine| match event {
        Event::Phase(Phase::PreCopy) => orders.hit_next(faults),
        Event::Round { round: 0, .. } => found.store(true, Relaxed),
        Event::Pages { done, total } if done == total && found.load(Relaxed) => {
            orders.release(STALL_TX);
        }
        _ => {}
    });
    let outcome = run(config.clone(), Box::new(SpyCard::new(&orders)), &observer);
    let iova = orders.iova().expect("no write was hit");
    (outcome.report, page(&config, iova))
}

#[test]
fn one_dropped_mark_loses_one_page() {
    let (report, page) = hit_one_write(DROP_MARK);
    assert_lost(&report);
    assert_eq!(report.lost_page_numbers, [page]);
}

#[test]
fn a_write_marked_before_link_tx_loses_its_page() {
    let (report, page) = hit_one_write(MARK_EARLY | STALL_TX);
    assert_lost(&report);
    assert_eq!(report.lost_page_numbers, [page]);
}

#[test]
fn a_late_write_with_a_late_mark_loses_nothing() {
    let (report, _) = hit_one_write(STALL_TX);
    assert!(report.is_success(), "{report:#?}");
}

/// The snapshots of the first round with or without a fault.
fn snapshot_with(faults: u32) -> MigrationReport {
    let observer = AtSource(|event, machine: &mut Machine| match event {
        Event::Phase(Phase::PreCopy) => machine.slots[0].inject = faults,
        Event::Round { .. } => machine.slots[0].inject = 0,
        _ => {}
    });
    let mut config = sweep(0x52, Mix::FILLS);
    config.save.max_rounds = 1;
    run(config, card(), &observer).report
}

/// DIRTY_COUNT is more than the snapshots hold: the driver takes every page as dirty (I12).
#[test]
fn one_bit_too_many_cleared_is_noticed_by_the_count() {
    for (fault, all) in [(CLEAR_EXTRA, true), (0, false)] {
        let report = snapshot_with(fault);
        assert!(report.is_success(), "{report:#?}");
        let pages = sweep(0x52, Mix::FILLS).memory_bytes / 4096;
        let dirty = report.dirty_pages_per_round[0];
        assert_eq!(dirty == pages, all, "{dirty} of {pages} pages");
    }
}

/// AtomicOps that wait in the root complex while completions pass them, with or without a fault.
fn delayed_atomics(faults: u32) -> MigrationReport {
    let mut config = sweep(0x53, Mix::ATOMICS);
    config.memory_bytes = 1 << 20;
    config.root_complex.iommu_walk_cycles = 12_000;
    config.root_complex.iommu_walk_per_million = 1_000_000;
    config.save.max_rounds = 10;
    let observer = AtSource(|event, machine: &mut Machine| {
        if event == Event::Phase(Phase::Memory) {
            machine.slots[0].inject = faults;
        }
    });
    run(config, card(), &observer).report
}

#[test]
fn an_atomic_op_marked_at_its_request_loses_its_page() {
    assert_lost(&delayed_atomics(ATOMIC_EARLY));
    let report = delayed_atomics(0);
    assert!(report.is_success(), "{report:#?}");
}
