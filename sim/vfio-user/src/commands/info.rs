//! Version, what the device is, its interrupts, its reset.

use crate::backend::Backend;
use crate::config_space::{CONFIG_BYTES, MSIX_BAR, MSIX_BAR_BYTES};
use crate::connection::{MAX_FDS, MAX_TRANSFER_BYTES};
use crate::interrupts::{HOST_INDEXES, MSIX_INDEX};
use crate::message::{Builder, Cursor, Errno, Refusal};
use crate::server::{Answer, Server, Session};
use serde_json::{Map, Value, json};
use std::os::fd::OwnedFd;

/// Version of the protocol.
const MAJOR: u16 = 0;
const MINOR: u16 = 1;
/// `VFIO_DEVICE_FLAGS_RESET`, `VFIO_DEVICE_FLAGS_PCI`.
const DEVICE_FLAGS: u32 = 1 | 2;
/// `VFIO_PCI_NUM_REGIONS`, `VFIO_PCI_NUM_IRQS`.
const REGIONS: u32 = 9;
const IRQS: u32 = 5;
/// `VFIO_PCI_CONFIG_REGION_INDEX`.
pub(crate) const CONFIG_REGION: u32 = 7;
/// `VFIO_REGION_INFO_FLAG_READ`, `VFIO_REGION_INFO_FLAG_WRITE`.
const READ_WRITE: u32 = 1 | 2;
/// Bits of a region's index in its offset, as the kernel has it.
const REGION_SHIFT: u32 = 40;
/// `VFIO_IRQ_INFO_EVENTFD`, `VFIO_IRQ_INFO_NORESIZE`.
const IRQ_FLAGS: u32 = 1 | 8;

/// Flags of VFIO_USER_DEVICE_SET_IRQS.
mod set {
    pub(super) const NONE: u32 = 1;
    pub(super) const BOOL: u32 = 2;
    pub(super) const EVENTFD: u32 = 4;
    pub(super) const TRIGGER: u32 = 32;
}

impl<B: Backend> Server<B> {
    pub(crate) fn version(
        &mut self,
        session: &mut Session,
        payload: &[u8],
    ) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        let (major, minor) = (cursor.u16("the major version")?, cursor.u16("the minor")?);
        if session.agreed {
            return Err(Refusal::invalid("a version was agreed on before"));
        }
        if major != MAJOR {
            return Err(Refusal::invalid(format!(
                "version {major}.{minor}, this server has {MAJOR}.{MINOR}"
            )));
        }
        let proposed = proposed(cursor.rest())?;
        session.agreed = true;
        let ours = [
            ("max_msg_fds", json!(MAX_FDS)),
            ("max_data_xfer_size", json!(MAX_TRANSFER_BYTES)),
            ("max_dma_maps", json!(65535)),
            ("pgsizes", json!(4096)),
            ("write_multiple", json!(true)),
            // Of an older version of the protocol, which clients still ask for.
            ("migration", json!({"pgsize": 4096})),
        ];
        // No more than was proposed.
        let agreed = ours
            .into_iter()
            .filter(|(name, _)| proposed.contains_key(*name))
            .map(|(name, value)| (name.to_owned(), value));
        let agreed: Map<String, Value> = agreed.collect();
        let minor = minor.min(MINOR);
        let mut reply = Vec::new();
        reply.extend_from_slice(&MAJOR.to_le_bytes());
        reply.extend_from_slice(&minor.to_le_bytes());
        let text = json!({ "capabilities": agreed }).to_string();
        reply.extend_from_slice(text.as_bytes());
        reply.push(0);
        Ok(Answer::new(reply, format!("{MAJOR}.{minor}")))
    }

    /// Size of a region in bytes; 0 if there is none.
    pub(crate) fn region_bytes(&self, region: u32) -> u64 {
        match u8::try_from(region) {
            Ok(MSIX_BAR) => MSIX_BAR_BYTES,
            Ok(bar @ 0..=5) => self.backend.bar_bytes(bar).unwrap_or(0),
            _ if region == CONFIG_REGION => CONFIG_BYTES as u64,
            _ => 0,
        }
    }

    pub(crate) fn get_info(&mut self, payload: &[u8]) -> Result<Answer, Refusal> {
        Cursor::new(payload).take(16, "the device info")?;
        let info = [16, DEVICE_FLAGS, REGIONS, IRQS];
        Ok(Answer::new(Builder::default().u32s(&info).0, String::new()))
    }

    pub(crate) fn get_region_info(&mut self, payload: &[u8]) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        cursor.take(8, "the region info")?;
        let index = cursor.u32("the index of a region")?;
        if index >= REGIONS {
            return Err(Refusal::invalid(format!(
                "region {index}, there are {REGIONS}"
            )));
        }
        let bytes = self.region_bytes(index);
        let flags = if bytes == 0 { 0 } else { READ_WRITE };
        // Nothing can be mapped: each access of the device is a packet on its link.
        let reply = Builder::default()
            .u32s(&[32, flags, index, 0])
            .u64s(&[bytes, u64::from(index) << REGION_SHIFT]);
        Ok(Answer::new(reply.0, format!("region {index}")))
    }

    pub(crate) fn get_irq_info(&mut self, payload: &[u8]) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        cursor.take(8, "the interrupt info")?;
        let index = cursor.u32("the index of an interrupt type")?;
        if index >= IRQS {
            return Err(Refusal::invalid(format!(
                "interrupt type {index}, there are {IRQS}"
            )));
        }
        let (flags, count) = if index == MSIX_INDEX {
            (IRQ_FLAGS, self.interrupts.count() as u32)
        } else if HOST_INDEXES.contains(&index) {
            (IRQ_FLAGS, 1)
        } else {
            (0, 0)
        };
        let reply = Builder::default().u32s(&[16, flags, index, count]);
        Ok(Answer::new(reply.0, format!("type {index}")))
    }

    pub(crate) fn set_irqs(
        &mut self,
        payload: &[u8],
        fds: Vec<OwnedFd>,
    ) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        cursor.u32("argsz")?;
        let flags = cursor.u32("the flags")?;
        let index = cursor.u32("the index of an interrupt type")?;
        let start = cursor.u32("the first vector")?;
        let count = cursor.u32("the number of vectors")?;
        let host = HOST_INDEXES.iter().position(|host| *host == index);
        if let (Some(host), true) = (host, flags == set::EVENTFD | set::TRIGGER) {
            self.interrupts.assign_host(host, fds)?;
            return Ok(Answer::new(Vec::new(), format!("type {index}")));
        }
        if index != MSIX_INDEX {
            // What is not there can be switched off.
            let off = flags == set::NONE | set::TRIGGER && count == 0 && index < IRQS;
            return if off {
                Ok(Answer::new(Vec::new(), format!("type {index} off")))
            } else {
                Err(Refusal::invalid(format!(
                    "interrupt type {index}, the device has MSI-X ({MSIX_INDEX})"
                )))
            };
        }
        if flags & set::EVENTFD == 0 && !fds.is_empty() {
            let count = fds.len();
            return Err(Refusal::invalid(format!(
                "{count} file descriptors and flags {flags:#x}"
            )));
        }
        const NONE: u32 = set::NONE | set::TRIGGER;
        const BOOL: u32 = set::BOOL | set::TRIGGER;
        const EVENTFD: u32 = set::EVENTFD | set::TRIGGER;
        match flags {
            NONE if count == 0 => {
                cursor.end()?;
                self.interrupts.release();
            }
            NONE => {
                cursor.end()?;
                self.interrupts.trigger(start, count, |_| true)?;
            }
            BOOL => {
                let wanted = cursor.take(count as usize, "a boolean for each vector")?;
                cursor.end()?;
                self.interrupts
                    .trigger(start, count, |index| wanted[index] != 0)?;
            }
            EVENTFD => {
                cursor.end()?;
                self.interrupts.assign(start, count, fds)?;
            }
            _ => {
                return Err(Refusal::new(
                    Errno::EINVAL,
                    format!(
                        "flags {flags:#x}: MSI-X vectors can be triggered, with no data, booleans or eventfds"
                    ),
                ));
            }
        }
        let what = format!("flags {flags:#x}, {count} vectors from {start} on");
        Ok(Answer::new(Vec::new(), what))
    }

    pub(crate) fn reset(&mut self, payload: &[u8]) -> Result<Answer, Refusal> {
        Cursor::new(payload).end()?;
        self.logging = None;
        // The driver's handle knows of the reset, and a new one finds the device as it then is.
        let mut device = match self.device.take() {
            Some(device) => device,
            None => self.opened()?,
        };
        let reset = device.reset();
        reset.map_err(|error| Refusal::new(Errno::EIO, error.to_string()))?;
        self.interrupts.reset();
        Ok(Answer::new(Vec::new(), String::new()))
    }
}

/// The capabilities that a client proposes.
fn proposed(data: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let text = data.split(|byte| *byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Ok(Map::new());
    }
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| Refusal::invalid(format!("the capabilities are no JSON: {error}")))?;
    match value.get("capabilities") {
        None => Ok(Map::new()),
        Some(Value::Object(capabilities)) => Ok(capabilities.clone()),
        Some(other) => Err(Refusal::invalid(format!("the capabilities are {other}"))),
    }
}
