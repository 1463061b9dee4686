//! The program itself: what it says, where, and its exit status.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

fn slackwater(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slackwater"));
    command.args(arguments).output().unwrap()
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Wrong input: exit status 2, nothing on standard output, and a message that names the value.
fn assert_refused(arguments: &[&str], named: &[&str]) {
    let output = slackwater(arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    for value in named {
        assert!(
            message.contains(value),
            "{arguments:?}: {value:?} is not in {message}"
        );
    }
}

#[test]
fn wrong_options_are_named() {
    assert_refused(&["--dirty-pages", "5"], &["--dirty-pages"]);
    assert_refused(&["imigrate"], &["imigrate"]);
    assert_refused(&["--memory-size", "16Q"], &["--memory-size", "16Q"]);
    assert_refused(
        &["--downtime-limit", "5 parsecs"],
        &["--downtime-limit", "5 parsecs"],
    );
    assert_refused(&["--dirty-rate", "much"], &["--dirty-rate", "much"]);
    assert_refused(&["--network", "0"], &["--network", "0"]);
    assert_refused(&["--seed", "1x"], &["--seed", "1x"]);
    assert_refused(&["--link", "gen2"], &["--link", "gen2"]);
    assert_refused(&["--link", "gen9x1"], &["generation 9"]);
    assert_refused(&["--link", "gen2x3"], &["3 lanes"]);
    assert_refused(&["--trace-window", "0:5"], &["--trace"]);
    assert_refused(
        &["--trace", "t.vcd", "--trace-window", "7"],
        &["--trace-window", "7"],
    );
    assert_refused(
        &["--backend", "verilog"],
        &["verilog", "compiled", "rusthdl"],
    );
    assert_refused(&["--trace-trigger", "rise:top.flr"], &["--trace"]);
    let trigger = ["--trace", "t.vcd", "--trace-trigger"];
    let refused =
        |more: &[&str], named: &[&str]| assert_refused(&[&trigger[..], more].concat(), named);
    refused(&["top.core.flr"], &["top.core.flr", "rise:"]);
    refused(
        &["rise:top.flr", "--trace-around", "5"],
        &["5", "BEFORE:AFTER"],
    );
    refused(
        &["rise:top.flr", "--trace-window", "1:2"],
        &["--trace-window"],
    );
}

#[test]
fn a_trigger_on_what_is_not_there_is_named() {
    let folder = folder("no-trigger");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let small = ["--memory-size", "64K"];
    let with = |more: &[&str]| {
        [&small[..], more]
            .concat()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let refused = |arguments: Vec<String>, named: &[&str]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = slackwater(&arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        for value in named {
            assert!(message.contains(value), "{value:?} is not in {message}");
        }
    };
    let vcd = path("a.vcd");
    refused(
        with(&["--trace", &vcd, "--trace-trigger", "rise:top.core.nothing"]),
        &["top.core.nothing"],
    );
    refused(
        with(&["--trace", &vcd, "--trace-trigger", "top.flr==2"]),
        &["top.flr", "2"],
    );
    refused(
        with(&["--trace", &vcd, "--trace-trigger", "top.core.flr==1"]),
        &["top.core.flr==1", "none"],
    );
    refused(
        with(&["--trace", &path("a.png")]),
        &["a.png", ".vcd", ".fst"],
    );
    let rusthdl = ["--backend", "rusthdl", "--trace", &path("a.fst")];
    refused(with(&rusthdl), &["rusthdl", "--backend compiled"]);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn wrong_memory_sizes_are_named() {
    assert_refused(&["--memory-size", "0"], &["0"]);
    assert_refused(&["--memory-size", "5000"], &["5000", "4096"]);
    assert_refused(
        &["migrate", "--memory-size", "8G"],
        &["8589934592", "4294967296"],
    );
    assert_refused(&["--memory-size", "4096"], &["4096"]);
}

#[test]
fn wrong_files_are_named_and_nothing_is_left_behind() {
    let folder = folder("wrong-files");
    let image = folder.join("image");
    fs::write(&image, [1; 5000]).unwrap();
    let image = image.to_str().unwrap();
    let missing = folder.join("missing");
    let missing = missing.to_str().unwrap();
    let json = folder.join("a.json");
    let json = json.to_str().unwrap();
    let nowhere = folder.join("no/such/folder");
    let nowhere = nowhere.to_str().unwrap();
    assert_refused(
        &["--image", missing, "--json", json],
        &[missing, "No such file"],
    );
    assert_refused(
        &["--image", folder.to_str().unwrap(), "--json", json],
        &["directory"],
    );
    let small = ["--memory-size", "64K", "--image", image];
    fs::write(image, vec![1; 70_000]).unwrap();
    assert_refused(&small, &[image, "70000", "65536"]);
    assert_refused(&["--json", nowhere], &[nowhere]);
    assert_refused(&["--trace", &format!("{nowhere}.vcd")], &[nowhere]);
    let occupied = folder.join("folder.vcd");
    fs::create_dir(&occupied).unwrap();
    let occupied = occupied.to_str().unwrap();
    assert_refused(&["--json", occupied], &[occupied, "directory"]);
    assert_refused(&["--trace", occupied], &[occupied, "directory"]);
    // An image that is found wrong after the outputs were opened takes them away again.
    let trace = format!("{missing}.vcd");
    let outputs = ["--json", json, "--trace", &trace, "--image", nowhere];
    assert_refused(&outputs, &[nowhere]);
    let left: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        left.len() == 2 && !left.iter().any(|name| name == "a.json"),
        "{left:?}"
    );
}

#[test]
fn wrong_firmware_images_are_named_before_a_device_is_opened() {
    let folder = folder("wrong-firmware");
    let image = folder.join("image.bin");
    let name = image.to_str().unwrap();
    let update = ["update", "0000:ff:1f.7", name];
    assert_refused(&update, &[name, "No such file"]);
    fs::write(&image, [1; 13_000]).unwrap();
    assert_refused(&update, &[name, "larger", "12032"]);
    fs::write(&image, [1; 30]).unwrap();
    assert_refused(&update, &[name, "30"]);
    fs::write(&image, [1; 64]).unwrap();
    assert_refused(&update, &[name, "0x534c4b46", "0x01010101"]);
    let mut built = slackwater_sim::soft_core::image::BUILT.to_vec();
    built[500] ^= 1;
    fs::write(&image, &built).unwrap();
    assert_refused(&update, &[name, "CRC-32C"]);
    built.truncate(5000);
    fs::write(&image, &built).unwrap();
    assert_refused(&update, &[name, "5000"]);
}

#[test]
fn json_on_standard_output_is_all_there_is() {
    let output = slackwater(&["--memory-size", "256K", "--seed", "0x2a", "--json", "-"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for key in ["memory_identical", "state_identical", "ring_completed"] {
        assert_eq!(report[key], true, "{key}");
    }
    assert_eq!(report["lost_pages"], 0);
    assert_eq!(report["seed"], 42);
    assert_eq!(report["backend"], "compiled");
    assert_eq!(report["clock_hz"], 125_000_000);
    let rounds = report["dirty_pages_per_round"].as_array().unwrap().len() as u64;
    assert_eq!(report["precopy_rounds"], rounds);
    for key in [
        "downtime_cycles",
        "quiesce_cycles",
        "stream_bytes",
        "memory_bytes_sent",
        "simulated_cycles",
        "cycles_per_second",
    ] {
        assert!(
            report[key].as_u64().is_some_and(|value| value > 0),
            "{key}: {}",
            report[key]
        );
    }
    // A line per step, as there is no terminal; then the verdict.
    for words in ["pre-copy", "stop-copy", "nothing was lost"] {
        assert!(message.contains(words), "{words:?} is not in {message}");
    }
}

#[test]
fn an_image_a_report_and_a_trace() {
    let folder = folder("files");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (image, json, trace) = (path("image"), path("a.json"), path("a.vcd"));
    fs::write(
        &image,
        (0..100_000_u32)
            .flat_map(u32::to_le_bytes)
            .collect::<Vec<_>>(),
    )
    .unwrap();
    let output = slackwater(&[
        "migrate",
        "--memory-size",
        "512K",
        "--image",
        &image,
        "--json",
        &json,
        "--trace",
        &trace,
        "--trace-window",
        "2000:50",
    ]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("nothing was lost"));
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert_eq!(report["memory_identical"], true);
    // The image has no page of zeros, so more was sent than half of memory.
    assert!(report["memory_bytes_sent"].as_u64() > Some(400_000));
    let vcd = fs::read_to_string(&trace).unwrap();
    assert!(
        vcd.contains("$enddefinitions"),
        "{}",
        &vcd[..vcd.len().min(500)]
    );
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
}

#[test]
fn waves_around_a_trigger() {
    let folder = folder("trigger");
    let trace = folder.join("freeze.fst");
    let output = slackwater(&[
        "--memory-size",
        "64K",
        "--trace",
        trace.to_str().unwrap(),
        "--trace-trigger",
        "rise:top.core.dev_freeze",
        "--trace-around",
        "20:10",
    ]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    assert!(fs::metadata(&trace).unwrap().len() > 1000);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn a_trace_window_that_is_never_reached_is_named() {
    let folder = folder("late-trace");
    let trace = folder.join("late.vcd");
    let output = slackwater(&[
        "--memory-size",
        "64K",
        "--trace",
        trace.to_str().unwrap(),
        "--trace-window",
        "987654321:5",
    ]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("987654321"), "{message}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn faults_are_named_and_their_endings_have_exit_statuses() {
    assert_refused(
        &["--fault", "lost"],
        &["`lost`", "lost-completion", "firmware-stall"],
    );
    assert_refused(
        &["--fault", "lost-mmio@soon"],
        &["`soon`", "pre-copy", "stop-copy"],
    );
    assert_refused(
        &["--fault", "destination:lost-mmio@memory"],
        &["`memory`", "source"],
    );
    let help = slackwater(&["migrate", "--help"]);
    let help = String::from_utf8_lossy(&help.stdout);
    assert!(
        help.contains("duplicated-mmio") && help.contains("resume-grace"),
        "{help}"
    );
    let run = |faults: &[&str]| {
        let mut arguments = vec!["migrate", "--memory-size", "1M", "--json", "-"];
        faults
            .iter()
            .for_each(|fault| arguments.extend(["--fault", *fault]));
        let output = slackwater(&arguments);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), report, text)
    };
    let (status, report, text) = run(&["lost-completion@pre-copy", "link-stall:900@60000"]);
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(report["faults"][0]["fault"], "lost-completion@pre-copy");
    assert_eq!(report["faults"][0]["phase"], "pre-copy");
    assert_eq!(report["faults"][1]["cycle"], 60_000);
    assert_eq!(report["job_errors"], report["faults"][0]["struck"]);
    let (status, report, text) = run(&["other-type"]);
    assert_eq!(status, Some(3), "{text}");
    assert!(
        report["failure"].as_str().unwrap().contains("device type"),
        "{text}"
    );
    assert!(
        text.contains("the source runs on and nothing was lost"),
        "{text}"
    );
}
