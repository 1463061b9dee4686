//! `probe`, `update`, `save`, `restore`, `log` and `exercise`: a real function, by VFIO.

use crate::json::Outputs;
use crate::options::{ExerciseOptions, FileOptions, LogOptions, ProbeOptions};
use crate::output::{PendingFile, WriteError};
use serde::Serialize;
use slackwater::exercise::{self, Done, ExerciseError, MEMORY_BYTES, Rig, Saved};
use slackwater_host::flow::pipeline::MAX_STATE_BYTES;
use slackwater_host::v2::Piece;
use slackwater_host::{
    Counter, Device, FirmwareIdentity, FirmwareImage, Function, GuestMemory, V2State,
};
use slackwater_regs::soft_core::MAX_IMAGE_BYTES;
use slackwater_sim::migration::fault::Ending;
use slackwater_vfio::{Address, DmaMemory, VfioFunction};
use slackwater_vfio_user::VfioUserFunction;
use std::error::Error;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Most bytes of a device's state: more is no state.
const MAX_STREAM_BYTES: u64 = 1 << 30;

fn open(address: &Address) -> Result<Device<VfioFunction>, Box<dyn Error>> {
    let memory = DmaMemory::new(MEMORY_BYTES as usize)?;
    Ok(Device::open(VfioFunction::open(address, memory)?)?)
}

/// What a function is.
#[derive(Serialize)]
struct Probed {
    address: String,
    vendor_id: String,
    device_id: String,
    interrupt_vectors: usize,
    device_type: String,
    config_hash: String,
    clock_hz: u32,
    ndma: bool,
    atomic_clear: bool,
    internal_log: bool,
    page_requests: bool,
    log_ranges: u32,
    log_pages: u32,
    state_words: u32,
    device_state: String,
    firmware_version: String,
    firmware_crc32c: String,
    firmware_fault: Option<String>,
    counters: serde_json::Map<String, serde_json::Value>,
}

/// Tells what a function is.
pub fn probe(options: &ProbeOptions) -> Result<Ending, Box<dyn Error>> {
    let outputs = Outputs::open(options.json.as_deref(), false)?;
    let mut device = open(&options.address)?;
    let state = device.state()?;
    let counters = device.counters()?;
    let firmware = device.firmware()?;
    let identity = *device.identity();
    let function = device.function_mut();
    let (vendor, id) = function.ids()?;
    let hex = |value: u32| format!("{value:#010x}");
    let probed = Probed {
        address: options.address.to_string(),
        vendor_id: format!("{vendor:#06x}"),
        device_id: format!("{id:#06x}"),
        interrupt_vectors: function.vector_count(),
        device_type: hex(identity.device_type),
        config_hash: hex(identity.config_hash),
        clock_hz: identity.clock_hz,
        ndma: identity.ndma,
        atomic_clear: identity.atomic_clear,
        internal_log: identity.internal_log,
        page_requests: identity.page_requests,
        log_ranges: identity.range_count,
        log_pages: identity.log_pages,
        state_words: identity.state_words,
        device_state: state.to_string(),
        firmware_version: version_text(&firmware),
        firmware_crc32c: hex(firmware.crc),
        firmware_fault: firmware.fault.map(|fault| fault.to_string()),
        counters: counters
            .into_iter()
            .map(|(counter, value): (Counter, u32)| (format!("{counter:?}"), value.into()))
            .collect(),
    };
    let yes = |is: bool| if is { "yes" } else { "no" };
    let text = format!(
        " {} is a Slackwater core, {vendor:04x}:{id:04x}, in {state}\n\n \
         device type     {}\n configuration   {}\n clock           {} Hz\n \
         NDMA {}, atomic read-and-clear {}, internal log {}, page requests {}\n \
         log             {} pages in {} ranges\n state           {} words\n \
         interrupts      {} vectors\n firmware        {}, CRC-32C {}, {}\n",
        probed.address,
        probed.device_type,
        probed.config_hash,
        probed.clock_hz,
        yes(probed.ndma),
        yes(probed.atomic_clear),
        yes(probed.internal_log),
        yes(probed.page_requests),
        probed.log_pages,
        probed.log_ranges,
        probed.state_words,
        probed.interrupt_vectors,
        probed.firmware_version,
        probed.firmware_crc32c,
        probed.firmware_fault.as_deref().unwrap_or("runs"),
    );
    outputs.tell(&text, &probed)?;
    Ok(Ending::Migrated)
}

/// A version as people write it.
fn version_text(firmware: &FirmwareIdentity) -> String {
    let (major, minor, patch) = firmware.version;
    format!("{major}.{minor}.{patch}")
}

/// Replaces a function's firmware until it is powered up again.
pub fn update(options: &FileOptions) -> Result<Ending, Box<dyn Error>> {
    let file = &options.file;
    let named = |error: &dyn Error| format!("{}: {error}", file.display());
    let mut bytes = Vec::new();
    fs::File::open(file)
        .and_then(|file| {
            file.take(u64::from(MAX_IMAGE_BYTES) + 4)
                .read_to_end(&mut bytes)
        })
        .map_err(|error| named(&error))?;
    if bytes.len() > MAX_IMAGE_BYTES as usize {
        let message = "is larger than the largest firmware image";
        return Err(format!("{}: {message}, {MAX_IMAGE_BYTES} bytes", file.display()).into());
    }
    let image = FirmwareImage::new(&bytes).map_err(|error| named(&error))?;
    let mut device = open(&options.address)?;
    let firmware = device.update_firmware(&image, |_| ())?;
    println!(
        " {} runs firmware {}, CRC-32C {:#010x}, until it is powered up again",
        options.address,
        version_text(&firmware),
        firmware.crc
    );
    Ok(Ending::Migrated)
}

/// Saves a device's state into a file. Opening the function has reset it: this is for what survives that.
pub fn save(options: &FileOptions) -> Result<Ending, Box<dyn Error>> {
    let file = PendingFile::create(&options.file)?;
    let mut device = open(&options.address)?;
    let mut v2 = device.v2();
    v2.set_state(V2State::StopCopy)?;
    let mut stream = Vec::new();
    let mut part = vec![0; MAX_STATE_BYTES];
    loop {
        match v2.read(&mut part)? {
            Piece::Bytes(bytes) => stream.extend_from_slice(&part[..bytes]),
            Piece::End => break,
            Piece::NoMessage => return Err("the device's stream has stopped before its end".into()),
        }
        if stream.len() as u64 > MAX_STREAM_BYTES {
            return Err(format!("the device's stream goes on after {} bytes", stream.len()).into());
        }
    }
    v2.set_state(V2State::Running)?;
    fs::write(file.writing_path(), &stream).map_err(WriteError::at(&options.file))?;
    file.complete()?;
    println!(" {} bytes of {} saved", stream.len(), options.address);
    Ok(Ending::Migrated)
}

/// Restores a device's state from a file.
pub fn restore(options: &FileOptions) -> Result<Ending, Box<dyn Error>> {
    let stream = read(&options.file)?;
    let mut device = open(&options.address)?;
    let mut v2 = device.v2();
    v2.set_state(V2State::Resuming)?;
    v2.write(&stream)?;
    v2.set_state(V2State::Running)?;
    println!(" {} bytes of {} restored", stream.len(), options.address);
    Ok(Ending::Migrated)
}

fn read(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let failed = |error| format!("cannot read {}: {error}", path.display());
    let bytes = fs::metadata(path).map_err(failed)?.len();
    if bytes > MAX_STREAM_BYTES {
        let path = path.display();
        return Err(format!("{path} has {bytes} bytes, which is no device's state").into());
    }
    Ok(fs::read(path).map_err(failed)?)
}

/// Logs DMA writes for a while, and tells which pages there were.
pub fn log(options: &LogOptions) -> Result<Ending, Box<dyn Error>> {
    let outputs = Outputs::open(options.json.as_deref(), false)?;
    let (start, bytes) = options.range;
    let end = start
        .checked_add(bytes)
        .ok_or_else(|| format!("{bytes:#x} bytes at {start:#x} wrap around"))?;
    let mut device = open(&options.address)?;
    let mut logging = device
        .v2()
        .start_logging(std::slice::from_ref(&(start..end)), options.page_size)?;
    thread::sleep(Duration::from_nanos(options.time));
    let page_bytes = logging.page_bytes();
    let words = bytes.div_ceil(page_bytes).div_ceil(64);
    let mut bitmap = vec![0; usize::try_from(words)?];
    logging.report(&mut device.v2(), start..end, page_bytes, &mut bitmap)?;
    logging.stop(&mut device.v2())?;
    let pages = (0_u64..).zip(&bitmap).flat_map(|(word, bits)| {
        (0..64)
            .filter(move |bit| bits >> bit & 1 == 1)
            .map(move |bit| 64 * word + bit)
    });
    let iovas: Vec<u64> = pages.map(|page| start + page * page_bytes).collect();
    let mut text = format!(
        " {} pages of {page_bytes} bytes were written in {} ms\n",
        iovas.len(),
        options.time / 1_000_000
    );
    for iova in &iovas {
        text.push_str(&format!(" {iova:#014x}\n"));
    }
    #[derive(Serialize)]
    struct Logged {
        page_bytes: u64,
        dirty_iovas: Vec<u64>,
    }
    let dirty_iovas = iovas;
    outputs.tell(
        &text,
        &Logged {
            page_bytes,
            dirty_iovas,
        },
    )?;
    Ok(Ending::Migrated)
}

/// Puts a function with the accelerator through its paces, behind VFIO or a vfio-user server.
pub fn exercise(options: &ExerciseOptions) -> Result<Ending, Box<dyn Error>> {
    let saved = match &options.restore {
        Some(path) => Some(Saved::from_bytes(&read(path)?)?),
        None => None,
    };
    let file = options.save.as_deref().map(PendingFile::create);
    let file = file.transpose()?;
    let saved = match (&options.socket, &options.address) {
        (Some(socket), _) => {
            let function = VfioUserFunction::connect(socket, MEMORY_BYTES)?;
            let memory = function.memory();
            work(Rig::new(function, memory)?, saved)?
        }
        (None, Some(address)) => {
            let memory = DmaMemory::new(MEMORY_BYTES as usize)?;
            let function = VfioFunction::open(address, memory.clone())?;
            work(Rig::new(function, memory)?, saved)?
        }
        (None, None) => return Err("no device: name a function, or --socket".into()),
    };
    if let (Some(saved), Some(file), Some(path)) = (saved, file, &options.save) {
        fs::write(file.writing_path(), saved.to_bytes()).map_err(WriteError::at(path))?;
        file.complete()?;
        println!(" saved with {} jobs in the ring", saved.in_flight);
    }
    Ok(Ending::Migrated)
}

/// Works and saves, or restores and completes.
fn work<F: Function, M: GuestMemory>(
    mut rig: Rig<F, M>,
    saved: Option<Saved>,
) -> Result<Option<Saved>, ExerciseError> {
    let Some(saved) = saved else {
        let (saved, done) = exercise::run(&mut rig)?;
        println!(" {}", told(&done));
        return Ok(Some(saved));
    };
    let done = exercise::restore(&mut rig, &saved)?;
    println!(" restored; {}", told(&done));
    Ok(None)
}

fn told(done: &Done) -> String {
    format!(
        "{} jobs came back as they must, {} interrupts, {} pages logged, stream of {} bytes",
        done.jobs, done.interrupts, done.logged_pages, done.stream_bytes
    )
}
