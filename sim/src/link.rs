//! The link: generation, lanes, rate, latency and flow control credits.
//!
//! One [`Wire`] is one direction of it. A TLP may start when the wire is free and
//! the receiver has advertised credits for its class; it takes the time that its
//! bytes and its framing need, and arrives a fixed latency later.

use crate::ordering::Class;
use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Bytes that the data link and physical layers add to a TLP: 2 framing, 2 sequence number, 4 LCRC.
///
/// With 128b/130b encoding the STP token has 4 bytes and holds the sequence number: the same sum.
pub const TLP_FRAMING_BYTES: u64 = 8;
/// Share of a TLP in the Ack and UpdateFC DLLPs (8 bytes each) that answer the other direction, in bytes.
pub const DLLP_SHARE_BYTES: u64 = 4;
/// Bytes of one data credit.
pub const CREDIT_BYTES: usize = 16;

/// A link that cannot be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LinkError {
    /// The text is not of the form gen2x1.
    #[error("{0:?} is no link; write the generation and the lanes as in gen2x1")]
    Form(String),
    /// There is no such generation.
    #[error("there is no PCIe generation {0}; this model has 1 to 5")]
    Generation(u32),
    /// There is no link with this number of lanes.
    #[error("there is no link of {0} lanes; PCIe has 1, 2, 4, 8, 12, 16 and 32")]
    Lanes(u32),
    /// MPS is none of the values that PCIe has.
    #[error("MPS cannot be {0} bytes; PCIe has the powers of two from 128 to 4096")]
    MaxPayload(usize),
    /// The receiver's buffer is too small for one TLP of its class.
    #[error(
        "{credits} {class:?} data credits ({bytes} bytes) or {headers} header credits cannot hold a TLP with {max_payload_bytes} bytes"
    )]
    Credits {
        /// The class of TLPs.
        class: Class,
        /// Header credits.
        headers: u32,
        /// Data credits.
        credits: u32,
        /// The same in bytes.
        bytes: usize,
        /// Largest payload of a TLP.
        max_payload_bytes: usize,
    },
}

/// Generation and lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkSpeed {
    generation: u32,
    lanes: u32,
}

impl LinkSpeed {
    /// A link of this generation and number of lanes.
    pub fn new(generation: u32, lanes: u32) -> Result<Self, LinkError> {
        if !(1..=5).contains(&generation) {
            return Err(LinkError::Generation(generation));
        }
        if ![1, 2, 4, 8, 12, 16, 32].contains(&lanes) {
            return Err(LinkError::Lanes(lanes));
        }
        Ok(Self { generation, lanes })
    }

    /// Generation, 1 to 5.
    pub fn generation(self) -> u32 {
        self.generation
    }

    /// Number of lanes.
    pub fn lanes(self) -> u32 {
        self.lanes
    }

    /// Bytes a second in one direction, after line encoding.
    pub fn bytes_per_second(self) -> u64 {
        // 2.5 and 5 GT/s with 8b/10b, then 8, 16 and 32 GT/s with 128b/130b.
        let lane = match self.generation {
            1 => 250_000_000,
            2 => 500_000_000,
            generation => (1_000_000_000_u64 << (generation - 3)) * 128 / 130,
        };
        lane * u64::from(self.lanes)
    }

    /// Payload bytes a clock when TLPs with this header and payload follow each other without a gap.
    pub fn payload_bytes_per_cycle(
        self,
        clock_hz: u64,
        header_bytes: u64,
        payload_bytes: u64,
    ) -> f64 {
        let share = payload_bytes as f64 / wire_bytes(header_bytes + payload_bytes) as f64;
        self.bytes_per_second() as f64 / clock_hz.max(1) as f64 * share
    }
}

/// Bytes on the wire of a TLP with this many bytes.
pub fn wire_bytes(tlp_bytes: u64) -> u64 {
    tlp_bytes + TLP_FRAMING_BYTES + DLLP_SHARE_BYTES
}

impl fmt::Display for LinkSpeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gen{}x{}", self.generation, self.lanes)
    }
}

impl FromStr for LinkSpeed {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let form = || LinkError::Form(text.chars().take(32).collect());
        let (generation, lanes) = text
            .strip_prefix("gen")
            .and_then(|rest| rest.split_once('x'))
            .ok_or_else(form)?;
        Self::new(
            generation.parse().map_err(|_| form())?,
            lanes.parse().map_err(|_| form())?,
        )
    }
}

/// Receive buffers that one end advertises, by class: headers, and data in units of 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credits {
    /// Posted headers and data.
    pub posted: (u32, u32),
    /// Non-posted headers and data.
    pub non_posted: (u32, u32),
    /// Completion headers and data.
    pub completion: (u32, u32),
}

impl Default for Credits {
    fn default() -> Self {
        Self {
            posted: (32, 256),
            non_posted: (32, 32),
            completion: (64, 512),
        }
    }
}

impl Credits {
    fn of(&self, class: Class) -> (u32, u32) {
        match class {
            Class::Posted => self.posted,
            Class::Read | Class::NonPostedWithData => self.non_posted,
            Class::Completion => self.completion,
        }
    }

    /// Refuses buffers that could never take the largest TLP.
    fn check(&self, max_payload_bytes: usize) -> Result<(), LinkError> {
        let needs = [
            (Class::Posted, max_payload_bytes),
            (Class::NonPostedWithData, CREDIT_BYTES),
            (Class::Completion, max_payload_bytes),
        ];
        for (class, payload) in needs {
            let (headers, credits) = self.of(class);
            if headers == 0 || (credits as usize) < payload.div_ceil(CREDIT_BYTES) {
                return Err(LinkError::Credits {
                    class,
                    headers,
                    credits,
                    bytes: credits as usize * CREDIT_BYTES,
                    max_payload_bytes,
                });
            }
        }
        Ok(())
    }
}

/// A link as a card sees it.
#[derive(Clone, Copy, Debug)]
pub struct LinkConfig {
    /// Generation and lanes.
    pub speed: LinkSpeed,
    /// From the last bit sent to the TLP at the other end, in cycles.
    pub latency_cycles: u64,
    /// Buffers of the root port, which the card's TLPs fill.
    pub root_credits: Credits,
    /// Buffers of the card's PCIe core.
    pub card_credits: Credits,
    /// From the buffer's release to the sender's knowledge of it, in cycles.
    pub credit_return_cycles: u64,
    /// Transmit buffer of the card's PCIe core in bytes; link_tx_ready falls when it is full.
    pub tx_buffer_bytes: usize,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self {
            speed: LinkSpeed {
                generation: 2,
                lanes: 1,
            },
            latency_cycles: 20,
            root_credits: Credits::default(),
            card_credits: Credits::default(),
            credit_return_cycles: 24,
            tx_buffer_bytes: 512,
        }
    }
}

impl LinkConfig {
    /// Refuses a link that could never carry the largest TLP.
    pub fn check(&self, max_payload_bytes: usize) -> Result<(), LinkError> {
        if !max_payload_bytes.is_power_of_two() || !(128..=4096).contains(&max_payload_bytes) {
            return Err(LinkError::MaxPayload(max_payload_bytes));
        }
        self.root_credits.check(max_payload_bytes)?;
        self.card_credits.check(max_payload_bytes)
    }
}

/// What a TLP takes of the receiver's buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Which buffers.
    pub class: Class,
    /// Header and payload in bytes.
    pub tlp_bytes: u32,
    /// Data credits.
    pub data_credits: u32,
}

impl Load {
    /// The load of a TLP with this payload.
    pub fn new(class: Class, tlp_bytes: usize, payload_bytes: usize) -> Self {
        Self {
            class,
            tlp_bytes: tlp_bytes as u32,
            data_credits: payload_bytes.div_ceil(CREDIT_BYTES) as u32,
        }
    }
}

/// One direction of a link, with the receiver's credits.
#[derive(Clone, Debug)]
pub struct Wire<T> {
    /// Bytes a cycle, times 2^16.
    rate_q16: u64,
    /// When the wire is free again, in cycles times 2^16.
    free_q16: u64,
    latency_cycles: u64,
    /// Bytes of all TLPs so far with their framing, the one on the wire too.
    sent_bytes: u64,
    /// When the last of them is out, in cycles times 2^16.
    sent_q16: u64,
    credits: [(u32, u32); 3],
    credit_return_cycles: u64,
    returning: VecDeque<(u64, Load)>,
    flying: VecDeque<(u64, T)>,
}

fn pool(class: Class) -> usize {
    match class {
        Class::Posted => 0,
        Class::Read | Class::NonPostedWithData => 1,
        Class::Completion => 2,
    }
}

impl<T> Wire<T> {
    /// An idle wire towards a receiver with these credits.
    pub fn new(config: &LinkConfig, credits: &Credits, clock_hz: u64) -> Self {
        let rate = u128::from(config.speed.bytes_per_second()) << 16;
        Self {
            rate_q16: (rate / u128::from(clock_hz.max(1))).max(1) as u64,
            free_q16: 0,
            latency_cycles: config.latency_cycles,
            sent_bytes: 0,
            sent_q16: 0,
            credits: [credits.posted, credits.non_posted, credits.completion],
            credit_return_cycles: config.credit_return_cycles,
            returning: VecDeque::new(),
            flying: VecDeque::new(),
        }
    }

    /// Whether a TLP can start now as far as the wire's rate goes.
    pub fn is_free(&self, now: u64) -> bool {
        self.free_q16 < (now + 1) << 16
    }

    /// Whether a TLP or the return of credits has arrived.
    #[inline]
    pub fn is_due(&self, now: u64) -> bool {
        let tlp = self.flying.front().map(|flying| flying.0);
        let credits = self.returning.front().map(|returning| returning.0);
        tlp.is_some_and(|cycle| cycle <= now) || credits.is_some_and(|cycle| cycle <= now)
    }

    /// Takes back credits whose return has arrived; once a cycle.
    pub fn settle(&mut self, now: u64) {
        while let Some(&(cycle, load)) = self.returning.front() {
            if cycle > now {
                break;
            }
            self.returning.pop_front();
            let (headers, data) = &mut self.credits[pool(load.class)];
            *headers += 1;
            *data += load.data_credits;
        }
    }

    /// Whether the receiver has room.
    pub fn has_credits(&self, load: Load) -> bool {
        let (headers, data) = self.credits[pool(load.class)];
        headers > 0 && data >= load.data_credits
    }

    /// Sends; the caller has asked [`Self::is_free`] and [`Self::has_credits`].
    pub fn send(&mut self, now: u64, load: Load, item: T) {
        self.borrow(load);
        let bytes = wire_bytes(u64::from(load.tlp_bytes));
        self.sent_bytes += bytes;
        let bits = u128::from(bytes) << 32;
        let duration_q16 = (bits / u128::from(self.rate_q16)) as u64;
        self.free_q16 = self.free_q16.max(now << 16) + duration_q16;
        self.sent_q16 = self.free_q16;
        let arrival = self.free_q16.div_ceil(1 << 16) + self.latency_cycles;
        self.flying.push_back((arrival, item));
    }

    /// Takes the receiver's buffers of a TLP that did not come over the wire; it is released like others.
    pub fn borrow(&mut self, load: Load) {
        let (headers, data) = &mut self.credits[pool(load.class)];
        *headers = headers.saturating_sub(1);
        *data = data.saturating_sub(load.data_credits);
    }

    /// Bytes that the sender's end has put out so far, with framing: in no stretch of time
    /// more than the rate allows. A stall delays what comes behind it, not what is on its way.
    pub fn carried_bytes(&self, now: u64) -> u64 {
        let ahead_q16 = u128::from(self.sent_q16.saturating_sub(now << 16));
        let ahead_bytes = (ahead_q16 * u128::from(self.rate_q16)).div_ceil(1 << 32);
        let ahead_bytes = u64::try_from(ahead_bytes).unwrap_or(u64::MAX);
        self.sent_bytes.saturating_sub(ahead_bytes)
    }

    /// Nothing starts before this many cycles have passed.
    pub fn stall(&mut self, now: u64, cycles: u64) {
        self.free_q16 = self.free_q16.max((now + cycles) << 16);
    }

    /// A TLP that has arrived.
    pub fn receive(&mut self, now: u64) -> Option<T> {
        if self.flying.front()?.0 > now {
            return None;
        }
        self.flying.pop_front().map(|(_, item)| item)
    }

    /// The receiver has given the buffers of a TLP free.
    pub fn release(&mut self, now: u64, load: Load) {
        self.returning
            .push_back((now + self.credit_return_cycles, load));
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.flying.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_parse_and_errors_name_the_value() {
        let speed: LinkSpeed = "gen2x1".parse().unwrap();
        assert_eq!(
            (speed.to_string(), speed.bytes_per_second()),
            ("gen2x1".into(), 500_000_000)
        );
        assert_eq!(
            "gen3x8".parse::<LinkSpeed>().unwrap().bytes_per_second(),
            8 * 984_615_384
        );
        assert_eq!(
            "gen1x4".parse::<LinkSpeed>().unwrap().bytes_per_second(),
            1_000_000_000
        );
        assert_eq!("gen9x1".parse::<LinkSpeed>(), Err(LinkError::Generation(9)));
        assert_eq!("gen1x3".parse::<LinkSpeed>(), Err(LinkError::Lanes(3)));
        for text in ["", "gen2", "2x1", "gen2x", "genx1", "gen-1x1", "gen2x1 "] {
            let error = text.parse::<LinkSpeed>().unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn the_wire_carries_its_rate() {
        for (text, clock_hz) in [
            ("gen1x1", 125_000_000),
            ("gen2x1", 125_000_000),
            ("gen3x4", 250_000_000),
        ] {
            let config = LinkConfig {
                speed: text.parse().unwrap(),
                ..LinkConfig::default()
            };
            let mut wire = Wire::new(&config, &Credits::default(), clock_hz);
            let load = Load::new(Class::Completion, 12 + 64, 64);
            let (mut sent, cycles) = (0_u64, 100_000);
            for now in 0..cycles {
                wire.settle(now);
                while wire.is_free(now) && wire.has_credits(load) {
                    wire.send(now, load, ());
                    sent += 1;
                }
                while wire.receive(now).is_some() {
                    wire.release(now, load);
                }
            }
            let reached = sent as f64 * 64.0 / cycles as f64;
            let expected = config.speed.payload_bytes_per_cycle(clock_hz, 12, 64);
            assert!(
                (reached / expected - 1.0).abs() < 0.01,
                "{text}: {reached} of {expected} bytes a cycle"
            );
        }
    }

    #[test]
    fn what_is_not_yet_on_the_wire_is_not_carried() {
        let mut wire = Wire::new(&LinkConfig::default(), &Credits::default(), 125_000_000);
        // 92 bytes at 4 bytes a cycle: 23 cycles.
        wire.send(100, Load::new(Class::Posted, 16 + 64, 64), ());
        let carried =
            |wire: &Wire<()>| [100, 110, 122, 123, 500].map(|now| wire.carried_bytes(now));
        assert_eq!(carried(&wire), [0, 40, 88, 92, 92]);
        wire.stall(105, 1000);
        assert_eq!(carried(&wire), [0, 40, 88, 92, 92]);
    }

    #[test]
    fn credits_run_out_and_come_back_after_the_delay() {
        let config = LinkConfig::default();
        let credits = Credits {
            posted: (2, 100),
            ..Credits::default()
        };
        let mut wire = Wire::new(&config, &credits, 125_000_000);
        let load = Load::new(Class::Posted, 16 + 64, 64);
        wire.send(0, load, 1);
        wire.send(0, load, 2);
        assert!(!wire.has_credits(load));
        assert!(wire.has_credits(Load::new(Class::Completion, 12, 0)));
        wire.release(100, load);
        wire.settle(100 + config.credit_return_cycles - 1);
        assert!(!wire.has_credits(load));
        wire.settle(100 + config.credit_return_cycles);
        assert!(wire.has_credits(load));
        // 92 bytes at 4 bytes a cycle: 23 cycles, then the latency.
        assert_eq!(wire.receive(23 + config.latency_cycles - 1), None);
        assert_eq!(wire.receive(23 + config.latency_cycles), Some(1));
        assert_eq!(wire.receive(23 + config.latency_cycles), None);
    }

    #[test]
    fn buffers_too_small_for_a_tlp_are_refused() {
        let mut config = LinkConfig::default();
        assert_eq!(config.check(256), Ok(()));
        for bytes in [0, 64, 200, 8192] {
            assert_eq!(config.check(bytes), Err(LinkError::MaxPayload(bytes)));
        }
        config.card_credits.completion.1 = 15;
        assert!(matches!(
            config.check(256),
            Err(LinkError::Credits {
                class: Class::Completion,
                credits: 15,
                ..
            })
        ));
    }
}
