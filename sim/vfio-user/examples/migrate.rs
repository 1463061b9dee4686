//! A VMM in a page: moves a device from one vfio-user server to another.
//!
//! ```sh
//! slackwater serve --socket /tmp/a.sock &
//! slackwater serve --socket /tmp/b.sock &
//! cargo run -p slackwater-vfio-user --example migrate -- /tmp/a.sock /tmp/b.sock
//! ```
//! With `--fault firmware-stall@stop-copy` at the first server, or `@resuming` at the second, it shows
//! what a VMM has to do then: the source's device runs on, or is reset.

use slackwater_host::V2State;
use slackwater_vfio_user::{ClientError, VfioUserFunction};
use std::error::Error;
use std::path::Path;

const MEMORY_BYTES: u64 = 1 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else {
        return Err("expected two sockets: that of the source, that of the destination".into());
    };
    let source = VfioUserFunction::connect(Path::new(&from), MEMORY_BYTES)?;
    let destination = VfioUserFunction::connect(Path::new(&to), MEMORY_BYTES)?;
    match migrate(&source, &destination) {
        Ok(bytes) => {
            println!("{bytes} bytes of device state moved; the destination runs");
            Ok(())
        }
        Err(error) => {
            eprintln!("migration failed: {error}");
            // As long as the destination does not run the source may; one that is in ERROR
            // needs a reset, and its guest must be told.
            match source.set_state(V2State::Running) {
                Ok(()) => eprintln!("the source runs on"),
                Err(error) => eprintln!("the source does not: {error}; reset it"),
            }
            Err(error.into())
        }
    }
}

/// Pre-copy, stop-copy, resume. Guest memory and its dirty pages are left out.
fn migrate(
    source: &VfioUserFunction,
    destination: &VfioUserFunction,
) -> Result<usize, ClientError> {
    let mut stream = Vec::new();
    source.set_state(V2State::PreCopy)?;
    source.read_stream(&mut stream)?;
    // The VCPUs are paused here.
    source.set_state(V2State::StopCopy)?;
    source.read_stream(&mut stream)?;
    destination.set_state(V2State::Resuming)?;
    destination.write_stream(&stream)?;
    destination.set_state(V2State::Running)?;
    source.set_state(V2State::Stop)?;
    Ok(stream.len())
}
