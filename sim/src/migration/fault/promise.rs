//! How a migration with faults ended, and how it may end.

use super::kind::{Effect, Kind, Reader};
use super::plan::{FaultPlan, When};
use crate::migration::scenario::Outcome;
use slackwater_host::flow::{Phase, Rollback};
use std::fmt;

/// Where the machine is in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// On the destination, and nothing was lost.
    Migrated,
    /// On the source, which runs on with nothing lost; the migration failed with a named error.
    Back,
    /// On the source, whose device failed and was reset by the VMM; the guest was told. Nothing was lost.
    Reset,
    /// Halted on the source, as the destination may be running.
    Doubt,
    /// On the destination, whose VMM died after it ran.
    Died,
    /// Something was lost. No fault may end so.
    Lost,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Migrated => "migrated",
            Self::Back => "source runs on",
            Self::Reset => "device reset",
            Self::Doubt => "in doubt",
            Self::Died => "died with destination",
            Self::Lost => "LOST",
        })
    }
}

use Ending::{Back, Died, Doubt, Lost, Migrated, Reset};

/// How a migration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Where the machine is.
    pub ending: Ending,
    /// Jobs came back with an error, and the guest was told.
    pub job_errors: bool,
    /// The guest started its driver anew.
    pub restarted: bool,
    /// A fault found something to strike.
    pub struck: bool,
}

impl Verdict {
    /// Judges an outcome by what the simulator and the guest saw.
    pub fn of(outcome: &Outcome) -> Self {
        let report = &outcome.report;
        let guest_is_whole = report.guest_is_whole();
        let ending = match (&outcome.save, &outcome.resume) {
            (Ok(_), Ok(_)) if report.is_success() => Migrated,
            (Err(error), _) => match &error.rollback {
                Rollback::Running | Rollback::Untouched if guest_is_whole => Back,
                Rollback::DeviceFailed(_) if guest_is_whole => Reset,
                Rollback::InDoubt => Doubt,
                _ => Lost,
            },
            (Ok(_), Err(error)) if error.phase == Phase::Running => Died,
            _ => Lost,
        };
        Self {
            ending,
            job_errors: report.job_errors > 0,
            restarted: report.jobs_abandoned > 0,
            struck: report.faults.iter().any(|fault| fault.struck > 0),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ending)?;
        for (is, text) in [
            (self.job_errors, ", job error"),
            (self.restarted, ", driver restarted"),
            (!self.struck, ", nothing struck"),
        ] {
            if is {
                f.write_str(text)?;
            }
        }
        Ok(())
    }
}

/// What a fault may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Where the machine may be; a fault that strikes nothing always ends in `Migrated`.
    pub endings: &'static [Ending],
    /// A job may come back with an error.
    pub job_errors: bool,
    /// The guest may have to start its driver anew.
    pub restart: bool,
}

impl Promise {
    /// What a fault may lead to. For a cycle, which may lie in any step: whatever the steps allow.
    pub fn of(plan: &FaultPlan) -> Self {
        let phase = match plan.when {
            When::Phase(phase) => Some(phase),
            When::Cycle(_) | When::Message => None,
        };
        let endings: &[Ending] = match plan.kind {
            Kind::Completion {
                reader: Reader::Cpu,
                effect: Effect::Poisoned,
                ..
            } => &[Migrated, Back],
            Kind::Completion { .. } | Kind::LinkStall { .. } | Kind::FunctionReset => &[Migrated],
            Kind::HotReset => match phase {
                Some(
                    Phase::Check
                    | Phase::StartTracking
                    | Phase::Halted
                    | Phase::Fresh
                    | Phase::Running,
                ) => &[Migrated],
                Some(_) => &[Back],
                None => &[Migrated, Back],
            },
            Kind::FirmwareStall { cycles: 1.. } => &[Migrated],
            Kind::FirmwareStall { .. } => match phase {
                Some(Phase::Halted | Phase::Running) => &[Migrated],
                Some(
                    Phase::Fresh
                    | Phase::Resuming
                    | Phase::Loading
                    | Phase::Loaded
                    | Phase::ResumeGrace,
                ) => &[Back],
                Some(_) => &[Reset],
                None => &[Migrated, Back, Reset],
            },
            Kind::Vanish if phase == Some(Phase::Running) => &[Died],
            Kind::OtherType
            | Kind::OtherSize
            | Kind::BadStream { .. }
            | Kind::BadPage { .. }
            | Kind::Vanish => &[Back],
        };
        Self {
            endings,
            job_errors: matches!(
                plan.kind,
                Kind::Completion {
                    reader: Reader::Card,
                    effect: Effect::Lost | Effect::Poisoned,
                    ..
                }
            ),
            restart: matches!(plan.kind, Kind::FunctionReset | Kind::HotReset)
                || endings.contains(&Reset),
        }
    }

    /// Whether a migration has kept it.
    pub fn is_kept_by(&self, verdict: &Verdict) -> bool {
        let ending = if verdict.struck {
            self.endings.contains(&verdict.ending)
        } else {
            verdict.ending == Migrated
        };
        ending && (self.job_errors || !verdict.job_errors) && (self.restart || !verdict.restarted)
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endings: Vec<_> = self.endings.iter().map(Ending::to_string).collect();
        f.write_str(&endings.join(" or "))?;
        if self.job_errors {
            f.write_str("; a job may come back with an error")?;
        }
        if self.restart {
            f.write_str("; the guest may have to start its driver anew")?;
        }
        Ok(())
    }
}
