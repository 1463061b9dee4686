//! What the hardware checks have found, as a table and as JSON.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// One property of the core, proven or reached.
#[derive(Clone, Debug, Serialize)]
pub struct Property {
    /// Property file and label, such as `tx.I5_no_start`.
    pub name: String,
    /// `proven` by induction, `bounded` to its depth, or `cover`.
    pub kind: &'static str,
    /// Whether it holds, or is reached.
    pub result: bool,
    /// Steps of the induction, of the bounded proof, or of the search.
    pub depth: u32,
}

/// A deliberate fault and what noticed it.
#[derive(Clone, Debug, Serialize)]
pub struct Mutant {
    /// Its name.
    pub name: String,
    /// What is wrong in it.
    pub fault: String,
    /// The property that fails; `None` if it survives.
    pub killer: Option<String>,
}

/// Everything that was checked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Cycles of the lock-step with Verilator, all seeds together.
    pub lock_step_cycles: u64,
    /// Every output was the same in every cycle.
    pub lock_step_identical: bool,
    /// Random modules held against Verilator and Icarus.
    pub fuzz_modules: BTreeMap<String, u64>,
    /// Tests of the foreign root complex, and whether they passed.
    pub root_complex: BTreeMap<String, bool>,
    /// Properties.
    pub properties: Vec<Property>,
    /// Mutants.
    pub mutants: Vec<Mutant>,
    /// Most clocks of each change of device_state, by what runs the firmware.
    pub state_changes: super::soft_core::Table,
    /// Cells by target.
    pub cells: BTreeMap<String, BTreeMap<String, u64>>,
    /// What each check took and said.
    pub checks: Vec<Check>,
}

/// One row of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// Name of the check.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// Seconds that it took.
    pub seconds: f64,
    /// What it found, in a line.
    pub found: String,
}

impl Report {
    /// Whether everything passed.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |text: &str| text.chars().count();
        let names = self.checks.iter().map(|check| width(&check.name));
        let widest = names.max().unwrap_or(0);
        for check in &self.checks {
            writeln!(
                formatter,
                "{:<4} {:<widest$} {:>6.0} s  {}",
                if check.passed { "ok" } else { "FAIL" },
                check.name,
                check.seconds,
                check.found,
            )?;
        }
        for (target, cells) in &self.cells {
            let cells: Vec<String> = cells
                .iter()
                .map(|(kind, count)| format!("{kind} {count}"))
                .collect();
            writeln!(formatter, "\n{target}: {}", cells.join(", "))?;
        }
        if !self.state_changes.is_empty() {
            writeln!(
                formatter,
                "\nClocks of a change of device_state, by firmware:"
            )?;
        }
        for (change, cycles) in &self.state_changes {
            let cycles: Vec<String> = cycles
                .iter()
                .map(|(firmware, cycles)| format!("{firmware} {cycles}"))
                .collect();
            writeln!(formatter, "  {change:<40} {}", cycles.join(", "))?;
        }
        if !self.mutants.is_empty() {
            writeln!(formatter, "\nMutants and what kills them:")?;
        }
        for mutant in &self.mutants {
            let killer = mutant.killer.as_deref().unwrap_or("SURVIVES");
            writeln!(
                formatter,
                "  {:<34} {:<40} {}",
                mutant.name, killer, mutant.fault
            )?;
        }
        Ok(())
    }
}
