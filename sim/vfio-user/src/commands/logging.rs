//! DMA logging: start, report, stop.

use crate::backend::Backend;
use crate::connection::MAX_TRANSFER_BYTES;
use crate::message::{Builder, Cursor, Errno, Refusal};
use crate::server::{Logging, Server};
use slackwater_host::v2::LoggingError;
use std::ops::Range;

/// More ranges than any device has.
const MAX_RANGES: u32 = 256;

impl From<LoggingError> for Refusal {
    fn from(error: LoggingError) -> Self {
        let errno = match &error {
            LoggingError::Log(_) => Errno::EIO,
            LoggingError::Ranges { .. } | LoggingError::Bitmap { .. } => Errno::E2BIG,
            LoggingError::TooLarge { .. } => Errno::ENOSPC,
            LoggingError::NoRange { .. } => Errno::ENOENT,
            LoggingError::PageSize { .. } | LoggingError::Unaligned { .. } => Errno::EINVAL,
        };
        Self::new(errno, error.to_string())
    }
}

fn span(iova: u64, bytes: u64) -> Result<Range<u64>, Refusal> {
    let end = iova.checked_add(bytes);
    end.map(|end| iova..end)
        .ok_or_else(|| Refusal::invalid(format!("{bytes:#x} bytes at IOVA {iova:#x} wrap around")))
}

impl<B: Backend> Server<B> {
    /// Gives the reply's data: the request's, with the page size that was taken.
    pub(super) fn start_logging(&mut self, mut cursor: Cursor<'_>) -> Result<Vec<u8>, Refusal> {
        let page_bytes = cursor.u64("the page size")?;
        let count = cursor.u32("the number of ranges")?;
        let reserved = cursor.u32("the reserved word")?;
        if self.logging.is_some() {
            return Err(Refusal::new(Errno::EEXIST, "logging was started before"));
        }
        if count == 0 {
            // All that is mapped may be more than the log has ranges for, and what is
            // mapped later would be missed in silence.
            return Err(Refusal::new(
                Errno::EOPNOTSUPP,
                "no ranges, which means everything: name what is to be logged",
            ));
        }
        if count > MAX_RANGES {
            return Err(Refusal::new(
                Errno::E2BIG,
                format!("{count} ranges, at most {MAX_RANGES}"),
            ));
        }
        let mut spans = Vec::new();
        let mut reply = Builder::default();
        for _ in 0..count {
            let (iova, bytes) = (cursor.u64("an IOVA")?, cursor.u64("a length")?);
            spans.push(span(iova, bytes)?);
            reply = reply.u64s(&[iova, bytes]);
        }
        cursor.end()?;
        let state = self.device()?.v2().start_logging(&spans, page_bytes)?;
        let taken = state.page_bytes();
        self.logging = Some(Logging { state, spans });
        let start = Builder::default().u64s(&[taken]).u32s(&[count, reserved]);
        Ok(start.bytes(&reply.0).0)
    }

    pub(super) fn stop_logging(&mut self) -> Result<(), Refusal> {
        let Some(logging) = self.logging.take() else {
            return Err(Refusal::invalid("logging was not started"));
        };
        logging.state.stop(&mut self.device()?.v2())?;
        Ok(())
    }

    /// Gives the reply's data: the request's, and the bitmap.
    pub(super) fn report_logging(
        &mut self,
        mut cursor: Cursor<'_>,
        argsz: u32,
    ) -> Result<Vec<u8>, Refusal> {
        let iova = cursor.u64("the IOVA")?;
        let bytes = cursor.u64("the length")?;
        let page_bytes = cursor.u64("the page size")?;
        let asked = span(iova, bytes)?;
        if !page_bytes.is_power_of_two() || bytes == 0 {
            return Err(Refusal::invalid(format!(
                "{bytes:#x} bytes by pages of {page_bytes:#x}"
            )));
        }
        let words = bytes.div_ceil(page_bytes).div_ceil(64);
        let most = (MAX_TRANSFER_BYTES / 8) as u64;
        let room = u64::from(argsz.saturating_sub(8 + 24)) / 8;
        if words > most.min(room) {
            return Err(Refusal::new(
                Errno::E2BIG,
                format!(
                    "a bitmap of {words} words of 64 bits, there is room for {room}, at most {most}"
                ),
            ));
        }
        let Some(mut logging) = self.logging.take() else {
            return Err(Refusal::invalid("logging was not started"));
        };
        let mut bitmap = vec![0; words as usize];
        let result = if covered(&logging.spans, asked.clone()) {
            let report = self.device().and_then(|device| {
                let mut v2 = device.v2();
                Ok(logging
                    .state
                    .report(&mut v2, asked, page_bytes, &mut bitmap)?)
            });
            report.map(|()| bitmap)
        } else {
            // What is not logged must not pass for clean.
            Err(Refusal::invalid(format!(
                "{bytes:#x} bytes at IOVA {iova:#x} are not all logged"
            )))
        };
        self.logging = Some(logging);
        let head = Builder::default().u64s(&[iova, bytes, page_bytes]);
        Ok(head.u64s(&result?).0)
    }
}

/// Whether the spans together hold all of it.
fn covered(spans: &[Range<u64>], asked: Range<u64>) -> bool {
    let mut at = asked.start;
    while at < asked.end {
        let next = spans.iter().filter(|span| span.contains(&at));
        match next.map(|span| span.end).max() {
            Some(end) => at = end,
            None => return false,
        }
    }
    true
}
