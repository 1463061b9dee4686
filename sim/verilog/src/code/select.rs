//! What selections ask for.
//!
//! A *selector* is a word that conditions compare with constants, as states are,
//! or a condition itself. Its *cases* are the constants, one bit each in a set of
//! cases, and one more bit for all other values. All that is known in a branch is
//! which cases of which selectors are possible there.

use super::graph::{Graph, NodeHasher};
use crate::words::{Op, Word};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// A set of cases of one selector.
pub(super) type Cases = u64;

/// The case of all values that no condition compares with.
pub(super) const OTHER: Cases = 1 << 63;

/// Index of a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Selector(pub u32);

/// All selectors of a graph.
#[derive(Debug, Default)]
pub(super) struct Selectors {
    /// The word of each, and what it is compared with.
    list: Vec<(Word, Vec<u64>)>,
    /// Selector and case of each condition.
    conditions: Vec<Option<(Selector, Cases)>>,
}

impl Selectors {
    /// Finds the selectors of all selections, and of `more` conditions.
    pub fn new(graph: &Graph, more: impl Iterator<Item = Word>) -> Self {
        let mut selectors = Self {
            list: Vec::new(),
            conditions: vec![None; graph.len()],
        };
        let mut by_word: HashMap<Word, Selector, BuildHasherDefault<NodeHasher>> =
            HashMap::default();
        let words = (0..graph.len() as u32).map(Word);
        for word in words.clone().filter(|word| graph.width(*word) == 1) {
            let found = match graph.op(word) {
                Op::Equal(on, constant) if graph.value(constant).is_some() => {
                    let next = Selector(selectors.list.len() as u32);
                    let selector = *by_word.entry(on).or_insert(next);
                    if selector == next {
                        selectors.list.push((on, Vec::new()));
                    }
                    let values = &mut selectors.list[selector.0 as usize].1;
                    let value = graph.value(constant).unwrap_or(0);
                    (values.len() < 63).then(|| {
                        values.push(value);
                        (selector, 1 << (values.len() - 1))
                    })
                }
                op => selectors.combined(graph, op),
            };
            selectors.conditions[word.0 as usize] = found;
        }
        let selections = words.filter_map(|word| match graph.op(word) {
            Op::Select(condition, ..) => Some(condition),
            _ => None,
        });
        for condition in selections.chain(more) {
            let entry = &mut selectors.conditions[condition.0 as usize];
            if entry.is_none() {
                *entry = Some((Selector(selectors.list.len() as u32), 1));
                selectors.list.push((condition, vec![1]));
            }
        }
        // Only now all cases are known, which the complement of a set needs.
        let mut conditions = std::mem::take(&mut selectors.conditions);
        for (selector, cases) in conditions.iter_mut().flatten() {
            *cases &= selectors.all(*selector);
        }
        selectors.conditions = conditions;
        selectors
    }

    /// Cases of a condition that is made of conditions on one selector.
    fn combined(&self, graph: &Graph, op: Op) -> Option<(Selector, Cases)> {
        let set = |word: Word| match graph.value(word) {
            Some(0) => Some((None, 0)),
            Some(_) => Some((None, Cases::MAX)),
            None => self.conditions[word.0 as usize].map(|(of, cases)| (Some(of), cases)),
        };
        let (a, b, combine): (_, _, fn(Cases, Cases) -> Cases) = match op {
            Op::Not(a) => (a, a, |a, _| !a),
            Op::And(a, b) => (a, b, |a, b| a & b),
            Op::Or(a, b) => (a, b, |a, b| a | b),
            Op::Select(c, a, b) => {
                let ((of, c), (of_a, a), (of_b, b)) = (set(c)?, set(a)?, set(b)?);
                let of = of?;
                let same = |other: Option<Selector>| other.is_none_or(|other| other == of);
                return (same(of_a) && same(of_b)).then_some((of, c & a | !c & b));
            }
            _ => return None,
        };
        let ((of, a), (of_b, b)) = (set(a)?, set(b)?);
        (of? == of_b?).then(|| (of.unwrap_or(Selector(0)), combine(a, b)))
    }

    /// Selector and case that a condition asks for.
    pub fn condition(&self, condition: Word) -> Option<(Selector, Cases)> {
        self.conditions[condition.0 as usize]
    }

    /// The word that selects.
    pub fn word(&self, selector: Selector) -> Word {
        self.list[selector.0 as usize].0
    }

    /// Value of a case other than [`OTHER`].
    pub fn value(&self, selector: Selector, case: Cases) -> u64 {
        self.list[selector.0 as usize].1[case.trailing_zeros() as usize]
    }

    /// The case of a value.
    pub fn case(&self, selector: Selector, value: u64) -> Cases {
        let values = &self.list[selector.0 as usize].1;
        values
            .iter()
            .position(|other| *other == value)
            .map_or(OTHER, |index| 1 << index)
    }

    /// All cases.
    pub fn all(&self, selector: Selector) -> Cases {
        ((1 << self.list[selector.0 as usize].1.len()) - 1) | OTHER
    }

    /// Number of selectors.
    pub fn len(&self) -> usize {
        self.list.len()
    }
}
