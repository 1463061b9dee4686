"""The emitted chip against cocotbext-pcie's root complex. Each test needs a simulation of its own: the chip has no reset."""

import os
import random

import cocotb

import regs
from bridge import Bridge
from firmware import serve_requests
from host import PAGE_BYTES, Host, Ring
from recorder import Recorder

SEED = int(os.environ.get("SLACKWATER_COCOTB_SEED", "1"), 0)
FAULT = os.environ.get("SLACKWATER_COCOTB_FAULT", "none")
RECORD = os.environ.get("SLACKWATER_COCOTB_RECORD")
WORD = 0xFFFF_FFFF
# Cycles without a request after which the device counts as silent.
SILENCE_CYCLES = 2000


async def start(dut, name):
    """An enumerated card."""
    recorder = Recorder(RECORD, name) if RECORD else None
    bridge = Bridge(dut, f"{SEED} {name}", regs.INJECT[FAULT], recorder)
    dut._log.info("seed %d, stall %.1f, pause %.1f, fault %s", SEED, bridge.stall, bridge.pause, FAULT)
    host = Host(bridge)
    host.root.split_on_all_rcb = random.Random(f"{SEED} {name} split").random() < 0.5
    bridge.start()
    await host.enumerate()
    return host


async def finish(host):
    """What holds at the end of every test."""
    assert await host.read(regs.COUNT_MALFORMED) == 0
    assert await host.read(regs.COUNT_UNEXPECTED) == 0
    host.bridge.check()
    print(f"SLACKWATER_CYCLES {host.bridge.cycle}", flush=True)
    if host.bridge.recorder is not None:
        host.bridge.recorder.close()


def fill(start_word, size):
    """What FILL writes."""
    return tuple(start_word + i & WORD for i in range(size // 4))


def sums(words):
    """SUM_A and SUM_B of a completion entry."""
    a = b = 0
    for word in words:
        a = a + word & WORD
        b = b + a & WORD
    return a, b


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def enumeration(dut):
    """BARs are found with their sizes and get addresses; both answer."""
    host = await start(dut, "enumeration")
    card = host.card
    assert (card.vendor_id, card.device_id) == (0x1234, 0x5157)
    sizes = {bar: card.bar_window[bar].size for bar in range(6) if card.bar_window[bar]}
    assert sizes == {regs.BAR0: regs.BAR0_BYTES, regs.BAR2: regs.BAR2_BYTES}, sizes
    assert await host.read(regs.ENGINE_ID, regs.BAR0) == regs.ENGINE_ID_VALUE
    assert await host.read(regs.MAGIC) == regs.MAGIC_VALUE
    await finish(host)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def bar2_identity(dut):
    """The constants of BAR2, one by one and as a block read."""
    host = await start(dut, "bar2_identity")
    expected = (
        regs.MAGIC_VALUE,
        regs.VERSION_VALUE,
        regs.ENGINE_DEVICE_TYPE,
        regs.config_hash(regs.ENGINE_DEVICE_TYPE, regs.ENGINE_STATE_WORDS),
        regs.CAPABILITIES_VALUE,
        regs.ENGINE_STATE_WORDS,
    )
    for index, value in enumerate(expected):
        word = await host.read(4 * index)
        assert word == value, f"register {4 * index:#x} reads {word:#x}, not {value:#x}"
    assert await host.read_words(0, len(expected)) == expected
    assert await host.read(regs.CLOCK_HZ) == regs.CLOCK_HZ_VALUE
    assert await host.read(regs.LOG_PAGES) == 1 << regs.LOG_PAGES_LOG2
    assert await host.read(regs.STATE) & 0xF == regs.RUNNING
    await finish(host)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def bar2_readback(dut):
    """Registers that can be written read back; constants do not change."""
    host = await start(dut, "bar2_readback")
    pick = random.Random(f"{SEED} readback")
    values = {regs.WATCHDOG_CYCLES: 500_000, regs.COMPLETION_TIMEOUT_CYCLES: 60_000}
    for index in range(regs.RANGE_COUNT):
        base = regs.RANGE_BASE + index * regs.RANGE_STRIDE
        values[base] = pick.getrandbits(20) << 12
        values[base + 4] = pick.getrandbits(32)
        values[base + 8] = pick.getrandbits(16)
    for offset, value in values.items():
        await host.write(offset, value)
    await host.write(regs.MAGIC, 0)
    for offset, value in values.items():
        word = await host.read(offset)
        assert word == value, f"register {offset:#x} reads {word:#x}, not {value:#x}"
    assert await host.read(regs.MAGIC) == regs.MAGIC_VALUE
    await finish(host)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def descriptor_ring(dut):
    """FILL, COPY and CHECKSUM: the right data, completions, one MSI; the counters agree with the model."""
    host = await start(dut, "descriptor_ring")
    ring = Ring(host)
    data = host.alloc(4 * PAGE_BYTES)
    await ring.setup()
    ring.add(regs.FILL, 600, destination=data.address + 0xF00, operand=0xFFFF_FFF0)
    ring.add(regs.COPY, 520, source=data.address + 0xF04, destination=data.address + 0x2F80)
    ring.add(regs.CHECKSUM, 520, source=data.address + 0x2F80, interrupt=True)
    await ring.ring()
    await ring.interrupt(1)
    words = fill(0xFFFF_FFF0, 600)
    assert data.words(0xF00, 150) == words
    assert data.words(0x2F80, 130) == words[1:131]
    ring.completion(0)
    ring.completion(1)
    assert ring.completion(2) == sums(words[1:131])
    assert await host.read(regs.HEAD, regs.BAR0) == 3
    requests = [tlp for _, tlp in host.bridge.requests]
    writes = sum(tlp.is_posted() for tlp in requests)
    assert data.pages == {0, 1, 2, 3}
    assert await host.read(regs.COUNT_DMA_WRITES) == writes
    assert await host.read(regs.COUNT_DMA_READS) == len(requests) - writes
    assert await host.read(regs.COUNT_INTERRUPTS) == host.interrupts == 1
    await finish(host)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def dirty_log(dut):
    """The snapshot has exactly the pages that the root complex' memory saw written."""
    host = await start(dut, "dirty_log")
    ring = Ring(host)
    pages = 64
    data = host.alloc(pages * PAGE_BYTES)
    await ring.setup()
    await host.write(regs.RANGE_BASE, data.address & WORD)
    await host.write(regs.RANGE_BASE + 4, data.address >> 32)
    await host.write(regs.RANGE_BASE + 8, pages)
    await host.write(regs.RANGE_BASE + 12, regs.RANGE_ENABLE | 12 << 24)
    assert await host.read(regs.RANGE_BASE + 12) == regs.RANGE_ENABLE | 12 << 24
    assert await host.log_command(regs.LOG_START) & regs.LOG_TRACKING
    pick = random.Random(f"{SEED} dirty")
    rounds = 3
    for number in range(1, rounds + 1):
        data.pages.clear()
        for _ in range(7):
            at = 4 * pick.randrange(pages * PAGE_BYTES // 4 - 128)
            ring.add(regs.FILL, 4 * pick.randrange(1, 128), destination=data.address + at)
        ring.add(regs.CHECKSUM, 64, source=data.address, interrupt=True)
        await ring.ring()
        await ring.interrupt(number)
        expected = sorted(data.pages)
        assert expected
        count = await host.read(regs.DIRTY_COUNT)
        assert count == len(expected), f"DIRTY_COUNT {count}, written {expected}"
        status = await host.log_command(regs.LOG_SNAPSHOT)
        assert status & regs.LOG_HELD and not status & regs.LOG_INCOMPLETE
        window = await host.read_words(regs.SNAPSHOT_WINDOW, pages // 32 + 14)
        marked = [32 * at + bit for at, word in enumerate(window) for bit in range(32) if word >> bit & 1]
        assert marked == expected, f"marked {marked}, written {expected}"
        status = await host.log_command(regs.LOG_ACKNOWLEDGE)
        assert not status & regs.LOG_HELD
        assert await host.read(regs.DIRTY_COUNT) == 0
    # All other writes are the completion entries: no range covers them.
    assert await host.read(regs.COUNT_OUTSIDE) == 8 * rounds
    await finish(host)


async def long_job(host):
    """A job of 8 copies of 2 KiB, begun; hands back its ring and its memory."""
    ring = Ring(host)
    data = host.alloc(16 * PAGE_BYTES)
    data.mem[: 8 * PAGE_BYTES] = random.Random(f"{SEED} job").randbytes(8 * PAGE_BYTES)
    await ring.setup()
    for index in range(8):
        at = data.address + index * PAGE_BYTES
        ring.add(regs.COPY, 2048, source=at, destination=at + 8 * PAGE_BYTES, interrupt=index == 7)
    await ring.ring()
    await host.bridge.cycles(700)
    return ring, data


async def silent(host):
    """QUIESCED was read: no request starts, nothing is written, and the job is not over."""
    bridge = host.bridge
    status = await host.poll(regs.STATUS, regs.STATUS_QUIESCED, regs.STATUS_QUIESCED)
    assert status & regs.STATUS_GATE_CLOSED
    sent = len(bridge.requests)
    await bridge.cycles(SILENCE_CYCLES)
    assert len(bridge.requests) == sent, f"{len(bridge.requests) - sent} requests behind a closed gate"
    assert await host.read(regs.STATUS) & regs.STATUS_QUIESCED
    assert host.interrupts == 0, "the job was over before the gate closed"
    assert await host.read(regs.HEAD, regs.BAR0) < 8


async def completed(host, ring, data):
    """The job goes on and ends with the right data."""
    await ring.interrupt(1)
    for index in range(8):
        ring.completion(index)
        at = index * PAGE_BYTES
        assert data.words(at, 512) == data.words(at + 8 * PAGE_BYTES, 512), f"copy {index}"


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def gate_without_firmware(dut):
    """The hardware closes the gate with the request, before any firmware has seen it; the late answer leads back."""
    host = await start(dut, "gate_without_firmware")
    ring, data = await long_job(host)
    await host.request_state(regs.RUNNING | regs.NDMA)
    await silent(host)
    assert await host.read(regs.STATE) & regs.STATE_PENDING
    cocotb.start_soon(serve_requests(host.bridge))
    await host.answered(regs.RUNNING | regs.NDMA)
    await host.request_state(regs.RUNNING)
    await host.answered(regs.RUNNING)
    await completed(host, ring, data)
    await finish(host)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def quiesce(dut):
    """RUNNING to RUNNING|NDMA and back while a job runs: silence in between, then the job ends."""
    host = await start(dut, "quiesce")
    cocotb.start_soon(serve_requests(host.bridge))
    ring, data = await long_job(host)
    await host.request_state(regs.RUNNING | regs.NDMA)
    await host.answered(regs.RUNNING | regs.NDMA)
    await silent(host)
    await host.request_state(regs.RUNNING)
    await host.answered(regs.RUNNING)
    assert not await host.read(regs.STATUS) & regs.STATUS_GATE_CLOSED
    await completed(host, ring, data)
    await finish(host)
