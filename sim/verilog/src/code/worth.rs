//! Which branches are worth it.

use super::plan::Straight;
use super::region::{Member, Plan, RegionId};
use super::select::Cases;

/// Cost of a branch itself, in instructions; now and then it is mispredicted.
const BRANCH: f32 = 3.0;

/// Cost of a result: it must be in one place whatever branch is taken.
const RESULT: f32 = 0.5;

/// Cost of a selection without a branch: compare and choose.
const SELECT: f32 = 1.5;

/// Marks questions whose branches cost more than they save. True if there are
/// any that were not marked before.
pub(super) fn mark_straight(plan: &Plan, margin: f32, straight: &mut Straight) -> bool {
    // Branches in regions have higher numbers than the branches around them.
    let mut inside = vec![0.0; plan.regions.len()];
    let mut any = false;
    for branch in plan.branches.iter().rev() {
        let cost = |region: &RegionId| -> f32 {
            let of = &plan.regions[*region as usize];
            inside[*region as usize] + of.values as f32 + of.sinks.len() as f32
        };
        let decided = |region: &RegionId| plan.regions[*region as usize].decided as f32;
        let all: f32 = branch.regions.iter().map(cost).sum();
        let selections = branch.members.len() as f32;
        let inner: f32 = branch.regions.iter().map(decided).sum();
        let without = all + (selections + inner) * SELECT;
        let in_case = |case: Cases| -> f32 {
            let regions = branch.regions.iter();
            regions
                .filter(|r| plan.regions[**r as usize].cases & case != 0)
                .map(cost)
                .sum()
        };
        let cases = (0..64)
            .map(|bit| 1 << bit)
            .filter(|case| branch.cases & case != 0);
        let sum: f32 = cases.map(in_case).sum();
        let mean = sum / branch.cases.count_ones().max(1) as f32;
        let with = BRANCH + branch.results.len() as f32 * RESULT + mean;
        if without - with < margin {
            for member in &branch.members {
                let mark = match member {
                    Member::Select(word) => &mut straight.selects[word.0 as usize],
                    Member::Write(index) => &mut straight.writes[*index],
                };
                any |= !std::mem::replace(mark, true);
            }
        }
        inside[branch.region as usize] += with.min(without);
    }
    any
}
