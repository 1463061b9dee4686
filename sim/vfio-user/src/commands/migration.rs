//! Migration v2: VFIO_USER_DEVICE_FEATURE, and the stream.

use crate::backend::Backend;
use crate::connection::MAX_TRANSFER_BYTES;
use crate::message::{Builder, Cursor, Errno, Refusal};
use crate::server::{Answer, Server};
use slackwater_host::v2::{Piece, V2Error};
use slackwater_host::{Device, StateError, V2State};

/// `VFIO_DEVICE_FEATURE_GET`, `_SET` and `_PROBE`.
pub(super) const GET: u32 = 1 << 16;
pub(super) const SET: u32 = 1 << 17;
const PROBE: u32 = 1 << 18;
/// Index of a feature in the flags.
const INDEX: u32 = 0xffff;

/// `VFIO_DEVICE_FEATURE_MIGRATION` and `_MIG_DEVICE_STATE`.
const MIGRATION: u32 = 1;
const DEVICE_STATE: u32 = 2;
/// `VFIO_DEVICE_FEATURE_DMA_LOGGING_START`, `_STOP` and `_REPORT`.
const LOGGING_START: u32 = 6;
const LOGGING_STOP: u32 = 7;
const LOGGING_REPORT: u32 = 8;

/// `VFIO_MIGRATION_STOP_COPY`, `_P2P` and `_PRE_COPY`.
const STOP_COPY: u64 = 1;
const P2P: u64 = 2;
const PRE_COPY: u64 = 4;

impl From<V2Error> for Refusal {
    fn from(error: V2Error) -> Self {
        let errno = match &error {
            V2Error::Blocked { .. } | V2Error::WrongState { .. } => Errno::EINVAL,
            V2Error::Step(StateError::Unpushed { .. }) => Errno::EINVAL,
            _ => Errno::EIO,
        };
        Self::new(errno, error.to_string())
    }
}

/// What can be done with a feature.
fn methods(index: u32) -> Option<u32> {
    match index {
        MIGRATION | LOGGING_REPORT => Some(GET),
        DEVICE_STATE => Some(GET | SET),
        LOGGING_START | LOGGING_STOP => Some(SET),
        _ => None,
    }
}

impl<B: Backend> Server<B> {
    /// The host driver's handle on the device.
    pub(crate) fn opened(&mut self) -> Result<Device<B::Function>, Refusal> {
        self.backend
            .open()
            .map_err(|error| Refusal::new(Errno::EIO, error.to_string()))
    }

    pub(super) fn device(&mut self) -> Result<&mut Device<B::Function>, Refusal> {
        let device = match self.device.take() {
            Some(device) => device,
            None => self.opened()?,
        };
        Ok(self.device.insert(device))
    }

    pub(crate) fn feature(&mut self, payload: &[u8]) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        let argsz = cursor.u32("argsz")?;
        let flags = cursor.u32("the flags")?;
        let (index, wanted) = (flags & INDEX, flags & (GET | SET));
        let Some(methods) = methods(index) else {
            return Err(Refusal::new(
                Errno::EOPNOTSUPP,
                format!("unknown feature {index}"),
            ));
        };
        if flags & !(INDEX | GET | SET | PROBE) != 0 || wanted & !methods != 0 {
            return Err(Refusal::invalid(format!(
                "flags {flags:#x} of feature {index}"
            )));
        }
        let what = |text: &str| format!("feature {index}, flags {flags:#x}{text}");
        if flags & PROBE != 0 {
            return Ok(Answer::new(payload.to_vec(), what("")));
        }
        let reply = |data: &[u8]| {
            let bytes = (8 + data.len()) as u32;
            Builder::default().u32s(&[bytes, flags]).bytes(data).0
        };
        match (index, wanted) {
            (MIGRATION, GET) => {
                let p2p = if self.device()?.identity().ndma {
                    P2P
                } else {
                    0
                };
                let flags = STOP_COPY | PRE_COPY | p2p;
                let data = Builder::default().u64s(&[flags]);
                Ok(Answer::new(reply(&data.0), what("")))
            }
            (DEVICE_STATE, GET) => {
                let state = self.device()?.v2().state()?;
                let data = Builder::default().u32s(&[number(state), u32::MAX]);
                let text = what(&format!(": {state}"));
                Ok(Answer::new(reply(&data.0), text))
            }
            (DEVICE_STATE, SET) => {
                let asked = cursor.u32("the device state")?;
                let known = usize::try_from(asked).ok();
                let state = known.and_then(|asked| V2State::ALL.get(asked));
                let Some(state) = state else {
                    return Err(Refusal::invalid(format!("device state {asked}")));
                };
                self.backend.before_state(*state);
                self.device()?.v2().set_state(*state)?;
                let text = what(&format!(": {state}"));
                Ok(Answer::new(payload.to_vec(), text))
            }
            (LOGGING_START, SET) => {
                let data = self.start_logging(cursor)?;
                Ok(Answer::new(reply(&data), what("")))
            }
            (LOGGING_STOP, SET) => {
                self.stop_logging()?;
                Ok(Answer::new(payload.to_vec(), what("")))
            }
            (LOGGING_REPORT, GET) => {
                let data = self.report_logging(cursor, argsz)?;
                Ok(Answer::new(reply(&data), what("")))
            }
            _ => Err(Refusal::invalid(format!(
                "flags {flags:#x}: neither get nor set nor probe, or both"
            ))),
        }
    }

    pub(crate) fn mig_data_read(&mut self, payload: &[u8]) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        cursor.u32("argsz")?;
        let size = cursor.u32("the size")? as usize;
        if size > MAX_TRANSFER_BYTES {
            return Err(Refusal::new(
                Errno::E2BIG,
                format!("{size} bytes, at most {MAX_TRANSFER_BYTES}"),
            ));
        }
        let mut data = vec![0; size];
        let mut done = 0;
        let mut v2 = self.device()?.v2();
        // Less than was asked for says that there is no more now.
        while done < size {
            match v2.read(&mut data[done..])? {
                Piece::Bytes(bytes) => done += bytes,
                Piece::NoMessage | Piece::End => break,
            }
        }
        data.truncate(done);
        let bytes = (8 + done) as u32;
        let reply = Builder::default().u32s(&[bytes, done as u32]).bytes(&data);
        Ok(Answer::new(reply.0, format!("{done} of {size} bytes")))
    }

    pub(crate) fn mig_data_write(&mut self, payload: &[u8]) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        cursor.u32("argsz")?;
        let size = cursor.u32("the size")?;
        let data = cursor.take(size as usize, "the data")?;
        cursor.end()?;
        self.device()?.v2().write(data)?;
        Ok(Answer::new(Vec::new(), format!("{size} bytes")))
    }
}

/// The state's number in `enum vfio_device_mig_state`.
fn number(state: V2State) -> u32 {
    let place = V2State::ALL.iter().position(|known| *known == state);
    place.map_or(0, |place| place as u32)
}
