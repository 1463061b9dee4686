//! Page requests of the workload, TLP by TLP.

use crate::bench::Bench;
use crate::host::{Host, REQUESTER, response};
use crate::model::{DENIED, Descriptor, PIECES, Seed};
use slackwater_regs::accelerator as regs;

fn fill(destination: u64, bytes: u32, flags: u32) -> Descriptor {
    let (lo, hi) = (destination as u32, (destination >> 32) as u32);
    [regs::opcode::FILL | flags, bytes, 0, 0, lo, hi, 7, 0xc0de]
}

fn scene(descriptors: Vec<Descriptor>) -> (Bench, Host) {
    let mut host = Host::new(&mut Seed(5), descriptors);
    host.set_up();
    let mut bench = Bench::new();
    bench.noise = 0;
    (bench, host)
}

/// The message, bit by bit: written out here, not made by the model.
#[test]
fn a_page_request_has_the_form_of_the_specification() {
    let destination = 0x10_5abc;
    let (mut bench, mut host) = scene(vec![fill(
        destination,
        4,
        regs::descriptor::FLAG_PAGE_REQUEST,
    )]);
    host.hold_responses = true;
    for _ in 0..2_000 {
        bench.live(&mut host);
    }
    // Group 1: the descriptor was fetched with tag 0.
    let message = [0x3000_0000, REQUESTER << 16 | 0x04, 0, 0x0010_500e];
    assert_eq!(host.last_page_request, message);
}

#[test]
fn a_denied_page_ends_the_descriptor_with_its_own_result() {
    let flag = regs::descriptor::FLAG_PAGE_REQUEST;
    let (mut bench, mut host) = scene(vec![
        fill(DENIED.start - 64, 128, flag),
        fill(DENIED.start, 64, 0),
        fill(PIECES[0].0, 64, flag),
    ]);
    bench.run(&mut host);
    let results: Vec<u32> = host.entries.iter().map(|e| e[1] & 0xffff).collect();
    assert_eq!(
        results,
        [regs::result::PAGE_ERROR, regs::result::OK, regs::result::OK]
    );
    let asked = [
        (DENIED.start - 4096, 2),
        (DENIED.start, 2),
        (PIECES[0].0, 2),
    ];
    assert_eq!(host.pages, asked);
}

/// F3, O3: where page requests are not available they cannot be enabled, and nothing asks.
#[test]
fn conformance_f3_o3_without_the_capability_nothing_is_asked_for() {
    let (mut bench, mut host) = scene(vec![fill(
        PIECES[0].0,
        64,
        regs::descriptor::FLAG_PAGE_REQUEST,
    )]);
    bench.page_requests = false;
    bench.run(&mut host);
    assert_eq!(host.entries[0][1] & 0xffff, regs::result::OK);
    assert!(host.pages.is_empty());
    let read = vec![0x0000_0001, 0x0000_420f, regs::CONTROL];
    let answer = crate::answers(&mut bench, &mut host, read, 1);
    assert_eq!(answer[0][3].swap_bytes(), regs::control::ENABLE);
}

/// A descriptor that waits for its page waits for that alone: strays, a closed gate and time change nothing.
#[test]
fn a_descriptor_waits_for_its_page_however_long() {
    let flag = regs::descriptor::FLAG_PAGE_REQUEST;
    let (mut bench, mut host) = scene(vec![fill(PIECES[0].0, 64, flag)]);
    host.hold_responses = true;
    let status = |bench: &mut Bench, host: &mut Host| {
        let read = vec![0x0000_0001, 0x0000_420f, regs::STATUS];
        let answer = crate::answers(bench, host, read, 1);
        answer[0][3].swap_bytes()
    };
    for _ in 0..2_000 {
        bench.live(&mut host);
    }
    assert_eq!(host.pages.len(), 1);
    for _ in 0..70_000 {
        bench.cycle(&mut host);
    }
    let waits = regs::status::BUSY | regs::status::PAGE_WAIT;
    assert_eq!(status(&mut bench, &mut host), waits);
    assert!(host.entries.is_empty());
    // The answer comes while the gate is closed; the write goes when it opens.
    bench.gated = true;
    host.completions.push_back((0, response(0, 1)));
    for _ in 0..400 {
        bench.cycle(&mut host);
    }
    assert_eq!(status(&mut bench, &mut host), regs::status::BUSY);
    assert_eq!(host.writes_relaxed, 0);
    bench.gated = false;
    bench.run(&mut host);
    assert_eq!(host.entries[0][1] & 0xffff, regs::result::OK);
}
