//! Clocks: through ports and plain assignments up to an input of the top module.

use super::Resolver;
use crate::design::Source;
use crate::error::Error;
use crate::graph::{NetId, Op};
use crate::source::Location;
use crate::syntax::tree::Direction;

/// Most clocks of a design: one bit each in a mask.
const CLOCKS_LIMIT: usize = 64;

impl Resolver<'_> {
    /// Index of the clock that a net carries.
    pub(super) fn clock(&mut self, net: NetId, at: &Location) -> Result<u8, Error> {
        let signal = self.design.net(net).path.clone();
        let refuse = |problem: String| Error::Clock {
            at: at.clone(),
            signal: signal.clone(),
            problem,
        };
        let mut carrier = net;
        // A chain longer than the number of nets goes in a circle.
        for _ in 0..=self.design.nets.len() {
            let here = self.design.net(carrier);
            if here.width != 1 {
                return Err(refuse(format!("{} bits wide", here.width)));
            }
            if here.top && here.direction == Some(Direction::Input) {
                return self.clock_index(carrier).ok_or_else(|| {
                    refuse(format!(
                        "one more than the {CLOCKS_LIMIT} that are possible"
                    ))
                });
            }
            let [driver] = &here.drivers[..] else {
                return Err(refuse("not driven".into()));
            };
            carrier = match driver.source {
                Source::Register { .. } => {
                    return Err(refuse(format!("derived from the register {}", here.path)));
                }
                Source::Combinational(value) => match self.design.graph.op(value) {
                    Op::Net(next) => *next,
                    Op::Constant(constant) => {
                        return Err(refuse(format!("the constant {constant}")));
                    }
                    _ => return Err(refuse(format!("derived by logic at {}", driver.at))),
                },
            };
        }
        Err(refuse("driven by itself".into()))
    }

    fn clock_index(&mut self, net: NetId) -> Option<u8> {
        if let Some(index) = self.clocks.iter().position(|&clock| clock == net) {
            return Some(index as u8);
        }
        if self.clocks.len() == CLOCKS_LIMIT {
            return None;
        }
        self.clocks.push(net);
        Some(self.clocks.len() as u8 - 1)
    }
}
