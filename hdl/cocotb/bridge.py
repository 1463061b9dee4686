"""Between cocotbext-pcie's link and the ports of module chip.

    RootComplex <- SimPort -> Device / CardFunction <- Bridge -> link_rx, link_tx, msi, ctl

The function answers configuration requests by itself, as the hard PCIe core of a
7-series FPGA does. Memory requests and completions go to link_rx as raw TLPs: 64
bits a beat, DW0 of the TLP in the low lane, each DW with byte 0 in bits 31:24
(PCIe Base Specification 2.2.1), and with the BAR hit bits of the request. What
comes out of link_tx is put together, checked, and sent upstream in order. An
interrupt becomes the MSI write of the function's capability, behind all TLPs that
the chip sent before it (PCIe Base Specification 2.4.1: a posted request does not
pass a posted one).

Time: in each cycle the inputs change with the falling edge, and the outputs are
sampled when they have settled, immediately before the rising edge. A beat passes
in a cycle in which valid and ready are both 1.
"""

import random
from collections import deque

import cocotb
from cocotb.queue import Queue
from cocotb.triggers import Event, Timer
from cocotbext.pcie.core import Device, Endpoint
from cocotbext.pcie.core.caps import MsiCapability
from cocotbext.pcie.core.tlp import Tlp, TlpType

import regs
from recorder import INPUTS, MAX_CYCLES, OUTPUTS

HALF_CYCLE_NS = 4
BEAT_DW = 2
KEEP_AT = 32 * BEAT_DW
LAST_AT = KEEP_AT + BEAT_DW
VENDOR_ID, DEVICE_ID = 0x1234, 0x5157
CONFIGURATION = {TlpType.CFG_READ_0, TlpType.CFG_WRITE_0}


def to_dws(tlp):
    """The DWs of a TLP, byte 0 of each in bits 31:24."""
    data = bytes(tlp.pack())
    return [int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)]


def beats(dws):
    """The 67-bit beats of a TLP: last, keep[1:0], DW1, DW0."""
    for at in range(0, len(dws), BEAT_DW):
        part = dws[at : at + BEAT_DW]
        word = sum(dw << 32 * lane for lane, dw in enumerate(part))
        yield word | (1 << len(part)) - 1 << KEEP_AT | (at + BEAT_DW >= len(dws)) << LAST_AT


class CardFunction(Endpoint):
    """Configuration space of the card: BAR0 4 KiB, BAR2 64 KiB, one MSI vector."""

    def __init__(self):
        super().__init__()
        self.vendor_id = VENDOR_ID
        self.device_id = DEVICE_ID
        self.configure_bar(regs.BAR0, regs.BAR0_BYTES)
        self.configure_bar(regs.BAR2, regs.BAR2_BYTES)
        self.msi_cap = MsiCapability()
        self.msi_cap.msi_64bit_address_capable = 1
        self.register_capability(self.msi_cap)
        self.to_chip = deque()

    async def handle_tlp(self, tlp):
        """Configuration requests are the function's, all else the chip's."""
        if tlp.fmt_type in CONFIGURATION:
            await super().handle_tlp(tlp)
            return
        bar = 0 if tlp.is_completion() else 1 << self.match_bar(tlp.address)[0]
        self.to_chip.append((tlp, bar))


class Bridge:
    """Clocks the chip and moves TLPs, interrupts and control bus accesses."""

    def __init__(self, dut, seed, inject=0, recorder=None):
        self.dut = dut
        self.inject = inject
        self.recorder = recorder
        self.function = CardFunction()
        self.device = Device(self.function)
        self.cycle = 0
        self.event = False
        self.error = None
        # Requests of the device that started on link_tx: (cycle of the first beat, TLP).
        self.requests = []
        self._random = random.Random(seed)
        # Share of cycles in which link_tx is not ready, and in which link_rx pauses.
        self.stall = self._random.choice([0.0, 0.2, 0.5, 0.8])
        self.pause = self._random.choice([0.0, 0.2, 0.5])
        self._inputs = [getattr(dut, name) for name in INPUTS]
        self._outputs = [getattr(dut, name) for name in OUTPUTS]
        self._driven = [None] * len(INPUTS)
        self._rx = deque()
        self._rx_tlp = None
        self._rx_offered = False
        self._tx = []
        self._tx_started = 0
        self._upstream = Queue()
        self._control = None
        self._control_data = 0
        self._control_done = Event()

    def start(self):
        """Clock and upstream path, from now on."""
        cocotb.start_soon(self._run())
        cocotb.start_soon(self._send_upstream())

    async def cycles(self, count):
        """Waits; fails if the bridge has found an error."""
        await Timer(2 * HALF_CYCLE_NS * count, "ns")
        self.check()

    def check(self):
        """Raises the error that the bridge has found, if there is one."""
        if self.error is not None:
            raise self.error

    async def control_read(self, address):
        """The word at a byte address of the firmware's control bus."""
        return await self._access((address, None))

    async def control_write(self, address, data):
        """Writes a word on the firmware's control bus."""
        await self._access((address, data))

    async def _access(self, request):
        self._control_done.clear()
        self._control = request
        await self._control_done.wait()
        return self._control_data

    def _next_inputs(self):
        if not self._rx and self.function.to_chip:
            tlp, bar = self.function.to_chip.popleft()
            self._rx_tlp = (tlp, bar, to_dws(tlp))
            self._rx.extend(beats(self._rx_tlp[2]))
        # What is offered stays until it is taken.
        if not self._rx_offered:
            self._rx_offered = bool(self._rx) and self._random.random() >= self.pause
        offered = self._rx_offered
        address, data = self._control or (0, None)
        return [
            int(self._random.random() >= self.stall),
            self._rx[0] if offered else 0,
            int(offered),
            self._rx_tlp[1] if offered else 0,
            int(self.function.pcie_id),
            int(self._random.random() >= self.stall),
            0,
            int(self._control is not None),
            int(data is not None),
            address,
            data or 0,
            self.inject,
        ]

    async def _run(self):
        try:
            while True:
                await self._clock()
        except Exception as error:  # told to the test by check()
            self.error = error
            raise

    async def _clock(self):
        assert self.cycle < MAX_CYCLES, f"more than {MAX_CYCLES} cycles"
        inputs = self._next_inputs()
        self.dut.clock.value = 0
        for at, value in enumerate(inputs):
            if self._driven[at] != value:
                self._inputs[at].value = value
                self._driven[at] = value
        await Timer(HALF_CYCLE_NS, "ns")
        outputs = [int(port.value) for port in self._outputs]
        if self.recorder is not None:
            self.recorder.cycle(inputs, outputs)
        self._transfer(inputs, dict(zip(OUTPUTS, outputs)))
        self.dut.clock.value = 1
        self.cycle += 1
        await Timer(HALF_CYCLE_NS, "ns")

    def _transfer(self, inputs, outputs):
        if self._rx_offered and outputs["link_rx_ready"]:
            self._rx_offered = False
            self._rx.popleft()
            if not self._rx:
                tlp, bar, dws = self._rx_tlp
                tlp.release_fc()
                if self.recorder is not None:
                    self.recorder.tlp(self.cycle, "rx", dws, bar)
        if outputs["link_tx_valid"] and inputs[0]:
            self._take(outputs["link_tx_beat"])
        if outputs["msi_valid"] and inputs[5]:
            self._upstream.put_nowait(outputs["msi_vector"])
        if self._control is not None and outputs["ctl_ready"]:
            self._control = None
            self._control_data = outputs["ctl_read_data"]
            self._control_done.set()
        self.event = bool(outputs["firmware_event"])

    def _take(self, beat):
        if not self._tx:
            self._tx_started = self.cycle
        keep, last = beat >> KEEP_AT & 3, beat >> LAST_AT
        assert keep == 3 or (last and keep == 1), f"keep {keep:#b}, last {last}"
        self._tx += [beat >> 32 * lane & 0xFFFF_FFFF for lane in range(BEAT_DW) if keep >> lane & 1]
        if not last:
            return
        dws, self._tx = self._tx, []
        if self.recorder is not None:
            self.recorder.tlp(self.cycle, "tx", dws)
        tlp = Tlp.unpack(b"".join(dw.to_bytes(4, "big") for dw in dws))
        expected = tlp.get_header_size_dw() + (tlp.length if tlp.has_data() else 0)
        assert len(dws) == expected, f"{len(dws)} DWs, the header announces {expected}: {tlp!r}"
        assert tlp.check(), f"no valid TLP: {tlp!r}"
        if not tlp.is_completion():
            assert self.function.bus_master_enable, f"request without bus master enable: {tlp!r}"
            assert int(tlp.requester_id) == int(self.function.pcie_id), repr(tlp)
            self.requests.append((self._tx_started, tlp))
        self._upstream.put_nowait(tlp)

    async def _send_upstream(self):
        while True:
            item = await self._upstream.get()
            if isinstance(item, Tlp):
                await self.function.send(item)
            else:
                await self.function.msi_cap.issue_msi_interrupt(item)
