//! The resume flow of the seed, R1 to R4, for the devices of a machine.

use super::options::ResumeOptions;
use super::pipeline::{
    DestinationEnd, DeviceHello, Digest, LinkError, MAX_BATCH_PAGES, MAX_STATE_BYTES,
    MAX_VCPU_BYTES, Message, PageBatch, Reply, Totals,
};
use super::report::{Phase, Progress, ResumeReport};
use super::{Fault, ResumeError, group};
use crate::device::Device;
use crate::device_state::DeviceState;
use crate::function::Function;
use crate::platform::{PAGE_BYTES, Platform};

/// Resumes a machine: from fresh devices in RUNNING to the source's machine, running.
///
/// If this fails, the devices were reset, and the VCPUs are paused.
pub fn resume<F: Function, P: Platform>(
    devices: &mut [Device<F>],
    platform: &mut P,
    link: DestinationEnd,
    options: &ResumeOptions,
    progress: &mut dyn Progress,
) -> Result<ResumeReport, ResumeError> {
    let mut resume = Resume {
        devices,
        platform,
        link,
        options,
        progress,
        report: ResumeReport::default(),
        totals: Totals::default(),
        phase: Phase::Fresh,
        touched: false,
        vcpus: None,
        digest: None,
    };
    match resume.run() {
        Ok(()) => Ok(resume.report),
        Err(fault) => {
            let reset = if resume.touched {
                group::every(resume.devices, |_, device| device.reset()).err()
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
                reset: reset.map(Box::new),
            })
        }
    }
}

struct Resume<'a, F: Function, P> {
    devices: &'a mut [Device<F>],
    platform: &'a mut P,
    link: DestinationEnd,
    options: &'a ResumeOptions,
    progress: &'a mut dyn Progress,
    report: ResumeReport,
    totals: Totals,
    phase: Phase,
    /// The devices must be reset if the flow fails.
    touched: bool,
    vcpus: Option<Vec<u8>>,
    digest: Option<Digest>,
}

impl<F: Function, P: Platform> Resume<'_, F, P> {
    fn run(&mut self) -> Result<(), Fault> {
        self.enter(Phase::Fresh);
        self.platform.pause_vcpus();
        self.check()?;
        self.link.reply(Reply::Accepted)?;
        self.touched = true;
        group::set_all(self.devices, DeviceState::RESUMING)?;
        self.enter(Phase::Resuming);
        let announced = self.receive_all()?;
        self.enter(Phase::Loading);
        let loading_at_ns = self.platform.now_ns();
        self.load(announced)?;
        let compared_pages = self.report.compared_pages;
        self.link.reply(Reply::Loaded { compared_pages })?;
        match self.link.receive()? {
            Message::Commit => {}
            other => {
                return Err(Fault::Message {
                    expected: "Commit",
                    found: other.name(),
                });
            }
        }
        group::set_all(self.devices, DeviceState::RUNNING)?;
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

    /// R1: fresh devices, and a source that is like this machine.
    fn check(&mut self) -> Result<(), Fault> {
        group::check_running(self.devices)?;
        group::check_peers(self.devices, self.platform.peer_dma_is_mapped())?;
        let hello = match self.link.receive()? {
            Message::Hello(hello) => hello,
            other => {
                return Err(Fault::Message {
                    expected: "Hello",
                    found: other.name(),
                });
            }
        };
        let memory_bytes = self.platform.memory_bytes();
        same("memory size in bytes", memory_bytes, hello.memory_bytes)?;
        let count = |devices: usize| devices as u64;
        let devices = self.devices.len();
        same(
            "number of devices",
            count(devices),
            count(hello.devices.len()),
        )?;
        let mut theirs = hello.devices.iter();
        group::each(self.devices, |_, device| {
            let ours = DeviceHello::from(device.identity());
            let Some(theirs) = theirs.next() else {
                return Ok(());
            };
            let same = |what, ours: u32, theirs: u32| same(what, ours.into(), theirs.into());
            same("device type", ours.device_type, theirs.device_type)?;
            same(
                "device configuration hash",
                ours.config_hash,
                theirs.config_hash,
            )?;
            same(
                "number of state words",
                ours.state_words,
                theirs.state_words,
            )
        })
    }

    /// R2: takes pages and device state in until the source is done.
    fn receive_all(&mut self) -> Result<Totals, Fault> {
        loop {
            match self.link.receive()? {
                Message::Pages(batch) => self.apply(&batch)?,
                Message::State { device, bytes } => {
                    limit("bytes of a state message", bytes.len(), MAX_STATE_BYTES)?;
                    let devices = self.devices.len();
                    let most = devices.saturating_sub(1);
                    limit("as the number of a device", device, most)?;
                    if let Some(target) = self.devices.get_mut(device) {
                        let written = target.stream_window().write_bytes(&bytes);
                        written.map_err(|fault| group::in_device(devices, device, fault))?;
                    }
                    self.totals.stream_bytes += bytes.len() as u64;
                }
                Message::RoundEnd { round } => self.progress.round(round, 0),
                Message::Vcpus(state) => {
                    limit("bytes of VCPU state", state.len(), MAX_VCPU_BYTES)?;
                    self.vcpus = Some(state);
                }
                Message::Digest(part) => self.take_digest(part)?,
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

    /// Adds a part; all together have no more than this machine has.
    fn take_digest(&mut self, part: Digest) -> Result<(), Fault> {
        let digest = self.digest.get_or_insert_default();
        digest.extend(part);
        let pages = self.platform.memory_bytes() / PAGE_BYTES as u64;
        let pages = usize::try_from(pages).unwrap_or(usize::MAX);
        limit("checksums of pages", digest.pages.len(), pages)?;
        let devices = self.devices.len();
        limit("checksums of devices", digest.devices.len(), devices)?;
        Ok(())
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

    /// Leaves RESUMING: the devices check their streams and load them, or go to ERROR (rule E15).
    fn load(&mut self, announced: Totals) -> Result<(), Fault> {
        same("number of pages", self.totals.pages, announced.pages)?;
        same(
            "length of the device's stream",
            self.totals.stream_bytes,
            announced.stream_bytes,
        )?;
        self.report.pages = self.totals.pages;
        let pushed_bytes = &mut self.report.stream_bytes;
        // All take their last part before one is waited for.
        group::each(self.devices, |_, device| device.stream_window().push())?;
        group::each(self.devices, |_, device| {
            device.stream_window().finish()?;
            *pushed_bytes += device.stream_window().pushed_bytes();
            Ok::<_, Fault>(())
        })?;
        // Without NDMA its state is pushed down to RUNNING (rule O2), which comes only when the
        // source is halted; so the stream is checked by a halt before the source hears of it.
        let compared = self.digest.is_some();
        if self.options.halt_when_loaded || compared || !group::all_have_ndma(self.devices) {
            group::set_all(self.devices, DeviceState::STOP)?;
            self.enter(Phase::Loaded);
        }
        if let Some(theirs) = self.digest.take()
            && let Some(ours) = self.platform.digest()
        {
            compare(&ours, &theirs)?;
            self.report.compared_pages = theirs.pages.len() as u64;
        }
        if let Some(state) = self.vcpus.take() {
            let loaded = self.platform.load_vcpu_state(&state);
            loaded.map_err(|reason| Fault::Vcpus { reason })?;
        }
        self.enter(Phase::ResumeGrace);
        group::set_ndma(self.devices, DeviceState::RUNNING_NDMA)
    }
}

/// Memory and devices must hold what those of the source hold.
fn compare(ours: &Digest, theirs: &Digest) -> Result<(), Fault> {
    same(
        "number of pages",
        ours.pages.len() as u64,
        theirs.pages.len() as u64,
    )?;
    let devices = ours.devices.len() as u64;
    same("number of devices", devices, theirs.devices.len() as u64)?;
    let differ = |ours: &[u32], theirs: &[u32]| -> Vec<u64> {
        let pairs = (0..).zip(ours.iter().zip(theirs));
        pairs
            .filter_map(|(index, (ours, theirs))| (ours != theirs).then_some(index))
            .collect()
    };
    let pages = differ(&ours.pages, &theirs.pages);
    let devices = differ(&ours.devices, &theirs.devices);
    if pages.is_empty() && devices.is_empty() {
        return Ok(());
    }
    Err(Fault::Differs {
        pages: pages.len() as u64,
        first_page: pages.first().copied(),
        devices: devices.len() as u64,
        first_device: devices.first().copied(),
    })
}

/// Both machines must have counted, or be, the same.
fn same(what: &'static str, expected: u64, found: u64) -> Result<(), Fault> {
    if expected == found {
        return Ok(());
    }
    Err(Fault::Mismatch {
        what,
        expected,
        found,
    })
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
