//! `serve`: the simulated card as a vfio-user device.

use crate::options::ServeOptions;
use slackwater_sim::link::LinkConfig;
use slackwater_sim::migration::fault::Ending;
use slackwater_sim::root_complex::RootComplexConfig;
use slackwater_sim::seed::Seed;
use slackwater_vfio_user::{Event, Listener, Server, SimulatedCard};
use std::error::Error;
use std::io::{self, Write};

/// Serves clients, one after the other.
pub fn run(options: &ServeOptions) -> Result<Ending, Box<dyn Error>> {
    let listener = Listener::bind(&options.socket)?;
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
    let verbose = options.verbose;
    let mut server = Server::new(
        card,
        (small(speed.generation()), small(speed.lanes())),
        Box::new(move |event| tell(event, verbose)),
    );
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
