//! The committed Verilog is what the design emits.

use slackwater_hdl::config::CoreConfig;
use slackwater_hdl::netlist::core_verilog;

/// The committed file.
const COMMITTED: &str = include_str!("../verilog/slackwater_core.v");

#[test]
fn committed_verilog_is_not_stale() {
    let emitted = core_verilog(&CoreConfig::default());
    let lines = emitted.lines().zip(COMMITTED.lines()).enumerate();
    for (number, (emitted, committed)) in lines {
        assert_eq!(
            committed,
            emitted,
            "hdl/verilog/slackwater_core.v is stale from line {}: run `cargo xtask emit`",
            number + 1
        );
    }
    assert_eq!(COMMITTED.len(), emitted.len(), "run `cargo xtask emit`");
}

#[test]
fn a_configuration_is_told_in_the_header() {
    let config = CoreConfig {
        ndma: false,
        state_words: 77,
        ..CoreConfig::default()
    };
    let text = core_verilog(&config);
    assert!(text.contains("//   state words       77\n"));
    assert!(text.contains("//   NDMA              no\n"));
    assert_ne!(text, COMMITTED);
}

#[test]
fn every_port_of_the_core_is_connected() {
    let text = core_verilog(&CoreConfig::default());
    let ports = text
        .split_once("\nmodule slackwater(")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(ports, _)| ports)
        .expect("the core's module");
    for port in ports.split(',') {
        assert!(text.contains(&format!("        .{port}(")), "{port}");
    }
}
