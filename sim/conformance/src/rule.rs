//! Every rule of the document, with an id, in a line of our own.
//!
//! Ids are in the order of the document: general, save flow, resume flow, many devices, events,
//! continuous behaviour, priority, reset, state of the kernel's, quiet MMIO, peer-to-peer, page
//! faults, options, hostile registers, what the VMM does outside, and what is left open.

/// Who keeps a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The device and its driver.
    Device,
    /// The VMM.
    Vmm,
    /// Both.
    Both,
    /// Nobody yet: the document leaves it open.
    Open,
}

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Letter of the group and number.
    pub id: &'static str,
    /// Who keeps it.
    pub who: Who,
    /// What it asks.
    pub text: &'static str,
}

const fn rule(id: &'static str, who: Who, text: &'static str) -> Rule {
    Rule { id, who, text }
}

use Who::{Both, Device, Open, Vmm};

/// All of them.
pub const RULES: &[Rule] = &[
    rule(
        "G1",
        Device,
        "device_state is a register in the migration region",
    ),
    rule(
        "G2",
        Device,
        "the data window streams migration data in and out",
    ),
    rule(
        "G3",
        Vmm,
        "the whole stream, to its end, goes from the saver to the resumer",
    ),
    rule(
        "G4",
        Device,
        "device_state changes by a write only, and a write keeps it and fails, ends in ERROR and fails, or succeeds",
    ),
    rule(
        "G5",
        Device,
        "actions come from bit groups that differ between the present and the requested state",
    ),
    rule("S1", Vmm, "save flow, RUNNING with VCPUs: the machine runs"),
    rule(
        "S2",
        Vmm,
        "save flow, dirty tracking on: DMA is logged while all memory is streamed",
    ),
    rule(
        "S3",
        Vmm,
        "save flow, SAVING|RUNNING: device state is streamed; the log is read and cleared, and dirty memory streamed, as often as wanted",
    ),
    rule(
        "S4",
        Vmm,
        "save flow, SAVING|NDMA|RUNNING with VCPUs: page faults are finished, the vIOMMU comes to rest",
    ),
    rule(
        "S5",
        Vmm,
        "save flow, SAVING|NDMA|RUNNING without VCPUs: the last snapshot of the log, which need not be atomic",
    ),
    rule(
        "S6",
        Vmm,
        "save flow, SAVING: the rest of the device state and the last dirty memory are streamed",
    ),
    rule("S7", Vmm, "save flow, no bit: the device is halted"),
    rule(
        "R1",
        Vmm,
        "resume flow: it starts from a fresh device in RUNNING",
    ),
    rule(
        "R2",
        Vmm,
        "resume flow, RESUMING: the migration data is pushed in",
    ),
    rule(
        "R3",
        Vmm,
        "resume flow, NDMA|RUNNING: peers wait for each other",
    ),
    rule(
        "R4",
        Vmm,
        "resume flow, RUNNING with VCPUs: the machine runs",
    ),
    rule(
        "M1",
        Vmm,
        "of several devices none passes a grace state before all have reached it",
    ),
    rule(
        "E1",
        Device,
        "SAVING clears the window; the stream is everything from there to its end",
    ),
    rule("E2", Device, "SAVING|RUNNING starts the pre-copy data"),
    rule(
        "E3",
        Device,
        "a device without internal logging gives a stream of no length in pre-copy",
    ),
    rule(
        "E4",
        Device,
        "the window may come to an end of stream, for a time or for good",
    ),
    rule(
        "E5",
        Both,
        "SAVING|!RUNNING may come at any time; a transfer in progress is carried forward",
    ),
    rule(
        "E6",
        Device,
        "pre-copy shows the state that is logged; SAVING|!RUNNING sends what got dirty and concludes",
    ),
    rule(
        "E7",
        Device,
        "pre-copy is about internal state; DMA belongs to dirty tracking",
    ),
    rule(
        "E8",
        Device,
        "SAVING|!RUNNING captures the internal state and streams it",
    ),
    rule(
        "E9",
        Both,
        "the end of stream in SAVING|!RUNNING is final; all since SAVING began is put together for RESUMING",
    ),
    rule(
        "E10",
        Device,
        "a device that cannot log streams all its state in SAVING|!RUNNING",
    ),
    rule(
        "E11",
        Device,
        "RESUMING clears and opens the window for the stream",
    ),
    rule(
        "E12",
        Device,
        "RESUMING can always be entered, without a reset before; the device may reset itself",
    ),
    rule(
        "E13",
        Device,
        "leaving RESUMING loads all that was transferred",
    ),
    rule(
        "E14",
        Both,
        "in RESUMING the internal state is undefined; a reset leads back to a known one",
    ),
    rule("E15", Device, "invalid migration data ends in ERROR"),
    rule("C1", Device, "NDMA: no new DMA is issued"),
    rule(
        "C2",
        Device,
        "when a write of NDMA has returned, no DMA is in progress",
    ),
    rule(
        "C3",
        Device,
        "without RUNNING the internal state does not change, and there is no DMA",
    ),
    rule(
        "C4",
        Device,
        "in SAVING|!RUNNING and RESUMING no MMIO need be expected, and logging may stop",
    ),
    rule(
        "C5",
        Device,
        "in RUNNING, with NDMA or without, MMIO is answered",
    ),
    rule(
        "C6",
        Device,
        "in SAVING|RUNNING changes of internal state are logged",
    ),
    rule(
        "C7",
        Both,
        "ERROR is undefined but for what follows, and is left by a reset or a fresh device",
    ),
    rule(
        "C8",
        Device,
        "in ERROR a device that can do NDMA behaves as if it was set",
    ),
    rule(
        "P1",
        Device,
        "several bits: NDMA, !RUNNING, SAVING|!RUNNING, RESUMING, !RESUMING, RUNNING, SAVING|RUNNING, !NDMA",
    ),
    rule(
        "X1",
        Device,
        "VFIO_DEVICE_RESET discards the window and leads to RUNNING with a clean device",
    ),
    rule("X2", Device, "the same from ERROR"),
    rule("X3", Device, "a fresh device is in RUNNING"),
    rule(
        "K1",
        Device,
        "resuming does not change what subsystems of the kernel control",
    ),
    rule("K2", Device, "saving tolerates that it changes at any time"),
    rule(
        "K3",
        Device,
        "that is: the MSI-X page, interrupt set-up, common PCI configuration, PCI power, SET_IRQS",
    ),
    rule(
        "Q1",
        Device,
        "ideally, without RUNNING writes are discarded and reads give all ones",
    ),
    rule(
        "Q2",
        Device,
        "otherwise what comes then may do anything to the migration and to user space",
    ),
    rule(
        "Q3",
        Device,
        "but never to the system: no error TLP, no machine check, no break of isolation",
    ),
    rule(
        "T1",
        Vmm,
        "peer-to-peer DMA is suspended by NDMA before any state without MMIO",
    ),
    rule(
        "T2",
        Vmm,
        "or MMIO is never mapped for DMA where a device lacks NDMA",
    ),
    rule(
        "T3",
        Vmm,
        "by the grace states all devices run before one of them sees MMIO",
    ),
    rule(
        "T4",
        Both,
        "otherwise a hostile guest can corrupt the migration of devices that cannot protect themselves",
    ),
    rule(
        "F1",
        Device,
        "page faults in progress are not serialised; all are taken for done before SAVING|!RUNNING",
    ),
    rule(
        "F2",
        Vmm,
        "NDMA with VCPUs, all faults cleared, then the VCPUs stopped",
    ),
    rule("F3", Both, "without NDMA no page faults that need the VCPU"),
    rule(
        "O1",
        Both,
        "atomic read and clear is a feature of the hardware; without it NDMA stands in",
    ),
    rule(
        "O2",
        Both,
        "NDMA is optional; without it its states fall to the next step",
    ),
    rule(
        "O3",
        Both,
        "what needs NDMA (peer-to-peer, page requests) is not to be had without it",
    ),
    rule(
        "H1",
        Device,
        "migration registers within the device's own group: hostile DMA to them never breaks the kernel, at any point",
    ),
    rule(
        "H2",
        Device,
        "then migration data is not transferred by DMA",
    ),
    rule(
        "H3",
        Device,
        "quiet MMIO may be assumed for a migration to succeed, and for nothing else",
    ),
    rule(
        "V1",
        Vmm,
        "while the VCPUs stand still user space dirties no page and does no MMIO",
    ),
    rule(
        "V2",
        Both,
        "dirty tracking on: the log is cleared, and logging starts",
    ),
    rule(
        "V3",
        Device,
        "the log can be read and cleared at once, again and again, without disturbing the device",
    ),
    rule("V4", Vmm, "dirty tracking is switched on the container"),
    rule(
        "V5",
        Device,
        "dirty tracking off: the log is frozen, and can be read",
    ),
    rule(
        "V6",
        Vmm,
        "if the log is to be used, all DMA is suspended before tracking goes off",
    ),
    rule("B1", Open, "NDMA can be discovered"),
    rule("B2", Open, "interrupts of IMS are translated"),
    rule("B3", Open, "PASIDs are translated"),
];

/// The rules that a test's name begins with: `conformance_g4_g5_...`.
pub fn rules_of(test: &str) -> impl Iterator<Item = &'static Rule> {
    let ids = test.strip_prefix("conformance_").unwrap_or_default();
    ids.split('_').map_while(|id| {
        let same = |rule: &&Rule| rule.id.eq_ignore_ascii_case(id);
        RULES.iter().find(same)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_names() {
        let ids: Vec<_> = rules_of("conformance_g4_e12_p1_a_test")
            .map(|rule| rule.id)
            .collect();
        assert_eq!(ids, ["G4", "E12", "P1"]);
        assert_eq!(rules_of("prop_g4_x").count(), 0);
        for (number, rule) in RULES.iter().enumerate() {
            assert!(
                RULES[..number].iter().all(|before| before.id != rule.id),
                "{}",
                rule.id
            );
        }
    }
}
