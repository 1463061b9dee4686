//! What a VMM does with a device that migrates: states, stream and DMA log over the socket.

use crate::client::{ClientError, VfioUserFunction};
use crate::message::{Builder, Command};
use slackwater_host::V2State;
use std::ops::Range;

/// `VFIO_DEVICE_FEATURE_GET` and `_SET`.
const GET: u32 = 1 << 16;
const SET: u32 = 1 << 17;
/// `VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE`.
const DEVICE_STATE: u32 = 2;
/// `VFIO_DEVICE_FEATURE_DMA_LOGGING_START`, `_STOP` and `_REPORT`.
const LOGGING_START: u32 = 6;
const LOGGING_STOP: u32 = 7;
const LOGGING_REPORT: u32 = 8;
/// Bytes of the stream in one message.
const PART_BYTES: u32 = 1 << 16;

impl VfioUserFunction {
    /// Takes the device to a state, by the arcs that lead there.
    ///
    /// # Errors
    /// The server refuses it; the device may be in ERROR.
    pub fn set_state(&self, state: V2State) -> Result<(), ClientError> {
        let place = V2State::ALL.iter().position(|known| *known == state);
        let number = place.unwrap_or(0) as u32;
        let payload = Builder::default().u32s(&[16, DEVICE_STATE | SET, number, 0]);
        self.ask(Command::Feature, &payload.0, &[], 8).map(drop)
    }

    /// The stream, as far as there is any now: up to its end once the device is stopped.
    ///
    /// # Errors
    /// The device is in no state with a stream.
    pub fn read_stream(&self, stream: &mut Vec<u8>) -> Result<(), ClientError> {
        let payload = Builder::default().u32s(&[8 + PART_BYTES, PART_BYTES]).0;
        loop {
            let reply = self.ask(Command::MigDataRead, &payload, &[], 8)?;
            let part = &reply.payload[8..];
            stream.extend_from_slice(part);
            if part.len() < PART_BYTES as usize {
                return Ok(());
            }
        }
    }

    /// Writes the stream to a device in RESUMING.
    ///
    /// # Errors
    /// The device refuses it.
    pub fn write_stream(&self, stream: &[u8]) -> Result<(), ClientError> {
        for part in stream.chunks(PART_BYTES as usize) {
            let bytes = part.len() as u32;
            let payload = Builder::default().u32s(&[8 + bytes, bytes]).bytes(part);
            self.ask(Command::MigDataWrite, &payload.0, &[], 0)?;
        }
        Ok(())
    }

    /// Logs DMA writes to these IOVAs; gives the page size that the device took.
    ///
    /// # Errors
    /// The device cannot log them.
    pub fn start_log(&self, spans: &[Range<u64>], page_bytes: u64) -> Result<u64, ClientError> {
        let count = spans.len() as u32;
        let head = Builder::default().u32s(&[0, LOGGING_START | SET]);
        let mut payload = head.u64s(&[page_bytes]).u32s(&[count, 0]);
        for span in spans {
            payload = payload.u64s(&[span.start, span.end.saturating_sub(span.start)]);
        }
        let reply = self.ask(Command::Feature, &payload.0, &[], 16)?;
        let mut page = [0; 8];
        page.copy_from_slice(&reply.payload[8..16]);
        Ok(u64::from_le_bytes(page))
    }

    /// The pages of this span that were written since the last report, a bit each.
    ///
    /// # Errors
    /// It is not logged.
    pub fn report_log(&self, span: Range<u64>, page_bytes: u64) -> Result<Vec<u64>, ClientError> {
        let bytes = span.end.saturating_sub(span.start);
        let words = bytes.div_ceil(page_bytes.max(1)).div_ceil(64) as usize;
        let expected = 32 + 8 * words;
        let payload = Builder::default()
            .u32s(&[expected as u32, LOGGING_REPORT | GET])
            .u64s(&[span.start, bytes, page_bytes]);
        let reply = self.ask(Command::Feature, &payload.0, &[], expected)?;
        let bitmap = reply.payload[32..expected].chunks_exact(8);
        Ok(bitmap
            .map(|word| {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(word);
                u64::from_le_bytes(bytes)
            })
            .collect())
    }

    /// Logs nothing any more.
    ///
    /// # Errors
    /// Logging was not started.
    pub fn stop_log(&self) -> Result<(), ClientError> {
        let payload = Builder::default().u32s(&[8, LOGGING_STOP | SET]);
        self.ask(Command::Feature, &payload.0, &[], 0).map(drop)
    }
}
