//! What goes with a machine besides memory and devices: what its VCPUs know, and a digest of it all.

use crate::flow::{Outcomes, PAGES, assert_moved, migrate, migrate_with, options};
use crate::model::Handle;
use slackwater_host::flow::pipeline::{Digest, Message};
use slackwater_host::flow::{Fault, Phase, Rollback};

/// A busy machine whose VCPUs know something, and one that can take it.
fn machines(digests: [bool; 2]) -> [Handle; 2] {
    let handles = [Handle::busy(PAGES, 31), Handle::new(PAGES, 31)];
    for (handle, digests) in handles.iter().zip(digests) {
        handle.lock().digests = digests;
    }
    handles[0].lock().vcpu_state = vec![0xa5; 100_000];
    handles
}

fn assert_runs_on(outcomes: &Outcomes, source: &Handle) {
    let error = outcomes.save.as_ref().unwrap_err();
    assert_eq!(error.rollback, Rollback::Running, "{error}");
    let machine = source.lock();
    assert_eq!((machine.card.state, machine.vcpus), (1, true));
}

#[test]
fn what_vcpus_know_goes_with_them_and_all_is_compared() {
    // Where one of the two cannot tell, nothing was compared, which is no fault.
    for (digests, compared) in [
        ([true, true], PAGES as u64),
        ([true, false], 0),
        ([false, true], 0),
    ] {
        let [source, destination] = machines(digests);
        let outcomes = migrate(&source, &destination, &options());
        assert_moved(&outcomes, &source, &destination, 31);
        assert_eq!(destination.lock().vcpu_state, vec![0xa5; 100_000]);
        assert_eq!(outcomes.save.unwrap().compared_pages, compared);
        assert_eq!(outcomes.resume.unwrap().compared_pages, compared);
    }
}

#[test]
fn vcpus_that_cannot_be_taken_over_stay_on_the_source() {
    let [source, destination] = machines([true; 2]);
    source.lock().vcpu_state = b"odd state".to_vec();
    let outcomes = migrate(&source, &destination, &options());
    assert_runs_on(&outcomes, &source);
    let error = outcomes.resume.unwrap_err();
    let reason = "it is odd".to_owned();
    assert_eq!(error.fault, Fault::Vcpus { reason });
    assert!(!destination.lock().vcpus);
}

/// A page that never arrived, which no checksum of a page can show.
#[test]
fn conformance_g3_a_difference_is_found_before_the_source_gives_up() {
    let [source, destination] = machines([true; 2]);
    let outcomes = migrate_with(&source, &destination, &options(), |message| {
        if let Message::Pages(batch) = message {
            for record in &mut batch.pages {
                // What is to be page 77 goes elsewhere, with a checksum that fits.
                if record.page == 77 {
                    record.page = 78;
                    record.checksum = record.checksum_of_content();
                }
            }
        }
    });
    assert_runs_on(&outcomes, &source);
    let error = outcomes.resume.unwrap_err();
    assert_eq!(error.phase, Phase::Loaded);
    let Fault::Differs {
        pages,
        first_page,
        devices,
        first_device,
    } = error.fault
    else {
        panic!("{error}")
    };
    assert!((1..=2).contains(&pages), "{pages} pages");
    assert!(matches!(first_page, Some(77 | 78)), "{first_page:?}");
    assert_eq!((devices, first_device), (0, None));
}

#[test]
fn a_digest_of_more_than_there_is_ends_the_flow() {
    let [source, destination] = machines([true; 2]);
    let outcomes = migrate_with(&source, &destination, &options(), |message| {
        if let Message::Digest(Digest { pages, .. }) = message {
            pages.push(0);
        }
    });
    assert_runs_on(&outcomes, &source);
    let text = outcomes.save.unwrap_err().to_string();
    assert!(
        text.contains(&format!(
            "{} checksums of pages, the most is {PAGES}",
            PAGES + 1
        )),
        "{text}"
    );
}
