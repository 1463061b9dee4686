"""What firmware does for RUNNING and RUNNING|NDMA, as a coroutine on the control bus.

The accesses and their order are those of `firmware/src/device_state.rs`: hold the
gate, wait until DMA is at rest, answer, release. Other states are refused loudly.
"""

import regs

MAX_POLLS = 4096


async def serve_requests(bridge):
    """Answers device_state requests; never returns."""
    while True:
        if not bridge.event:
            await bridge.cycles(1)
            continue
        if await bridge.control_read(regs.CTL_EVENT) & regs.EVENT_STATE:
            await change_state(bridge)


async def change_state(bridge):
    """Serves the request that waits."""
    word = await bridge.control_read(regs.CTL_STATE_REQUEST)
    requested, present = word & 0xF, word >> 4 & 0xF
    known = (regs.RUNNING, regs.RUNNING | regs.NDMA)
    assert requested in known and present in known, f"device_state {present:#x} to {requested:#x}"
    holds = requested != present
    if holds:
        await bridge.control_write(regs.CTL_HOLD, regs.HOLD_GATE)
    if holds and requested & regs.NDMA:
        for _ in range(MAX_POLLS):
            if await bridge.control_read(regs.CTL_STATUS) & regs.STATUS_QUIESCED:
                break
        else:
            raise AssertionError("not quiesced")
    await bridge.control_write(regs.CTL_REASON, 0)
    await bridge.control_write(regs.CTL_STATE_ANSWER, requested | regs.OUTCOME_SUCCEEDED << 4)
    if holds:
        await bridge.control_write(regs.CTL_HOLD, 0)
