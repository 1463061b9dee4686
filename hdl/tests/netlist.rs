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

/// Direction, range and name of each port in a module's header.
fn ports(text: &str, module: &str) -> Vec<String> {
    let head = text
        .split_once(&format!("\nmodule {module} "))
        .and_then(|(_, rest)| rest.split_once(");\n"))
        .map(|(head, _)| head)
        .expect(module);
    let lines = head.lines().map(str::trim);
    let ports = lines.filter(|line| line.starts_with("input ") || line.starts_with("output "));
    ports
        .map(|line| {
            let words: Vec<&str> = line.trim_end_matches(',').split_whitespace().collect();
            words.join(" ")
        })
        .collect()
}

/// The top with the soft core has the core's ports but for those that lead to it, and connects each.
#[test]
fn the_top_with_the_soft_core_has_the_ports_of_the_core() {
    let top = include_str!("../soft_core/slackwater_top.v");
    let mut expected = ports(COMMITTED, "slackwater_core");
    let all = expected.len();
    expected.retain(|port| {
        let name = port.split(' ').next_back().unwrap_or_default();
        !name.starts_with("ctl_") && !name.starts_with("firmware_")
    });
    assert_eq!(all - expected.len(), 8, "ports of the soft core");
    assert_eq!(ports(top, "slackwater_top"), expected);
    for port in &expected {
        let name = port.split(' ').next_back().unwrap_or_default();
        assert!(top.contains(&format!(".{name}({name})")), "{name}");
    }
}
