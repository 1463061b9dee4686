//! Tests of the ordering rules and of the queue that uses them.

use super::*;
use crate::seed::Seed;

const CLASSES: [Class; 4] = [
    Class::Posted,
    Class::Read,
    Class::NonPostedWithData,
    Class::Completion,
];

/// The rules once more, written from the table row by row, to check the code against.
fn table(later: &OrderKey, earlier: &OrderKey) -> bool {
    let ro = later.attributes.relaxed_ordering;
    let ido = later.attributes.id_based_ordering && later.sender_id != earlier.sender_id;
    match (later.class, earlier.class) {
        _ if later.traffic_class != earlier.traffic_class => true,
        (Class::Posted, Class::Posted) => ro || ido,
        (Class::Read, Class::Posted) => ido,
        (Class::NonPostedWithData, Class::Posted) => ro || ido,
        (Class::Completion, Class::Posted) => ro || ido,
        (Class::Completion, Class::Completion) => later.transaction != earlier.transaction,
        (Class::Posted | Class::Completion, _) => true,
        (Class::Read | Class::NonPostedWithData, _) => true,
    }
}

/// Every combination of class, RO, IDO, sender and transaction.
fn all_keys() -> Vec<OrderKey> {
    let mut keys = Vec::new();
    for class in CLASSES {
        for bits in 0..32_u8 {
            keys.push(OrderKey {
                class,
                attributes: Attributes {
                    relaxed_ordering: bits & 1 != 0,
                    no_snoop: false,
                    id_based_ordering: bits & 2 != 0,
                },
                traffic_class: bits >> 4 & 1,
                sender_id: 0x100 + u16::from(bits >> 2 & 1),
                transaction: if class == Class::Completion {
                    (0x200, bits >> 3 & 1)
                } else {
                    (0, 0)
                },
            });
        }
    }
    keys
}

#[test]
fn the_rules_are_those_of_the_table() {
    let keys = all_keys();
    for later in &keys {
        for earlier in &keys {
            assert_eq!(
                may_pass(later, earlier),
                table(later, earlier),
                "{later:?} past {earlier:?}"
            );
        }
    }
}

#[test]
fn prop_forbidden_passes_never_happen_and_allowed_ones_do() {
    let keys = all_keys();
    let mut passed = vec![false; keys.len() * keys.len()];
    for round in 0..6000_u64 {
        let seed = Seed(round);
        let mut random = seed.stream();
        let mut queue =
            OrderingQueue::new(OrderingConfig::ADVERSARIAL, seed.named("queue").stream());
        let mut sent: Vec<usize> = Vec::new();
        let mut received: Vec<usize> = Vec::new();
        let count = 8;
        let mut now = 0;
        while received.len() < count {
            if sent.len() < count {
                let kind = random.index(keys.len());
                queue.push(now, keys[kind], sent.len(), 0);
                sent.push(kind);
            }
            received.extend(queue.pop(now, |_| true));
            now += 1;
            assert!(now < 10_000, "seed {seed}: a TLP starves");
        }
        for (place, &first) in received.iter().enumerate() {
            for &second in &received[place + 1..] {
                if first > second {
                    let (later, earlier) = (sent[first], sent[second]);
                    assert!(
                        may_pass(&keys[later], &keys[earlier]),
                        "seed {seed}: {:?} passed {:?}",
                        keys[later],
                        keys[earlier]
                    );
                    passed[later * keys.len() + earlier] = true;
                }
            }
        }
    }
    // Every kind of pass, by class and by what allows it, was seen.
    for later in CLASSES {
        for earlier in CLASSES {
            for ro in [false, true] {
                let seen = keys.iter().enumerate().any(|(l, a)| {
                    keys.iter().enumerate().any(|(e, b)| {
                        a.class == later
                            && b.class == earlier
                            && a.attributes.relaxed_ordering == ro
                            && !a.attributes.id_based_ordering
                            && a.traffic_class == b.traffic_class
                            && passed[l * keys.len() + e]
                    })
                });
                let allowed = earlier != Class::Posted || (ro && later != Class::Read);
                assert_eq!(seen, allowed, "{later:?} past {earlier:?}, RO {ro}");
            }
        }
    }
}

fn key(class: Class) -> OrderKey {
    OrderKey {
        class,
        ..OrderKey::strict(0x100)
    }
}

/// A completion waits for a late write before it, but not for a late AtomicOp.
#[test]
fn a_late_write_holds_the_completion_behind_it() {
    for round in 0..50 {
        let random = Seed(round).stream();
        let mut queue = OrderingQueue::new(OrderingConfig::ADVERSARIAL, random);
        queue.push(0, key(Class::NonPostedWithData), "atomic", 1000);
        queue.push(0, key(Class::Posted), "write", 500);
        queue.push(0, key(Class::Completion), "completion", 0);
        let order: Vec<&str> = (0..3000)
            .filter_map(|now| queue.pop(now, |_| true))
            .collect();
        assert_eq!(order, ["write", "completion", "atomic"], "seed {round}");
    }
}

#[test]
fn nothing_starves_under_constant_overtaking() {
    let mut queue = OrderingQueue::new(OrderingConfig::ADVERSARIAL, Seed(5).stream());
    queue.push(0, key(Class::Read), true, 0);
    for now in 0..5000 {
        queue.push(now, key(Class::Posted), false, 0);
        if queue.pop(now, |_| true) == Some(true) {
            return;
        }
    }
    panic!("the read never left");
}

#[test]
fn straight_order_passes_only_what_is_not_admitted() {
    let mut queue = OrderingQueue::new(OrderingConfig::STRAIGHT, Seed(5).stream());
    queue.push(0, key(Class::Read), 0, 0);
    queue.push(0, key(Class::Posted), 1, 0);
    queue.push(0, key(Class::Completion), 2, 0);
    assert_eq!(queue.pop(0, |&n| n != 0), Some(1));
    assert_eq!(queue.pop(0, |&n| n == 9), None);
    assert_eq!(queue.pop(1, |_| true), Some(0));
    assert_eq!(queue.pop(1, |_| true), Some(2));
    assert!(queue.is_empty());
}

#[test]
fn prop_a_queue_sleeps_while_nothing_can_go_and_no_longer() {
    let seed = Seed(0x51ee);
    let mut random = seed.stream();
    let keys = all_keys();
    let mut queue = OrderingQueue::new(OrderingConfig::ADVERSARIAL, seed.named("q").stream());
    let mut slept = 0;
    for now in 0..20_000 {
        if random.chance(150_000) && queue.count() < 2 * WINDOW {
            queue.push(now, keys[random.index(keys.len())], (), 0);
        }
        let window = queue.count().min(WINDOW);
        let may_go = (0..window).any(|i| {
            let entry = &queue.entries[i];
            let mut before = queue.entries.range(..i);
            entry.ready <= now && before.all(|earlier| may_pass(&entry.key, &earlier.key))
        });
        assert!(
            queue.is_awake(now) || !may_go,
            "seed {seed}, cycle {now}: asleep"
        );
        assert_eq!(queue.clone().pop(now, |_| false), None);
        let delivered = queue.pop(now, |_| true);
        assert_eq!(delivered.is_some(), may_go, "seed {seed}, cycle {now}");
        if delivered.is_none() {
            assert!(!queue.is_awake(now), "seed {seed}, cycle {now}: awake");
            slept += u64::from(!queue.is_empty());
        }
    }
    assert!(slept > 5000, "slept {slept} cycles only");
}

#[test]
fn what_is_not_admitted_stays_awake() {
    let mut queue = OrderingQueue::new(OrderingConfig::STRAIGHT, Seed(1).stream());
    queue.push(0, key(Class::Posted), 1, 0);
    assert_eq!(queue.pop(5, |_| false), None);
    assert!(queue.is_awake(6));
    assert_eq!(queue.pop(6, |_| true), Some(1));
}
