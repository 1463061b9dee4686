//! Tests of the TLP codec: literal headers, refusals, random round trips.

use super::*;
use crate::seed::Seed;

/// The DWs of real packets, written down by hand from the header figures of section 2.2.
#[test]
fn literal_headers() {
    // MRd, 3 DW header, requester 01:00.0, tag 0x2a, 32 DWs at 0xdeadb000.
    let read = Tlp::memory_read(0x0100, 0x2a, 0xdead_b000, 128).unwrap();
    assert_eq!(read.to_dws(), [0x0000_0020, 0x0100_2aff, 0xdead_b000]);
    // MRd, 4 DW header, one byte at 0x1_0000_0003.
    let byte = Tlp::memory_read(0x0100, 1, 0x1_0000_0003, 1).unwrap();
    assert_eq!(byte.to_dws(), [0x2000_0001, 0x0100_0108, 1, 0]);
    // MWr, 3 DW header, bytes 11 22 33 44 55 from 0x1002 on: enables 1100, 0111.
    let write = Tlp::memory_write(0x0200, 0, 0x1002, &[0x11, 0x22, 0x33, 0x44, 0x55]).unwrap();
    assert_eq!(
        write.to_dws(),
        [
            0x4000_0002,
            0x0200_007c,
            0x0000_1000,
            0x0000_1122,
            0x3344_5500
        ]
    );
    // MWr, 4 DW header, with RO, NS, IDO, TC 3 and EP.
    let mut write = Tlp::memory_write(0x0200, 7, 0x12_3456_7000, &[1, 2, 3, 4]).unwrap();
    write.traffic_class = 3;
    write.poisoned = true;
    write.attributes = Attributes {
        relaxed_ordering: true,
        no_snoop: true,
        id_based_ordering: true,
    };
    assert_eq!(
        write.to_dws(),
        [
            0x6034_7001,
            0x0200_070f,
            0x0000_0012,
            0x3456_7000,
            0x0102_0304
        ]
    );
    // FetchAdd, 32 bits: the operand 5 is little endian, so its lowest byte comes first.
    let add = Tlp::atomic(0x0100, 9, 0x2000, AtomicOp::FetchAdd, &[5]).unwrap();
    assert_eq!(
        add.to_dws(),
        [0x4c00_0001, 0x0100_0900, 0x2000, 0x0500_0000]
    );
    // CAS, 32 bits, 4 DW header.
    let cas = Tlp::atomic(0x0100, 9, 0x1_0000_2000, AtomicOp::CompareAndSwap, &[1, 2]).unwrap();
    assert_eq!(
        cas.to_dws(),
        [
            0x6e00_0002,
            0x0100_0900,
            1,
            0x2000,
            0x0100_0000,
            0x0200_0000
        ]
    );
    // CplD of 4 bytes, and Cpl with UR.
    let mut completion = Completion {
        completer_id: 0x0100,
        status: CompletionStatus::Successful,
        byte_count: 4,
        requester_id: 0,
        tag: 0x1f,
        lower_address: 0x24,
    };
    let data = Tlp::completion(completion, vec![0x57, 0x4b, 0x4c, 0x53]);
    assert_eq!(
        data.to_dws(),
        [0x4a00_0001, 0x0100_0004, 0x0000_1f24, 0x574b_4c53]
    );
    completion.status = CompletionStatus::UnsupportedRequest;
    completion.byte_count = 4096;
    let refused = Tlp::completion(completion, Vec::new());
    assert_eq!(refused.to_dws(), [0x0a00_0000, 0x0100_2000, 0x0000_1f24]);
}

#[test]
fn malformed_tlps_are_refused_with_their_value() {
    let cases: [(&[u32], TlpError); 12] = [
        (&[0x4000_0001, 0], TlpError::Short { dws: 2, header: 3 }),
        (
            &[0x2000_0001, 0xf, 1],
            TlpError::Short { dws: 3, header: 4 },
        ),
        (
            &[0x0200_0001, 0xf, 0],
            TlpError::UnknownType { fmt_type: 0x02 },
        ),
        (
            &[0x8000_0001, 0xf, 0],
            TlpError::UnknownType { fmt_type: 0x80 },
        ),
        (
            &[0x4000_0002, 0xff, 0, 1],
            TlpError::Length { field: 2, found: 1 },
        ),
        (
            &[0x0000_0001, 0xf, 0, 1],
            TlpError::Length { field: 0, found: 1 },
        ),
        (
            &[0x0000_0001, 0x1f, 0],
            TlpError::ByteEnables {
                first: 0xf,
                last: 1,
                length_dw: 1,
                address: 0,
            },
        ),
        (
            &[0x0000_0003, 0xf5, 0],
            TlpError::ByteEnables {
                first: 5,
                last: 0xf,
                length_dw: 3,
                address: 0,
            },
        ),
        (
            &[0x0000_0002, 0xff, 0xffc],
            TlpError::PageCrossing {
                address: 0xffc,
                length_dw: 2,
            },
        ),
        (
            &[0x2000_0001, 0xf, 0, 0x40],
            TlpError::AddressFormat { address: 0x40 },
        ),
        (&[0x0000_0801, 0xf, 0], TlpError::AddressType { at: 2 }),
        (&[0x0000_8001, 0xf, 0], TlpError::Digest),
    ];
    for (dws, error) in cases {
        assert_eq!(Tlp::from_dws(dws), Err(error), "{dws:08x?}");
    }
    assert_eq!(
        Tlp::from_dws(&[0x4c00_0003, 0, 0, 1, 2, 3]),
        Err(TlpError::Operands {
            op: AtomicOp::FetchAdd,
            length_dw: 3
        })
    );
    assert_eq!(
        Tlp::from_dws(&[0x4c00_0002, 0, 4, 1, 2]),
        Err(TlpError::Alignment {
            address: 4,
            operand_bytes: 8
        })
    );
    assert!(Tlp::memory_write(0, 0, 0xfff, &[1, 2]).is_err());
    assert!(Tlp::memory_read(0, 0, 0, 4097).is_err());
}

#[test]
fn byte_ranges_follow_the_enables() {
    for lead in 0..4_u64 {
        for bytes in 0..70 {
            let request = Request::new(0, 0, 0x1000 + lead, bytes).unwrap();
            assert_eq!(request.check(false), Ok(()), "lead {lead}, {bytes} bytes");
            let enabled = (0..request.span_bytes())
                .filter(|&i| request.enables(i))
                .count();
            assert_eq!(enabled, bytes, "lead {lead}, {bytes} bytes");
            let (address, span) = request.enabled_range();
            if bytes > 0 {
                assert_eq!((address, span), (0x1000 + lead, bytes));
            } else {
                assert_eq!(span, 1);
            }
        }
    }
    // Holes inside one DW: the range goes from the first to the last enabled byte.
    let mut holes = Request::new(0, 0, 0x1000, 4).unwrap();
    holes.first_be = 0b1010;
    assert_eq!(holes.enabled_range(), (0x1001, 3));
}

fn random_tlp(random: &mut crate::seed::Stream) -> Tlp {
    let address = if random.below(2) == 0 {
        random.bits() & 0xffff_f000
    } else {
        (random.bits() & 0xff_ffff_f000) | 1 << 40
    };
    let offset = random.below(2048);
    let bytes = random.within(1..=128) as usize;
    let id = random.bits() as u16;
    let tag = random.bits() as u8;
    let mut data = vec![0; bytes];
    random.fill(&mut data);
    let mut tlp = match random.below(4) {
        0 => Tlp::memory_read(id, tag, address + offset, bytes).unwrap(),
        1 => Tlp::memory_write(id, tag, address + offset, &data).unwrap(),
        2 => {
            let op =
                [AtomicOp::FetchAdd, AtomicOp::Swap, AtomicOp::CompareAndSwap][random.index(3)];
            let operands = [random.bits() as u32, random.bits() as u32];
            let count = if op == AtomicOp::CompareAndSwap { 2 } else { 1 };
            Tlp::atomic(id, tag, address + (offset & !3), op, &operands[..count]).unwrap()
        }
        _ => Tlp::completion(
            Completion {
                completer_id: random.bits() as u16,
                status: CompletionStatus::from_code(random.below(3) as u32),
                byte_count: random.within(1..=4096) as u16,
                requester_id: id,
                tag,
                lower_address: random.below(128) as u8,
            },
            data[..bytes / 4 * 4].to_vec(),
        ),
    };
    tlp.traffic_class = random.below(8) as u8;
    tlp.poisoned = random.below(2) == 1;
    tlp.attributes.relaxed_ordering = random.below(2) == 1;
    tlp.attributes.no_snoop = random.below(2) == 1;
    tlp.attributes.id_based_ordering = random.below(2) == 1;
    tlp
}

#[test]
fn prop_round_trip_and_no_panic_on_noise() {
    let seed = Seed(0x7109);
    let mut random = seed.stream();
    for round in 0..5000 {
        let tlp = random_tlp(&mut random);
        let mut dws = tlp.to_dws();
        assert_eq!(
            Tlp::from_dws(&dws).as_ref(),
            Ok(&tlp),
            "seed {seed}, round {round}"
        );
        // Any flipped bit gives another TLP or an error, never a panic.
        let dw = random.index(dws.len());
        dws[dw] ^= 1 << random.below(32);
        if let Ok(other) = Tlp::from_dws(&dws) {
            other.request().map(Request::enabled_range);
        }
        dws.truncate(random.index(dws.len() + 1));
        let _ = Tlp::from_dws(&dws);
    }
}
