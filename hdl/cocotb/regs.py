"""Numbers of the register map that the tests use; the source is `hdl/regs/src`, in prose `hdl/regs/REGISTERS.md`."""

# bar2.rs: 64 KiB, 32-bit words.
BAR2 = 2
BAR2_BYTES = 0x1_0000
MAGIC, VERSION, DEVICE_TYPE, CONFIG_HASH, CAPABILITIES, STATE_WORDS = range(0x00, 0x18, 4)
OWNER, CLOCK_HZ = 0x18, 0x1C
STATE_REQUEST, STATE, STATUS = 0x20, 0x24, 0x2C
WATCHDOG_CYCLES, COMPLETION_TIMEOUT_CYCLES = 0x30, 0x34
LOG_COMMAND, LOG_STATUS, DIRTY_COUNT, LOG_PAGES = 0x40, 0x44, 0x48, 0x58
RANGE_BASE, RANGE_STRIDE, RANGE_COUNT = 0x100, 0x10, 8
COUNT_OUTSIDE, COUNT_MALFORMED, COUNT_UNEXPECTED = 0x184, 0x194, 0x198
COUNT_DMA_WRITES, COUNT_DMA_READS, COUNT_INTERRUPTS = 0x1A0, 0x1A4, 0x1A8
SNAPSHOT_WINDOW, WINDOW_BYTES = 0x1000, 0x1000

MAGIC_VALUE = 0x534C_4B57
VERSION_VALUE = 0x0001_0002
LOG_PAGES_LOG2 = 20
# NDMA, ATOMIC_CLEAR, INTERNAL_LOG, PAGE_REQUESTS, number of ranges in 15:8, log2 of the log's pages in 23:16.
CAPABILITIES_VALUE = 0b1111 | RANGE_COUNT << 8 | LOG_PAGES_LOG2 << 16
CLOCK_HZ_VALUE = 125_000_000

STATUS_QUIESCED, STATUS_GATE_CLOSED = 1 << 0, 1 << 1
RANGE_ENABLE = 1 << 31

# log.rs: commands, and fields of LOG_STATUS.
LOG_START, LOG_SNAPSHOT, LOG_PEEK, LOG_ACKNOWLEDGE = 1, 3, 4, 6
LOG_BUSY, LOG_TRACKING, LOG_HELD, LOG_INCOMPLETE = 1 << 4, 1 << 5, 1 << 6, 1 << 7

# state.rs: device_state, and fields of STATE.
RUNNING, NDMA = 1 << 0, 1 << 3
STATE_PENDING = 1 << 8
OUTCOME_SUCCEEDED = 1

# control.rs: the firmware's control bus.
CTL_EVENT, CTL_STATE_REQUEST, CTL_STATE_ANSWER, CTL_REASON, CTL_HOLD, CTL_STATUS = range(0x00, 0x18, 4)
EVENT_STATE = 1 << 0
HOLD_GATE = 1 << 0

# accelerator.rs: BAR0 of the workload, 4 KiB.
BAR0 = 0
BAR0_BYTES = 0x1000
ENGINE_ID, ENGINE_CONTROL, RING_LO, RING_HI, RING_ENTRIES, DOORBELL, HEAD = range(0x00, 0x1C, 4)
COMPLETIONS_LO, COMPLETIONS_HI, ENGINE_STATUS = range(0x1C, 0x28, 4)
ENGINE_ID_VALUE = 0x534C_4143
ENGINE_DEVICE_TYPE = 0x0001_0001
ENGINE_STATE_WORDS = 4096 + 64
DESCRIPTOR_BYTES, COMPLETION_BYTES = 32, 16
FILL, COPY, CHECKSUM = 1, 2, 3
FLAG_INTERRUPT = 1 << 8
RESULT_OK = 1

# hdl/src/inject.rs: faults that the chip can be told to have.
INJECT = {"none": 0, "mark": 1 << 0, "gate": 1 << 4}


def config_hash(device_type, state_words):
    """CONFIG_HASH: 32-bit FNV-1a over both words, little endian (`hdl/src/config.rs`)."""
    value = 0x811C_9DC5
    for byte in device_type.to_bytes(4, "little") + state_words.to_bytes(4, "little"):
        value = (value ^ byte) * 0x0100_0193 & 0xFFFF_FFFF
    return value
