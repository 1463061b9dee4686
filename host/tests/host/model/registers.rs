//! The registers of the model card, its commands, and its stream.

use super::{ACCESS_NS, Card, Did, Machine, STATE_WORDS};
use slackwater_host::function::AccessError;
use slackwater_regs::bar2::{self, capabilities, range_config};
use slackwater_regs::state::{self, Outcome, Reason};
use slackwater_regs::{log, window};

const STREAM_MAGIC: u32 = 0x4d4f_444c;
const TRAILER: u32 = u32::MAX;

impl Machine {
    pub fn read(&mut self, offset: u32) -> Result<u32, AccessError> {
        self.advance(ACCESS_NS);
        let lost = if (0x1000..0x2000).contains(&offset) && self.faults.lost_window_reads > 0 {
            &mut self.faults.lost_window_reads
        } else {
            &mut self.faults.lost_reads
        };
        if *lost > 0 {
            *lost -= 1;
            return Err(AccessError::Timeout {
                bar: 2,
                offset: offset.into(),
                waited_ns: 1,
            });
        }
        if self.faults.all_ones {
            return Ok(bar2::ALL_ONES);
        }
        let card = &mut self.card;
        let line_summary = |lines: std::ops::Range<usize>| {
            let set = |line: &usize| card.snapshot[line * 16..][..16].iter().any(|w| *w != 0);
            lines
                .clone()
                .filter(set)
                .map(|line| 1 << (line - lines.start))
                .sum()
        };
        Ok(match offset {
            bar2::MAGIC => card.magic,
            bar2::VERSION => card.version,
            bar2::DEVICE_TYPE => card.device_type,
            bar2::CONFIG_HASH => 0x1234_5678,
            bar2::CAPABILITIES => card.capabilities,
            bar2::STATE_WORDS => STATE_WORDS as u32,
            bar2::CLOCK_HZ => 125_000_000,
            bar2::STATE => card.state | card.state_status,
            bar2::STATE_REASON => card.reason,
            bar2::STATUS => 0,
            bar2::WATCHDOG_CYCLES => card.watchdog_cycles,
            bar2::COMPLETION_TIMEOUT_CYCLES => 1000,
            bar2::DEVICE_RESET => card.reset_register,
            bar2::PAGE_REQUESTS => card.page_requests,
            bar2::LOG_STATUS => card.log_status,
            bar2::DIRTY_COUNT => card.live.iter().map(|w| w.count_ones()).sum(),
            bar2::CHUNK_SUMMARY => (0..2)
                .filter(|c| card.live[c * 1024..][..1024].iter().any(|w| *w != 0))
                .map(|c| 1 << c)
                .sum(),
            bar2::LINE_SUMMARY_LO if self.faults.hidden_lines => 0,
            bar2::LINE_SUMMARY_LO => line_summary(0..32),
            bar2::LINE_SUMMARY_HI => line_summary(32..64),
            bar2::LOG_PAGES => card.log_pages,
            bar2::WINDOW_STATUS => card.window_status,
            bar2::INITIAL_BYTES => 0,
            bar2::DIRTY_BYTES => card.dirty_words.iter().filter(|d| **d).count() as u32 * 8,
            bar2::COUNT_MARKS => card.marks as u32,
            bar2::COUNT_OUTSIDE => card.outside,
            0x100..0x180 => card.ranges[(offset as usize - 0x100) / 16][offset as usize / 4 % 4],
            0x1000..0x2000 => {
                card.window_reads += 1;
                card.snapshot[(offset as usize - 0x1000) / 4]
            }
            0x2000..0x3000 => card.window[(offset as usize - 0x2000) / 4],
            _ => 0,
        })
    }

    pub fn write(&mut self, offset: u32, value: u32) {
        self.advance(ACCESS_NS);
        let is_command = [
            bar2::STATE_REQUEST,
            bar2::LOG_COMMAND,
            bar2::WINDOW_COMMAND,
            bar2::DEVICE_RESET,
        ]
        .contains(&offset);
        if is_command && self.faults.lost_commands > 0 {
            self.faults.lost_commands -= 1;
            return;
        }
        let new = |status: u32| value >> 24 != status >> 24;
        match offset {
            bar2::STATE_REQUEST if new(self.card.state_status) => self.request_state(value),
            bar2::LOG_COMMAND if new(self.card.log_status) => self.log_command(value),
            bar2::WINDOW_COMMAND if new(self.card.window_status) => self.window_command(value),
            bar2::DEVICE_RESET if new(self.card.reset_register) => {
                self.card.reset_register = value & 0xff00_0000;
                self.card.state = state::RUNNING;
                self.card.state_status = 0;
                self.card.words.fill(0);
                self.card.out.clear();
            }
            bar2::WATCHDOG_CYCLES => self.card.watchdog_cycles = value,
            0x100..0x180 => {
                let range = &mut self.card.ranges[(offset as usize - 0x100) / 16];
                let field = offset as usize / 4 % 4;
                if field == 3 || range[3] & range_config::ENABLE == 0 {
                    range[field] = value;
                }
            }
            0x2000..0x3000 => self.card.window[(offset as usize - 0x2000) / 4] = value,
            _ => {}
        }
    }

    fn request_state(&mut self, value: u32) {
        let to = value & 0xf;
        let sequence = value & 0xff00_0000;
        self.card.commands += 1;
        self.card.requests.push(to);
        self.journal.push(Did::State(to));
        if self.faults.silent {
            self.card.state_status = sequence | state::answer::PENDING;
            return;
        }
        if let Some(raw) = self.faults.raw_state_answer {
            self.card.state = raw & 0xf;
            self.card.state_status = sequence | raw;
            return;
        }
        let from = self.card.state;
        let planned = self.faults.state_answer.filter(|(state, ..)| *state == to);
        let (outcome, reason) = if let Some((_, outcome, reason)) = planned {
            (outcome, reason)
        } else if from == state::ERROR {
            (Outcome::Error, Reason::InError as u32)
        } else if !state::is_valid(to) {
            (Outcome::Kept, Reason::InvalidState as u32)
        } else if to & state::NDMA != 0 && self.card.capabilities & capabilities::NDMA == 0 {
            (Outcome::Kept, Reason::NoNdma as u32)
        } else if to & state::RUNNING == 0
            && from & state::RUNNING != 0
            && to & state::RESUMING == 0
            && self.card.page_requests != 0
        {
            (Outcome::Kept, Reason::PageRequests as u32)
        } else if from & state::RESUMING != 0 && to & state::RESUMING == 0 {
            match self.card.load() {
                Ok(()) => (Outcome::Succeeded, 0),
                Err(reason) => (Outcome::Error, reason as u32),
            }
        } else {
            (Outcome::Succeeded, 0)
        };
        self.card.reason = reason;
        self.card.state_status = sequence | (outcome as u32) << state::answer::OUTCOME_SHIFT;
        match outcome {
            Outcome::Error => self.card.state = state::ERROR,
            Outcome::Succeeded => {
                self.card.state = to;
                self.card.enter(from, to);
            }
            Outcome::Kept | Outcome::None => {}
        }
    }

    fn log_command(&mut self, value: u32) {
        let card = &mut self.card;
        if card.log_status & log::status::BUSY != 0 {
            return;
        }
        card.commands += 1;
        match value & 0xf {
            1 => self.journal.push(Did::Tracking(true)),
            2 => self.journal.push(Did::Tracking(false)),
            3 => self.journal.push(Did::Snapshot(card.state)),
            _ => {}
        }
        let chunk = value >> 8 & 31;
        let held = card.log_status & log::status::HELD != 0;
        let mut set = card.log_status & (log::status::TRACKING | log::status::INCOMPLETE);
        let mut outcome = log::Outcome::Ok;
        let mut now_held = held;
        match value & 0xf {
            1 => {
                card.live.fill(0);
                set = log::status::TRACKING;
                now_held = false;
            }
            2 => set &= !log::status::TRACKING,
            3 if held => outcome = log::Outcome::Held,
            3 => {
                card.snapshot = card.chunk_mut(chunk).to_vec();
                if card.capabilities & capabilities::ATOMIC_CLEAR != 0 {
                    card.chunk_mut(chunk).fill(0);
                } else {
                    card.clear_later = Some(chunk);
                }
                card.held_chunk = chunk;
                now_held = true;
            }
            4 if held => outcome = log::Outcome::Held,
            4 => card.snapshot = card.chunk_mut(chunk).to_vec(),
            5 | 6 if !held => outcome = log::Outcome::NotHeld,
            5 => {
                let snapshot = card.snapshot.clone();
                let live = card.chunk_mut(card.held_chunk);
                live.iter_mut()
                    .zip(snapshot)
                    .for_each(|(to, from)| *to |= from);
                now_held = false;
            }
            6 => now_held = false,
            _ => outcome = log::Outcome::UnknownOperation,
        }
        card.log_status = value & 0xff00_0000
            | set
            | outcome as u32
            | log::status::BUSY
            | if now_held { log::status::HELD } else { 0 };
        card.log_busy_until = self.now_ns + 3_000;
    }

    fn window_command(&mut self, value: u32) {
        self.journal.push(Did::Window);
        let sequence = value & 0xff00_0000;
        let card = &mut self.card;
        card.commands += 1;
        let mut answer = |outcome: window::Outcome, bytes: usize, end: window::EndOfStream| {
            card.window_status = sequence
                | outcome as u32
                | (bytes as u32) << window::status::BYTES_SHIFT
                | (end as u32) << window::status::END_SHIFT;
        };
        use window::{EndOfStream as End, Outcome as Window};
        match value & 0xf {
            1 if card.state & state::SAVING == 0 => answer(Window::WrongState, 0, End::No),
            1 => {
                if let Some(raw) = self.faults.raw_window_answer {
                    card.window_status = sequence | raw;
                    return;
                }
                if self.faults.empty_answers > 0 {
                    self.faults.empty_answers -= 1;
                    answer(Window::Ok, 0, End::No);
                    return;
                }
                let stopped = card.state & state::RUNNING == 0;
                let (words, end) = card.next_part(stopped, self.faults.no_trailer);
                card.window[..words.len()].copy_from_slice(&words);
                let bytes = 4 * words.len();
                card.window_status = sequence
                    | (bytes as u32) << window::status::BYTES_SHIFT
                    | (end as u32) << window::status::END_SHIFT;
            }
            2 if card.state != state::RESUMING => answer(Window::WrongState, 0, End::No),
            2 => {
                let bytes = (value >> 8 & 0x1fff) as usize;
                let first = card.into.is_empty();
                let words = card.window[..bytes / 4].to_vec();
                card.into.extend(&words);
                card.into_bad |= first && words.first() != Some(&STREAM_MAGIC);
                let bad = card.into_bad;
                let outcome = if bad { Window::InvalidData } else { Window::Ok };
                card.reason = if bad { Reason::StreamHeader as u32 } else { 0 };
                card.window_status = sequence | outcome as u32;
            }
            _ => answer(Window::UnknownOperation, 0, End::No),
        }
    }
}

impl Card {
    pub fn chunk_mut(&mut self, chunk: u32) -> &mut [u32] {
        &mut self.live[chunk as usize * 1024..][..1024]
    }

    fn enter(&mut self, from: u32, to: u32) {
        let runs_again = from & state::RUNNING == 0 && to & state::RUNNING != 0;
        if to & state::SAVING != 0 && (from & state::SAVING == 0 || runs_again) {
            self.dirty_words.fill(true);
            self.out = vec![STREAM_MAGIC];
            self.out_sum = 0;
            self.out_done = false;
        }
        if to == state::RESUMING {
            self.into.clear();
            self.into_bad = false;
            self.words.fill(0xdead_beef);
        }
    }

    /// Pairs of index and value; at the end the trailer, and a sum of all words.
    fn next_part(&mut self, stopped: bool, no_trailer: bool) -> (Vec<u32>, window::EndOfStream) {
        let internal_log = self.capabilities & capabilities::INTERNAL_LOG != 0;
        if !internal_log && !stopped {
            return (Vec::new(), window::EndOfStream::Temporary);
        }
        let mut words = std::mem::take(&mut self.out);
        for index in 0..self.words.len() {
            if words.len() + 4 > 1024 {
                self.out_sum = words
                    .iter()
                    .fold(self.out_sum, |sum, w| sum.wrapping_add(*w));
                return (words, window::EndOfStream::No);
            }
            if std::mem::take(&mut self.dirty_words[index]) {
                words.extend([index as u32, self.words[index]]);
            }
        }
        self.out_sum = words
            .iter()
            .fold(self.out_sum, |sum, w| sum.wrapping_add(*w));
        if !stopped {
            return (words, window::EndOfStream::Temporary);
        }
        if !std::mem::replace(&mut self.out_done, true) && !no_trailer {
            words.extend([TRAILER, self.out_sum]);
        }
        (words, window::EndOfStream::Final)
    }

    fn load(&mut self) -> Result<(), Reason> {
        let words = std::mem::take(&mut self.into);
        if self.into_bad || words.first() != Some(&STREAM_MAGIC) {
            return Err(Reason::StreamHeader);
        }
        let (pairs, end) = words[1..].split_at(words.len().max(3) - 3);
        let [TRAILER, sum] = end else {
            return Err(Reason::StreamTruncated);
        };
        let found = words[..words.len() - 2]
            .iter()
            .fold(0, |sum: u32, w| sum.wrapping_add(*w));
        if found != *sum {
            return Err(Reason::StreamTrailer);
        }
        for pair in pairs.chunks_exact(2) {
            *self
                .words
                .get_mut(pair[0] as usize)
                .ok_or(Reason::StreamLength)? = pair[1];
        }
        Ok(())
    }
}
