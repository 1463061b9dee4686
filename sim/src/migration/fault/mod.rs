//! Faults on request, and what is promised for each.
//!
//! ```text
//!  text ─▶ FaultPlan ─▶ Injector ─▶ machines (ports, slots), messages, VMM
//!                          │
//!                          └─▶ FaultReport: what was struck, where ─▶ Verdict ─▶ Promise
//! ```
//! | fault | promise |
//! |---|---|
//! | a completion for the card is lost or poisoned | the machine is migrated; the job that needed it may come back with READ_ERROR, and no other job |
//! | it is late by less than the time-out, or the last one of a request comes twice | the machine is migrated, and no job notices |
//! | a completion for the CPU is lost, late, or comes twice | the machine is migrated: reads have no side effect and are repeated (invariant I4) |
//! | it is poisoned | the migration fails with an error that says so, and the source runs on |
//! | the link stalls | the machine is migrated |
//! | the guest resets the function | the machine is migrated; the guest starts its driver anew, and its later jobs are right |
//! | the card loses its power | before tracking begins the machine is migrated; after it, what the log knew is gone: the migration fails, and the source runs on with the fresh card |
//! | firmware stalls for a while | the machine is migrated |
//! | firmware stalls for good | the watchdog ends in ERROR. On the source the VMM resets the device, on the destination the source runs on |
//! | the destination refuses or vanishes | the source runs on |
//!
//! [`Promise::of`] is that table for each step; a fault that finds nothing to strike, such as
//! a completion while DMA is held, changes nothing. The same seed and the same fault give the
//! same cycles on the machine that is struck. When the other machine hears of a failure is a
//! matter of threads: the number of cycles that it then has run is not fixed.

pub mod injector;
pub mod kind;
pub mod plan;
pub mod promise;
mod strike;

pub use injector::{FaultReport, Injector};
pub use kind::Kind;
pub use plan::{FaultPlan, FaultPlanError, When};
pub use promise::{Ending, Promise, Verdict};
pub use strike::strike;

use super::{Migration, MigrationError, Observer, Outcome};

/// Migrates with faults; the report says what they struck.
///
/// # Errors
/// The migration could not be begun.
pub fn run(
    mut migration: Migration,
    plans: &[FaultPlan],
    observer: &dyn Observer,
) -> Result<Outcome, MigrationError> {
    let injector = Injector::new(plans, migration.config(), migration.team(), observer)?;
    if plans.iter().any(|plan| plan.kind.is_of_the_way()) {
        migration.set_tap(injector.tap());
    }
    let mut outcome = migration.run(&injector)?;
    outcome.report.faults = injector.reports();
    Ok(outcome)
}
