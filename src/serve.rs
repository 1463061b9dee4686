//! `serve`: the simulated card, or a real one, as a vfio-user device.

use crate::options::ServeOptions;
use slackwater_sim::link::LinkConfig;
use slackwater_sim::migration::fault::Ending;
use slackwater_sim::root_complex::RootComplexConfig;
use slackwater_sim::seed::Seed;
use slackwater_vfio::{DmaMemory, VfioFunction};
use slackwater_vfio_user::{Backend, Event, Listener, RealCard, Server, SimulatedCard};
use std::error::Error;
use std::io::{self, Write};

/// Link that a real card shows to clients: the first that the boards have.
const REAL_LINK: (u8, u8) = (2, 1);
/// Memory of the server's own that a real card needs: none of it is used.
const NO_BYTES: usize = 4096;

/// Serves clients, one after the other.
pub fn run(options: &ServeOptions) -> Result<Ending, Box<dyn Error>> {
    if let Some(address) = &options.device {
        let function = VfioFunction::open(address, DmaMemory::new(NO_BYTES)?)?;
        return serve(options, RealCard::new(function), REAL_LINK);
    }
    let defaults = RootComplexConfig::default();
    let root_complex = RootComplexConfig {
        link: LinkConfig {
            speed: options.link,
            ..defaults.link
        },
        ..defaults
    };
    let speed = options.link;
    let card = options.backend.card()?;
    let card = SimulatedCard::new(card, root_complex, Seed(options.seed))?;
    let card = card.with_faults(options.fault.clone());
    serve(
        options,
        card,
        (small(speed.generation()), small(speed.lanes())),
    )
}

fn serve<B: Backend>(
    options: &ServeOptions,
    device: B,
    link: (u8, u8),
) -> Result<Ending, Box<dyn Error>> {
    let listener = Listener::bind(&options.socket)?;
    let verbose = options.verbose;
    let log = Box::new(move |event: &Event<'_>| tell(event, verbose));
    let mut server = Server::new(device, link, log);
    let socket = options.socket.display();
    eprintln!(
        "slackwater: serving on {socket}; with QEMU: -device \
         '{{\"driver\":\"vfio-user-pci\",\"socket\":{{\"type\":\"unix\",\"path\":\"{socket}\"}}}}'"
    );
    loop {
        server.serve(listener.accept()?);
        if options.once {
            return Ok(Ending::Migrated);
        }
    }
}

/// A number that configuration space has room for.
fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn tell(event: &Event<'_>, verbose: bool) {
    if verbose || !matches!(event, Event::Done { .. }) {
        // A reader who has gone stops nothing.
        let _ = writeln!(io::stderr(), "slackwater: {event}");
    }
}
