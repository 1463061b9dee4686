//! Reads and writes of BARs and configuration space.

use super::info::CONFIG_REGION;
use crate::backend::Backend;
use crate::config_space::{MSIX_BAR, Written};
use crate::connection::MAX_TRANSFER_BYTES;
use crate::message::{Builder, Cursor, Errno, Refusal};
use crate::server::{Answer, Server};

/// Writes of one VFIO_USER_REGION_WRITE_MULTI at most.
const MAX_WRITES: u64 = 1024;
/// Bytes of data of one of them at most.
const MULTI_BYTES: usize = 8;

/// Where an access goes.
struct Place {
    offset: u64,
    region: u32,
    count: u32,
}

impl Place {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            offset: cursor.u64("the offset")?,
            region: cursor.u32("the region")?,
            count: cursor.u32("the count")?,
        })
    }

    fn reply(&self) -> Builder {
        Builder::default()
            .u64s(&[self.offset])
            .u32s(&[self.region, self.count])
    }

    fn text(&self) -> String {
        let Self {
            offset,
            region,
            count,
        } = self;
        format!("{count} bytes at {offset:#x} of region {region}")
    }
}

impl<B: Backend> Server<B> {
    fn check(&self, place: &Place) -> Result<(), Refusal> {
        let size = self.region_bytes(place.region);
        let end = place.offset.checked_add(place.count.into());
        if place.count == 0 || end.is_none_or(|end| end > size) {
            let text = place.text();
            return Err(Refusal::invalid(format!("{text}, which has {size}")));
        }
        if place.count as usize > MAX_TRANSFER_BYTES {
            let text = place.text();
            return Err(Refusal::new(
                Errno::E2BIG,
                format!("{text}: at most {MAX_TRANSFER_BYTES}"),
            ));
        }
        Ok(())
    }

    pub(crate) fn region_read(&mut self, payload: &[u8]) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        let place = Place::read(&mut cursor)?;
        cursor.end()?;
        self.check(&place)?;
        let mut data = vec![0; place.count as usize];
        match u8::try_from(place.region) {
            Ok(MSIX_BAR) => self.interrupts.read(place.offset, &mut data),
            Ok(bar @ 0..=5) => self.backend.read(bar, place.offset, &mut data)?,
            _ => {
                if let Some(bytes) = self.config.read(place.offset, data.len()) {
                    data.copy_from_slice(bytes);
                }
            }
        }
        let what = place.text();
        Ok(Answer::new(place.reply().bytes(&data).0, what))
    }

    pub(crate) fn region_write(&mut self, payload: &[u8]) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        let place = Place::read(&mut cursor)?;
        let data = cursor.take(place.count as usize, "the data")?;
        cursor.end()?;
        self.write(&place, data)?;
        let what = place.text();
        Ok(Answer::new(place.reply().0, what))
    }

    fn write(&mut self, place: &Place, data: &[u8]) -> Result<(), Refusal> {
        self.check(place)?;
        match u8::try_from(place.region) {
            Ok(MSIX_BAR) => self.interrupts.write(place.offset, data),
            Ok(bar @ 0..=5) => self.backend.write(bar, place.offset, data)?,
            _ if place.region == CONFIG_REGION => {
                let written = self.config.write(place.offset, data);
                if written == Some(Written::FunctionLevelReset) {
                    self.backend.function_level_reset()?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Several writes in one message; the reply says how many were done.
    pub(crate) fn region_write_multi(&mut self, payload: &[u8]) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        let count = cursor.u64("the number of writes")?;
        if count > MAX_WRITES {
            return Err(Refusal::new(
                Errno::E2BIG,
                format!("{count} writes, at most {MAX_WRITES}"),
            ));
        }
        let mut done = 0;
        for _ in 0..count {
            let place = Place::read(&mut cursor)?;
            let data = cursor.take(MULTI_BYTES, "the data")?;
            let Some(data) = data.get(..place.count as usize) else {
                let text = place.text();
                return Err(Refusal::invalid(format!("{text}: at most {MULTI_BYTES}")));
            };
            self.write(&place, data)?;
            done += 1;
        }
        cursor.end()?;
        let reply = Builder::default().u64s(&[done]);
        Ok(Answer::new(reply.0, format!("{done} writes")))
    }
}
