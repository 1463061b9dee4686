//! Invalid streams: every one is found and ends in ERROR with its reason (rule E15).

use crate::model::{CONFIG_HASH, DEVICE_TYPE, Random, Rig, SeedOnPanic};
use crate::streams::crc32c;
use slackwater_regs::state::{self, Outcome, Reason};
use slackwater_regs::stream::{
    HEADER_WORDS, KIND_STATE, KIND_TRAILER, MAGIC, MAX_PAYLOAD_WORDS, OPTIONAL, VERSION,
};

/// State words of the device that most tests use: two blocks, the last one short.
const WORDS: u32 = 100;

/// Loads the stream; it must end in ERROR. Hands back the reason.
fn refused(rig: &mut Rig, stream: &[u32], what: &str) -> Reason {
    let answer = rig.load(stream, 1024);
    assert_eq!(answer.outcome, Outcome::Error, "{what} was taken");
    assert_eq!(answer.state, state::ERROR, "{what}");
    rig.reset();
    let reason = answer.reason.unwrap_or(Reason::None);
    assert!(
        reason as u32 >= Reason::StreamHeader as u32,
        "{what}: {reason:?}"
    );
    reason
}

fn source(words: u32, seed: u64) -> Vec<u32> {
    Rig::new(words, seed).save()
}

/// Header and records of a stream.
fn split(stream: &[u32]) -> (Vec<u32>, Vec<Vec<u32>>) {
    let (header, mut rest) = stream.split_at(HEADER_WORDS as usize);
    let mut records = Vec::new();
    while !rest.is_empty() {
        let (record, after) = rest.split_at(rest[2] as usize + 4);
        records.push(record.to_vec());
        rest = after;
    }
    (header.to_vec(), records)
}

fn join(header: &[u32], records: &[Vec<u32>]) -> Vec<u32> {
    header
        .iter()
        .chain(records.iter().flatten())
        .copied()
        .collect()
}

/// Makes streams with right checksums and any content.
struct Builder {
    words: Vec<u32>,
    /// The words but the checksums.
    fields: Vec<u32>,
    sequence: u32,
}

impl Builder {
    fn new(fields: [u32; 5]) -> Self {
        let mut words = fields.to_vec();
        words.push(crc32c(&fields));
        Self {
            words,
            fields: fields.to_vec(),
            sequence: 0,
        }
    }

    fn standard() -> Self {
        Self::new([MAGIC, VERSION, DEVICE_TYPE, CONFIG_HASH, WORDS])
    }

    fn record(mut self, kind: u32, payload: &[u32]) -> Self {
        let mut record = vec![kind, self.sequence, payload.len() as u32];
        record.extend_from_slice(payload);
        self.fields.extend_from_slice(&record);
        record.push(crc32c(&record));
        self.words.extend(record);
        self.sequence += 1;
        self
    }

    /// STATE: from a word on, so many words of that value.
    fn state(self, index: u32, words: u32, value: u32) -> Self {
        let mut payload = vec![index];
        payload.resize(words as usize + 1, value);
        self.record(KIND_STATE, &payload)
    }

    fn trailer(self) -> Vec<u32> {
        let payload = [4 * self.words.len() as u32, crc32c(&self.fields)];
        self.record(KIND_TRAILER, &payload).words
    }
}

#[test]
fn conformance_e15_every_single_flipped_bit_is_found() {
    let stream = source(WORDS, 1);
    let mut rig = Rig::new(WORDS, 2);
    for word in 0..stream.len() {
        for bit in 0..32 {
            let mut bad = stream.clone();
            bad[word] ^= 1 << bit;
            refused(&mut rig, &bad, &format!("word {word} bit {bit} flipped"));
        }
    }
}

#[test]
fn conformance_e15_flipped_bits_of_a_large_stream_are_found() {
    let seed = 0x51ac;
    let _seed = SeedOnPanic(seed);
    let mut random = Random(seed);
    let stream = source(4160, 1);
    let mut rig = Rig::new(4160, 2);
    for _ in 0..2000 {
        let mut bad = stream.clone();
        for _ in 0..=random.below(3) {
            let word = random.below(stream.len() as u32) as usize;
            bad[word] ^= 1 << random.below(32);
        }
        if bad != stream {
            refused(&mut rig, &bad, "flipped bits");
        }
    }
}

#[test]
fn conformance_e15_truncation_at_every_word_is_found() {
    let stream = source(WORDS, 1);
    let mut rig = Rig::new(WORDS, 2);
    for words in 0..stream.len() {
        let reason = refused(&mut rig, &stream[..words], &format!("{words} words"));
        assert_eq!(reason, Reason::StreamTruncated);
    }
}

#[test]
fn conformance_e15_words_lost_repeated_or_moved_are_found() {
    let seed = 0x0dd;
    let _seed = SeedOnPanic(seed);
    let mut random = Random(seed);
    let stream = source(WORDS, 1);
    let mut rig = Rig::new(WORDS, 2);
    for at in 0..stream.len() {
        let mut lost = stream.clone();
        lost.remove(at);
        refused(&mut rig, &lost, &format!("word {at} lost"));
        let mut repeated = stream.clone();
        repeated.insert(at, stream[at]);
        refused(&mut rig, &repeated, &format!("word {at} repeated"));
        let mut moved = stream.clone();
        moved.swap(at, random.below(stream.len() as u32) as usize);
        if moved != stream {
            refused(&mut rig, &moved, &format!("word {at} moved"));
        }
    }
}

#[test]
fn conformance_e15_records_lost_repeated_or_moved_are_found() {
    let (header, records) = split(&source(4160, 1));
    let mut rig = Rig::new(4160, 2);
    for i in 0..records.len() - 1 {
        let mut lost = records.clone();
        lost.remove(i);
        let reason = refused(&mut rig, &join(&header, &lost), "record lost");
        assert_eq!(reason, Reason::StreamSequence);
        let mut repeated = records.clone();
        repeated.insert(i, records[i].clone());
        let reason = refused(&mut rig, &join(&header, &repeated), "record repeated");
        assert_eq!(reason, Reason::StreamSequence);
        let mut swapped = records.clone();
        swapped.swap(i, i + 1);
        let reason = refused(&mut rig, &join(&header, &swapped), "records swapped");
        assert_eq!(reason, Reason::StreamSequence);
    }
}

#[test]
fn conformance_e15_a_record_of_another_stream_is_found() {
    let (header, records) = split(&source(4160, 1));
    let (_, others) = split(&source(4160, 3));
    let mut rig = Rig::new(4160, 2);
    for i in 0..records.len() {
        let mut spliced = records.clone();
        spliced[i] = others[i].clone();
        let reason = refused(&mut rig, &join(&header, &spliced), "record spliced");
        assert_eq!(reason, Reason::StreamTrailer);
    }
}

#[test]
fn conformance_e15_what_comes_after_the_trailer_is_found() {
    let stream = source(WORDS, 1);
    let mut rig = Rig::new(WORDS, 2);
    let mut longer = stream.clone();
    longer.push(0);
    assert_eq!(refused(&mut rig, &longer, "a word"), Reason::StreamTrailing);
    let twice = [stream.clone(), stream].concat();
    assert_eq!(
        refused(&mut rig, &twice, "a stream"),
        Reason::StreamTrailing
    );
}

#[test]
fn streams_of_other_devices_and_formats_are_refused() {
    let fields = [MAGIC, VERSION, DEVICE_TYPE, CONFIG_HASH, WORDS];
    let reasons = [
        Reason::StreamHeader,
        Reason::StreamVersion,
        Reason::StreamDeviceType,
        Reason::StreamConfig,
        Reason::StreamConfig,
    ];
    let mut rig = Rig::new(WORDS, 2);
    for (i, reason) in reasons.into_iter().enumerate() {
        let mut other = fields;
        other[i] += 1;
        let stream = Builder::new(other).state(0, WORDS, 0).trailer();
        assert_eq!(refused(&mut rig, &stream, "another header"), reason);
    }
}

#[test]
fn unknown_optional_records_are_skipped_and_mandatory_ones_refused() {
    let long = vec![7; MAX_PAYLOAD_WORDS as usize];
    for payload in [&[][..], &[1, 2, 3], &long] {
        let with = |kind: u32| {
            Builder::standard()
                .record(kind, payload)
                .state(0, WORDS, 0xabcd)
                .record(kind, payload)
                .trailer()
        };
        let mut rig = Rig::new(WORDS, 2);
        let answer = rig.load(&with(OPTIONAL | 0x77), 1024);
        assert_eq!(answer.outcome, Outcome::Succeeded, "{answer:?}");
        assert_eq!(rig.card.borrow().state_words, [0xabcd; WORDS as usize]);
        let mut rig = Rig::new(WORDS, 2);
        let reason = refused(&mut rig, &with(0x77), "a mandatory record");
        assert_eq!(reason, Reason::StreamUnknownRecord);
        // A flag that nobody knows is not skipped either.
        let reason = refused(&mut rig, &with(OPTIONAL | 1 << 30 | 0x77), "a flag");
        assert_eq!(reason, Reason::StreamUnknownRecord);
    }
}

#[test]
fn impossible_lengths_and_targets_are_refused_before_a_word_is_written() {
    let state = |index, words| Builder::standard().state(index, words, 0xbad).trailer();
    let cases = [
        (
            "empty",
            Builder::standard().record(KIND_STATE, &[0]).trailer(),
        ),
        (
            "no index",
            Builder::standard().record(KIND_STATE, &[]).trailer(),
        ),
        ("past the end", state(64, 37)),
        ("outside", state(128, 64)),
        ("wraps", state(u32::MAX - 63, 64)),
        ("unaligned", state(1, 64)),
        ("begins in a block", state(1, 63)),
        ("begins in the last block", state(65, 35)),
        ("part of a block", state(0, 63)),
        (
            "too long",
            Builder::standard().record(KIND_STATE, &[0; 1025]).trailer(),
        ),
        (
            "optional, too long",
            Builder::standard()
                .record(OPTIONAL | 9, &[0; 1025])
                .trailer(),
        ),
        (
            "long trailer",
            Builder::standard().record(KIND_TRAILER, &[0; 3]).words,
        ),
        (
            "short trailer",
            Builder::standard().record(KIND_TRAILER, &[0]).words,
        ),
    ];
    for (what, stream) in cases {
        let mut rig = Rig::new(WORDS, 2);
        assert_eq!(
            refused(&mut rig, &stream, what),
            Reason::StreamLength,
            "{what}"
        );
        let card = rig.card.borrow();
        assert!(!card.state_words.contains(&0xbad), "{what}");
    }
}

#[test]
fn a_trailer_that_does_not_fit_or_comes_too_early_is_refused() {
    let mut rig = Rig::new(WORDS, 2);
    let whole = || Builder::standard().state(0, WORDS, 1);
    let good = whole();
    let (bytes, crc) = (4 * good.words.len() as u32, crc32c(&good.fields));
    for payload in [[bytes + 4, crc], [bytes, crc ^ 1], [0, 0]] {
        let stream = whole().record(KIND_TRAILER, &payload).words;
        assert_eq!(refused(&mut rig, &stream, "trailer"), Reason::StreamTrailer);
    }
    for (index, words) in [(0, 64), (64, 36)] {
        let stream = Builder::standard().state(index, words, 1).trailer();
        assert_eq!(
            refused(&mut rig, &stream, "a part"),
            Reason::StreamIncomplete
        );
    }
    let both = Builder::standard()
        .state(64, 36, 1)
        .state(0, 64, 2)
        .trailer();
    assert_eq!(rig.load(&both, 1024).outcome, Outcome::Succeeded);
}

/// Anything at all: no panic, and no success.
#[test]
fn prop_random_words_are_refused() {
    for seed in 0..300 {
        let _seed = SeedOnPanic(seed);
        let mut random = Random(seed);
        let (header, _) = split(&source(WORDS, 1));
        let mut stream = if seed % 2 == 0 { header } else { Vec::new() };
        for _ in 0..random.below(200) {
            // Small numbers are likelier to mean something.
            let shift = random.below(32);
            stream.push(random.word() >> shift);
        }
        refused(&mut Rig::new(WORDS, 2), &stream, "random words");
    }
}
