"""What passes the ports of a chip, in two files.

`NAME.rec`, binary, no header: one record of 22 * 16 = 352 bytes a cycle, from
power-up (cycle 0, nothing left out). A record has the 12 input ports in the order
of INPUTS, then the 10 output ports in the order of OUTPUTS; each is an unsigned
number of 16 bytes, little endian. Inputs changed with the falling edge that begins
the cycle; outputs were sampled when they had settled, immediately before the
rising edge. A stream's beat is 67 bits: last[66], keep[65:64], DW1[63:32],
DW0[31:0]; while its valid is 0 an input beat is 0, and an output beat is what the
port has. The orders are those of CARD_INPUTS and CARD_OUTPUTS in
`sim/src/backend/port_words.rs`.

`NAME.tlp`, text: one line for each TLP when its last beat was taken: cycle of that
beat, direction (`rx` towards the chip, `tx` from it), for `rx` also the BAR hit in
hex (one bit for each BAR), then the TLP's DWs in hex as the PCIe Base Specification
2.2.1 draws them (byte 0 in bits 31:24).
"""

from pathlib import Path

INPUTS = (
    "link_tx_ready", "link_rx_beat", "link_rx_valid", "link_rx_bar", "requester_id",
    "msi_ready", "flr", "ctl_valid", "ctl_write", "ctl_address", "ctl_write_data", "inject",
)  # fmt: skip
OUTPUTS = (
    "link_tx_beat", "link_tx_valid", "link_rx_ready", "msi_valid", "msi_vector",
    "flr_done", "ctl_ready", "ctl_read_data", "firmware_event", "firmware_reset",
)  # fmt: skip
PORT_BYTES = 16
MAX_CYCLES = 200_000


class Recorder:
    """Writes both files into a folder."""

    def __init__(self, folder, name):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._cycles = open(folder / f"{name}.rec", "wb")
        self._tlps = open(folder / f"{name}.tlp", "w")

    def cycle(self, inputs, outputs):
        """One cycle: the values of INPUTS and of OUTPUTS."""
        words = (*inputs, *outputs)
        self._cycles.write(b"".join(word.to_bytes(PORT_BYTES, "little") for word in words))

    def tlp(self, cycle, direction, dws, bar=None):
        """One TLP; `bar` is the BAR hit of one towards the chip."""
        hit = "" if bar is None else f" {bar:02x}"
        words = " ".join(f"{dw:08x}" for dw in dws)
        self._tlps.write(f"{cycle} {direction}{hit} {words}\n")

    def close(self):
        """Closes the files."""
        self._cycles.close()
        self._tlps.close()
