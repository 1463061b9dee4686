//! TLPs on a stream of beats: the serializer and the reassembler.

use crate::ports::{BEAT_DW, Beat};
use crate::tlp::{MAX_HEADER_DW, MAX_LENGTH_DW};
use thiserror::Error;

/// Mask of a full beat's keep.
pub const KEEP_ALL: u8 = ((1_u16 << BEAT_DW) - 1) as u8;
/// More DWs than any TLP has.
const MAX_TLP_DW: usize = MAX_HEADER_DW + MAX_LENGTH_DW + 1;

/// A stream that is no sequence of TLPs.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum StreamError {
    /// A beat before the last one is not full, or the DWs of the last one have a hole.
    #[error("keep is {keep:#b} in beat {beat} of a TLP (last: {last})")]
    Keep {
        /// Keep of the beat.
        keep: u8,
        /// Index of the beat in its TLP.
        beat: usize,
        /// Whether it was the last beat.
        last: bool,
    },
    /// A TLP ended inside its header or before its payload was there.
    #[error("a TLP ended after {dws} DWs, but its header announces {expected}")]
    Short {
        /// DWs that came.
        dws: usize,
        /// DWs by fmt and the length field.
        expected: usize,
    },
    /// A TLP went on behind the end of its payload.
    #[error("a TLP has {dws} DWs or more, but its header announces {expected}")]
    Long {
        /// DWs that came.
        dws: usize,
        /// DWs by fmt and the length field.
        expected: usize,
    },
}

/// DWs of a TLP by its first DW: header, payload and digest.
pub fn announced_dw(dw0: u32) -> usize {
    let header = if dw0 >> 29 & 1 == 0 { 3 } else { 4 };
    let payload = match (dw0 >> 30 & 1, (dw0 & 0x3ff) as usize) {
        (0, _) => 0,
        (_, 0) => MAX_LENGTH_DW,
        (_, length) => length,
    };
    header + payload + (dw0 >> 15 & 1) as usize
}

/// The beat that starts at DW `first` of a TLP; `None` behind its end.
pub fn beat(dws: &[u32], first: usize) -> Option<Beat> {
    let rest = dws.get(first..).filter(|rest| !rest.is_empty())?;
    let count = rest.len().min(BEAT_DW);
    let mut beat = Beat {
        keep: KEEP_ALL >> (BEAT_DW - count),
        last: rest.len() <= BEAT_DW,
        ..Beat::default()
    };
    beat.dw[..count].copy_from_slice(&rest[..count]);
    Some(beat)
}

/// The beats of a TLP.
pub fn beats(dws: &[u32]) -> impl Iterator<Item = Beat> + '_ {
    (0..dws.len())
        .step_by(BEAT_DW)
        .filter_map(|first| beat(dws, first))
}

/// Puts the beats of a stream together to TLPs, in bounded memory.
#[derive(Clone, Debug, Default)]
pub struct Reassembler {
    dws: Vec<u32>,
    beats: usize,
    error: Option<StreamError>,
}

impl Reassembler {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a TLP has begun and not ended.
    pub fn is_inside(&self) -> bool {
        self.beats > 0
    }

    /// Takes a beat. The last one of a TLP gives its DWs, or the first error found in it.
    pub fn push(&mut self, beat: &Beat) -> Option<Result<Vec<u32>, StreamError>> {
        let contiguous =
            beat.keep != 0 && beat.keep & (beat.keep + 1) == 0 && beat.keep <= KEEP_ALL;
        if !contiguous || (!beat.last && beat.keep != KEEP_ALL) {
            self.fail(StreamError::Keep {
                keep: beat.keep,
                beat: self.beats,
                last: beat.last,
            });
        }
        self.beats += 1;
        if self.error.is_none() {
            let count = beat.keep.count_ones() as usize;
            if self.dws.is_empty() {
                // Room for the whole TLP at once; a header cannot announce more than the most.
                self.dws.reserve_exact(announced_dw(beat.dw[0]) + BEAT_DW);
            }
            self.dws.extend_from_slice(&beat.dw[..count]);
            let expected = announced_dw(self.dws[0]);
            if self.dws.len() > expected.min(MAX_TLP_DW) {
                self.fail(StreamError::Long {
                    dws: self.dws.len(),
                    expected,
                });
            }
        }
        if !beat.last {
            return None;
        }
        self.beats = 0;
        let dws = std::mem::take(&mut self.dws);
        if let Some(error) = self.error.take() {
            return Some(Err(error));
        }
        let expected = announced_dw(dws[0]);
        Some(if dws.len() < expected {
            Err(StreamError::Short {
                dws: dws.len(),
                expected,
            })
        } else {
            Ok(dws)
        })
    }

    /// Keeps the first error; the rest of the TLP is skipped.
    fn fail(&mut self, error: StreamError) {
        self.error.get_or_insert(error);
        self.dws.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::tlp::Tlp;

    #[test]
    fn beats_have_dw0_in_the_low_lane() {
        let list: Vec<Beat> = beats(&[1, 2, 3]).collect();
        assert_eq!(
            list,
            [
                Beat {
                    dw: [1, 2],
                    keep: 0b11,
                    last: false
                },
                Beat {
                    dw: [3, 0],
                    keep: 0b01,
                    last: true
                }
            ]
        );
    }

    #[test]
    fn prop_streams_round_trip() {
        let seed = Seed(3);
        let mut random = seed.stream();
        let mut reassembler = Reassembler::new();
        for round in 0..500 {
            let mut data = vec![0; random.within(1..=256) as usize];
            random.fill(&mut data);
            let dws = Tlp::memory_write(1, 2, 0x1000 + random.below(64), &data)
                .unwrap()
                .to_dws();
            let mut whole = None;
            for beat in beats(&dws) {
                assert!(whole.is_none());
                whole = reassembler.push(&beat);
            }
            assert_eq!(whole, Some(Ok(dws)), "seed {seed}, round {round}");
            assert!(!reassembler.is_inside());
        }
    }

    #[test]
    fn broken_streams_are_refused_and_skipped() {
        let good = Tlp::memory_write(1, 2, 0x1000, &[1, 2, 3, 4])
            .unwrap()
            .to_dws();
        let full = |dw, last| Beat {
            dw,
            keep: KEEP_ALL,
            last,
        };
        let mut reassembler = Reassembler::new();
        let cases: [(Vec<Beat>, StreamError); 5] = [
            (
                vec![
                    Beat {
                        dw: [good[0], 0],
                        keep: 0b01,
                        last: false,
                    },
                    full([0, 0], true),
                ],
                StreamError::Keep {
                    keep: 1,
                    beat: 0,
                    last: false,
                },
            ),
            (
                vec![
                    full([good[0], 0], false),
                    Beat {
                        dw: [0, 0],
                        keep: 0b10,
                        last: true,
                    },
                ],
                StreamError::Keep {
                    keep: 2,
                    beat: 1,
                    last: true,
                },
            ),
            (
                vec![Beat {
                    dw: [0, 0],
                    keep: 0,
                    last: true,
                }],
                StreamError::Keep {
                    keep: 0,
                    beat: 0,
                    last: true,
                },
            ),
            (
                vec![full([good[0], 0], true)],
                StreamError::Short {
                    dws: 2,
                    expected: 4,
                },
            ),
            (
                vec![
                    full([good[0], 0], false),
                    full([0, 0], false),
                    full([0, 0], true),
                ],
                StreamError::Long {
                    dws: 6,
                    expected: 4,
                },
            ),
        ];
        for (list, error) in cases {
            let mut end = None;
            for beat in &list {
                end = reassembler.push(beat);
            }
            assert_eq!(end, Some(Err(error)));
            let recovered = beats(&good)
                .filter_map(|beat| reassembler.push(&beat))
                .last();
            assert_eq!(recovered, Some(Ok(good.clone())));
        }
    }

    #[test]
    fn a_stream_without_end_needs_no_memory() {
        let mut reassembler = Reassembler::new();
        for _ in 0..100_000 {
            assert_eq!(
                reassembler.push(&Beat {
                    dw: [0x4000_0000; BEAT_DW],
                    keep: KEEP_ALL,
                    last: false
                }),
                None
            );
        }
        assert!(reassembler.dws.capacity() < 4 * MAX_TLP_DW);
    }
}
