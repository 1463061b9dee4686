"""The host's side: cocotbext-pcie's root complex, its memory, and accesses of the card's BARs."""

import struct

from cocotbext.axi import MemoryRegion
from cocotbext.pcie.core import RootComplex

import regs

PAGE_BYTES = 4096
MMIO_TIMEOUT_NS = 100_000
JOB_TIMEOUT_NS = 1_200_000
POLLS = 2000


class WatchedMemory(MemoryRegion):
    """Memory that notes the pages (4 KiB) that are written through the root complex."""

    def __init__(self, size=PAGE_BYTES, **kwargs):
        super().__init__(size, **kwargs)
        self.pages = set()
        self.writes = 0

    async def _write(self, address, data, **kwargs):
        self.writes += 1
        if data:
            self.pages.update(range(address // PAGE_BYTES, (address + len(data) - 1) // PAGE_BYTES + 1))
        await super()._write(address, data, **kwargs)

    @property
    def address(self):
        """Bus address of the first byte."""
        return self.get_absolute_address(0)

    def words(self, offset, count):
        """Little-endian words."""
        return struct.unpack(f"<{count}I", self.mem[offset : offset + 4 * count])


class Host:
    """Root complex, and the card behind one of its ports."""

    def __init__(self, bridge):
        self.bridge = bridge
        self.root = RootComplex()
        self.root.make_port().connect(bridge.device.upstream_port)
        self.card = None
        self.sequence = 0
        self.interrupts = 0

    async def enumerate(self):
        """Enumeration, bus mastering and one MSI vector."""
        await self.root.enumerate()
        self.card = self.root.find_device(self.bridge.function.pcie_id)
        assert self.card is not None, "the card was not found"
        await self.card.enable_device()
        await self.card.set_master()
        assert await self.card.alloc_irq_vectors(1, 1) == 1
        self.card.request_irq(0, self._interrupt)

    async def _interrupt(self):
        self.interrupts += 1

    def alloc(self, size):
        """Memory of the root complex' pool, aligned to its size (a power of two)."""
        return self.root.mem_pool.alloc_region(size, region_type=WatchedMemory)

    async def read(self, offset, bar=regs.BAR2):
        """Reads a register."""
        return (await self.read_words(offset, 1, bar))[0]

    async def read_words(self, offset, count, bar=regs.BAR2):
        """Reads words of a BAR, the length of the TLPs is the root complex' choice."""
        window = self.card.bar_window[bar]
        data = await window.read(offset, 4 * count, timeout=MMIO_TIMEOUT_NS, timeout_unit="ns")
        self.bridge.check()
        return struct.unpack(f"<{count}I", data)

    async def write(self, offset, value, bar=regs.BAR2):
        """Writes a register (posted)."""
        await self.card.bar_window[bar].write(offset, struct.pack("<I", value))

    async def poll(self, offset, mask, value, bar=regs.BAR2):
        """Reads a register until its bits under a mask have a value."""
        for _ in range(POLLS):
            word = await self.read(offset, bar)
            if word & mask == value:
                return word
        raise AssertionError(f"register {offset:#x} stays {word:#x}, wanted {value:#x} under {mask:#x}")

    async def log_command(self, operation):
        """A command of the dirty log on chunk 0, to its end; it must be OK."""
        self.sequence = self.sequence % 255 + 1
        await self.write(regs.LOG_COMMAND, operation | self.sequence << 24)
        status = await self.poll(regs.LOG_STATUS, 0xFF00_0000 | regs.LOG_BUSY, self.sequence << 24)
        assert status & 0xF == 0, f"log command {operation} ended with status {status:#x}"
        return status

    async def request_state(self, bits):
        """Writes a device_state request; its answer is not waited for."""
        self.sequence = self.sequence % 255 + 1
        await self.write(regs.STATE_REQUEST, bits | self.sequence << 24)

    async def answered(self, bits):
        """Waits for the answer; the request must have succeeded."""
        want = self.sequence << 24 | regs.OUTCOME_SUCCEEDED << 4 | bits
        await self.poll(regs.STATE, 0xFF00_0000 | regs.STATE_PENDING | 0x3F, want)


class Ring:
    """The workload's descriptor and completion rings, in memory of their own."""

    def __init__(self, host, entries=16):
        self.host = host
        self.entries = entries
        self.memory = host.alloc(2 * PAGE_BYTES)
        self.producer = 0

    async def setup(self):
        """Tells the engine where the rings are, and starts it."""
        assert await self.host.read(regs.ENGINE_ID, regs.BAR0) == regs.ENGINE_ID_VALUE
        completions = self.memory.address + PAGE_BYTES
        for offset, value in (
            (regs.RING_LO, self.memory.address & 0xFFFF_FFFF),
            (regs.RING_HI, self.memory.address >> 32),
            (regs.RING_ENTRIES, self.entries),
            (regs.COMPLETIONS_LO, completions & 0xFFFF_FFFF),
            (regs.COMPLETIONS_HI, completions >> 32),
            (regs.ENGINE_CONTROL, 1),
        ):
            await self.host.write(offset, value, regs.BAR0)

    def add(self, opcode, size, source=0, destination=0, operand=0, interrupt=False):
        """Puts a descriptor into the ring; its cookie is made of its index."""
        slot = self.producer % self.entries
        opcode |= regs.FLAG_INTERRUPT if interrupt else 0
        words = struct.pack("<IIQQII", opcode, size, source, destination, operand, self.cookie(self.producer))
        at = slot * regs.DESCRIPTOR_BYTES
        self.memory.mem[at : at + len(words)] = words
        self.producer += 1

    @staticmethod
    def cookie(index):
        """Cookie of the descriptor with this index."""
        return 0xC0DE_0000 | index

    async def ring(self):
        """Hands all descriptors so far to the engine."""
        await self.host.write(regs.DOORBELL, self.producer, regs.BAR0)

    async def interrupt(self, count):
        """Waits until the host has had so many interrupts."""
        for _ in range(JOB_TIMEOUT_NS // 800):
            if self.host.interrupts >= count:
                return
            await self.host.bridge.cycles(100)
        raise AssertionError(f"{self.host.interrupts} interrupts, wanted {count}")

    def completion(self, index):
        """SUM_A and SUM_B of a completion entry, which must be good."""
        at = PAGE_BYTES + index % self.entries * regs.COMPLETION_BYTES
        cookie, result, sum_a, sum_b = self.memory.words(at, 4)
        assert cookie == self.cookie(index), f"completion {index}: cookie {cookie:#x}"
        assert result == index << 16 | regs.RESULT_OK, f"completion {index}: result {result:#x}"
        return sum_a, sum_b
