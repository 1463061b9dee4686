//! Clocks of instructions and of the image, and the depth of its stack.

use slackwater_firmware::Limits;
use slackwater_regs::bar2::{capabilities, status};
use slackwater_regs::control::{self, event};
use slackwater_regs::state::RUNNING;
use slackwater_sim::machine::Firmware;
use slackwater_sim::ports::{CardOutputs, ControlRequest};
use slackwater_sim::soft_core::image::{built, with_limits};
use slackwater_sim::soft_core::program::{BUS, ILLEGAL, T0, T1, ZERO, addi, back, image, lw, sw};
use slackwater_sim::soft_core::{Image, ImageFirmware};

/// Clocks at which accesses were answered, on a bus that answers all reads alike: a write takes 2
/// clocks and a read 4.
fn answered(image: Image, clocks: u64, data: impl Fn(u32) -> u32) -> Vec<(u64, ControlRequest)> {
    let mut firmware = ImageFirmware::new(image);
    let mut answered = Vec::new();
    let mut outputs = CardOutputs {
        event: true,
        ..CardOutputs::default()
    };
    let mut request: Option<ControlRequest> = None;
    let mut waited = 0;
    for clock in 0..clocks {
        outputs.control_ready = false;
        if let Some(request) = request {
            waited += 1;
            let last = if request.write.is_some() { 2 } else { 4 };
            if waited == last {
                waited = 0;
                outputs.control_ready = true;
                outputs.control_data = data(request.address);
                answered.push((clock, request));
            }
        }
        request = firmware.cycle(&outputs);
    }
    answered
}

/// Clocks from one write to the next in a loop of these instructions.
fn loop_clocks(instructions: &[u32]) -> u64 {
    let mut program = vec![BUS, sw(ZERO, T0, 0)];
    program.extend_from_slice(instructions);
    program.push(back(1 + instructions.len() as u32));
    let clocks: Vec<u64> = answered(image(&program), 1000, |_| 0)
        .iter()
        .filter(|(_, request)| request.write.is_some())
        .map(|(clock, _)| *clock)
        .collect();
    let apart: Vec<u64> = clocks.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(apart.iter().all(|clocks| *clocks == apart[0]), "{apart:?}");
    apart[0]
}

/// The table of PicoRV32's README; a store to the bus has the bus' two clocks in the place of one.
#[test]
fn instructions_take_the_clocks_of_the_table() {
    let bare = loop_clocks(&[]);
    assert_eq!(bare, 6 + 3, "a store with one clock more, and a jump");
    let takes = |instruction| loop_clocks(&[instruction]) - bare;
    assert_eq!(takes(addi(T1, T1, 1)), 3);
    assert_eq!(takes(T1 << 20 | T1 << 15 | T1 << 7 | 0x33), 3, "add");
    assert_eq!(takes(lw(T1, ZERO, 0)), 5);
    assert_eq!(takes(lw(T1, T0, 0)), 5 + 3, "from the bus");
    assert_eq!(takes(0x0000_1263), 3, "bne, not taken");
    let over_one = [0x0000_0463, ILLEGAL];
    assert_eq!(loop_clocks(&over_one) - bare, 5, "beq, taken");
}

/// What `soft_core::image` scales limits with.
#[test]
fn a_read_of_status_in_a_row_takes_the_clocks_that_limits_are_scaled_with() {
    let limits = Limits {
        quiesce_polls: 100,
        freeze_polls: 1,
    };
    let data = |address| match address {
        control::EVENT => event::STATE,
        control::STATE_REQUEST => 9 | RUNNING << 4,
        control::CAPABILITIES => capabilities::NDMA,
        control::STATUS => status::TX_BUSY,
        _ => 0,
    };
    let polls: Vec<u64> = answered(with_limits(built(), limits), 5000, data)
        .iter()
        .filter(|(_, request)| request.address == control::STATUS)
        .map(|(clock, _)| *clock)
        .collect();
    assert_eq!(
        polls[1] - polls[0],
        slackwater_sim::soft_core::image::POLL_CYCLES
    );
    assert_eq!(
        polls[2] - polls[1],
        slackwater_sim::soft_core::image::POLL_CYCLES
    );
}

/// Firmware that waits asks nothing of the bus, and answers in a bounded number of clocks.
#[test]
fn a_request_for_ndma_is_answered_in_so_many_clocks() {
    let data = |address| match address {
        control::EVENT => event::STATE,
        control::STATE_REQUEST => 9 | RUNNING << 4,
        control::CAPABILITIES => capabilities::NDMA,
        control::STATUS => status::QUIESCED,
        _ => 0,
    };
    let answers: Vec<u64> = answered(built(), 20_000, data)
        .iter()
        .filter(|(_, request)| request.address == control::STATE_ANSWER)
        .map(|(clock, _)| *clock)
        .collect();
    let apart = answers[1] - answers[0];
    println!("NDMA takes {apart} clocks");
    assert!(apart < 2500, "{apart}");
}
