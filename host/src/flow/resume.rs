//! The resume flow of the seed, R1 to R4, for one device.

use super::options::ResumeOptions;
use super::pipeline::{
    DestinationEnd, Hello, LinkError, MAX_BATCH_PAGES, MAX_STATE_BYTES, Message, PageBatch, Reply,
    Totals,
};
use super::report::{Phase, Progress, ResumeReport};
use super::{Fault, ResumeError};
use crate::device::Device;
use crate::device_state::DeviceState;
use crate::function::Function;
use crate::platform::Platform;

/// Resumes a machine: from a fresh device in RUNNING to the source's machine, running.
///
/// If this fails, the device was reset, and the VCPUs are paused.
pub fn resume<F: Function, P: Platform>(
    device: &mut Device<F>,
    platform: &mut P,
    link: DestinationEnd,
    options: &ResumeOptions,
    progress: &mut dyn Progress,
) -> Result<ResumeReport, ResumeError> {
    let mut resume = Resume {
        device,
        platform,
        link,
        options,
        progress,
        report: ResumeReport::default(),
        totals: Totals::default(),
        phase: Phase::Fresh,
        touched: false,
    };
    match resume.run() {
        Ok(()) => Ok(resume.report),
        Err(fault) => {
            let reset = if resume.touched {
                resume.device.reset().err()
            } else {
                None
            };
            // The source may be gone already; then it needs no telling.
            let _ = resume.link.reply(Reply::Failed {
                reason: fault.to_string(),
            });
            Err(ResumeError {
                phase: resume.phase,
                fault,
                reset,
            })
        }
    }
}

struct Resume<'a, F: Function, P> {
    device: &'a mut Device<F>,
    platform: &'a mut P,
    link: DestinationEnd,
    options: &'a ResumeOptions,
    progress: &'a mut dyn Progress,
    report: ResumeReport,
    totals: Totals,
    phase: Phase,
    /// The device must be reset if the flow fails.
    touched: bool,
}

impl<F: Function, P: Platform> Resume<'_, F, P> {
    fn run(&mut self) -> Result<(), Fault> {
        self.enter(Phase::Fresh);
        self.platform.pause_vcpus();
        self.check()?;
        self.touched = true;
        self.device.set_state(DeviceState::RESUMING)?;
        self.enter(Phase::Resuming);
        let announced = self.receive_all()?;
        let loading_at_ns = self.platform.now_ns();
        self.load(announced)?;
        self.link.reply(Reply::Loaded)?;
        match self.link.receive()? {
            Message::Commit => {}
            other => {
                return Err(Fault::Message {
                    expected: "Commit",
                    found: other.name(),
                });
            }
        }
        self.device.set_state(DeviceState::RUNNING)?;
        // Told before the VCPUs run: if the source has gone without leaving a word, it may be
        // rolling back, and this machine must not run.
        self.link.reply(Reply::Running)?;
        self.platform.resume_vcpus();
        self.report.resume_ns = self.platform.now_ns() - loading_at_ns;
        self.enter(Phase::Running);
        Ok(())
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.progress.phase(phase);
    }

    /// R1: a fresh device, and a source that is like this machine.
    fn check(&mut self) -> Result<(), Fault> {
        let found = self.device.state()?;
        if found != DeviceState::RUNNING {
            return Err(Fault::StartState {
                expected: DeviceState::RUNNING,
                found,
            });
        }
        let hello = match self.link.receive()? {
            Message::Hello(hello) => hello,
            other => {
                return Err(Fault::Message {
                    expected: "Hello",
                    found: other.name(),
                });
            }
        };
        let Hello {
            memory_bytes,
            device_type,
            config_hash,
            state_words,
        } = hello;
        let identity = self.device.identity();
        for (what, expected, found) in [
            (
                "memory size in bytes",
                self.platform.memory_bytes(),
                memory_bytes,
            ),
            (
                "device type",
                identity.device_type.into(),
                device_type.into(),
            ),
            (
                "device configuration hash",
                identity.config_hash.into(),
                config_hash.into(),
            ),
            (
                "number of state words",
                identity.state_words.into(),
                state_words.into(),
            ),
        ] {
            if expected != found {
                return Err(Fault::Mismatch {
                    what,
                    expected,
                    found,
                });
            }
        }
        Ok(())
    }

    /// R2: takes pages and device state in until the source is done.
    fn receive_all(&mut self) -> Result<Totals, Fault> {
        loop {
            match self.link.receive()? {
                Message::Pages(batch) => self.apply(&batch)?,
                Message::State(bytes) => {
                    limit("bytes of a state message", bytes.len(), MAX_STATE_BYTES)?;
                    self.device.stream_window().write_bytes(&bytes)?;
                    self.totals.stream_bytes += bytes.len() as u64;
                }
                Message::RoundEnd { round } => self.progress.round(round, 0),
                Message::Done(announced) => return Ok(announced),
                other => {
                    return Err(Fault::Message {
                        expected: "Pages or State",
                        found: other.name(),
                    });
                }
            }
        }
    }

    fn apply(&mut self, batch: &PageBatch) -> Result<(), Fault> {
        limit("pages of a batch", batch.pages.len(), MAX_BATCH_PAGES)?;
        batch.verify()?;
        for record in &batch.pages {
            self.platform
                .write_page(record.page, record.content.bytes())?;
        }
        self.totals.pages += batch.pages.len() as u64;
        Ok(())
    }

    /// Leaves RESUMING: the device checks the stream and loads it, or goes to ERROR (rule E15).
    fn load(&mut self, announced: Totals) -> Result<(), Fault> {
        for (what, expected, found) in [
            ("number of pages", self.totals.pages, announced.pages),
            (
                "length of the device's stream",
                self.totals.stream_bytes,
                announced.stream_bytes,
            ),
        ] {
            if expected != found {
                return Err(Fault::Mismatch {
                    what,
                    expected,
                    found,
                });
            }
        }
        self.device.stream_window().finish()?;
        self.report.pages = self.totals.pages;
        self.report.stream_bytes = self.device.stream_window().pushed_bytes();
        // Without NDMA its state is pushed down to RUNNING (rule O2), which comes only when the
        // source is halted; so the stream is checked by a halt before the source hears of it.
        let ndma = self.device.identity().ndma;
        if self.options.halt_when_loaded || !ndma {
            self.device.set_state(DeviceState::STOP)?;
            self.enter(Phase::Loaded);
        }
        self.enter(Phase::ResumeGrace);
        if ndma {
            self.device.set_state(DeviceState::RUNNING_NDMA)?;
        }
        Ok(())
    }
}

fn limit(what: &'static str, found: usize, most: usize) -> Result<(), LinkError> {
    if found > most {
        let reason = format!("it sent {found} {what}, the most is {most}");
        return Err(LinkError::GaveUp {
            peer: "source",
            reason,
        });
    }
    Ok(())
}
