//! Statements: what runs in a block, one after the other.
//!
//! IEEE 1364-2005, 9.2 to 9.6. Blocking assignments write at once; the writes
//! of non-blocking ones are collected, to be carried out when every block of
//! the edge has run.

use super::expression::{Expression, Place, Root};
use super::state::{NetId, State, Write};
use super::value::cut;
use crate::error::Error;
use num_bigint::BigUint;
use slackwater_verilog::source::Location;

/// Turns after which a loop counts as endless.
const TURNS: u32 = 1 << 20;

/// A statement.
#[derive(Clone, Debug)]
pub enum Statement {
    /// One after the other.
    Block(Vec<Statement>),
    /// Two ways.
    If(Expression, Box<Statement>, Box<Statement>),
    /// Many ways. All expressions are compared with this width and sign (9.5).
    Case {
        /// The widest of them.
        width: u32,
        /// All are signed.
        signed: bool,
        /// What is compared.
        subject: Expression,
        /// The first that fits is done.
        arms: Vec<(Vec<Expression>, Statement)>,
        /// If none fits.
        default: Box<Statement>,
    },
    /// A loop.
    For {
        /// Assignment before the first turn.
        first: Box<Statement>,
        /// The loop goes on while this holds.
        condition: Expression,
        /// Assignment after each turn.
        next: Box<Statement>,
        /// What is repeated.
        body: Box<Statement>,
        /// The variable.
        at: Location,
    },
    /// An assignment.
    Assign {
        /// To what.
        target: Target,
        /// What.
        value: Expression,
        /// At once.
        blocking: bool,
    },
}

/// Left side of an assignment.
#[derive(Clone, Debug)]
pub struct Target {
    /// Uppermost first.
    pub places: Vec<Place>,
    /// Bits of all together.
    pub width: u32,
}

impl Target {
    /// The writes that give it the value of an expression (6.1, 9.2).
    pub fn writes(&self, value: &Expression, state: &State) -> Result<Vec<Write>, Error> {
        let width = self.width.max(value.width);
        let mut bits = cut(value.evaluate(state, width, value.signed)?, self.width);
        let mut writes = Vec::new();
        for place in self.places.iter().rev() {
            let rest = &bits >> place.width;
            let Root::Net(net) = place.root else {
                continue;
            };
            writes.push(Write {
                net,
                word: place.word(state)?,
                low: place.low(state)?,
                width: place.width,
                value: cut(std::mem::replace(&mut bits, rest), place.width),
            });
        }
        Ok(writes)
    }
}

impl Statement {
    /// Runs the statement. Writes for later are added to `pending`.
    pub fn run(&self, state: &mut State, pending: &mut Vec<Write>) -> Result<(), Error> {
        match self {
            Statement::Block(statements) => {
                for statement in statements {
                    statement.run(state, pending)?;
                }
                Ok(())
            }
            Statement::If(condition, then, otherwise) => {
                if condition.holds(state)? {
                    then.run(state, pending)
                } else {
                    otherwise.run(state, pending)
                }
            }
            Statement::Case {
                width,
                signed,
                subject,
                arms,
                default,
            } => {
                let subject = subject.evaluate(state, *width, *signed)?;
                for (labels, statement) in arms {
                    if fits(labels, &subject, state, *width, *signed)? {
                        return statement.run(state, pending);
                    }
                }
                default.run(state, pending)
            }
            Statement::For {
                first,
                condition,
                next,
                body,
                at,
            } => {
                first.run(state, pending)?;
                let mut turns = 0;
                while condition.holds(state)? {
                    if turns == TURNS {
                        return Err(Error::Endless {
                            at: at.clone(),
                            turns,
                        });
                    }
                    turns += 1;
                    body.run(state, pending)?;
                    next.run(state, pending)?;
                }
                Ok(())
            }
            Statement::Assign {
                target,
                value,
                blocking,
            } => {
                let writes = target.writes(value, state)?;
                if *blocking {
                    writes.into_iter().for_each(|write| state.write(write));
                } else {
                    pending.extend(writes);
                }
                Ok(())
            }
        }
    }

    /// Nets that the outcome depends on.
    pub fn reads(&self, nets: &mut Vec<NetId>) {
        match self {
            Statement::Block(statements) => statements.iter().for_each(|s| s.reads(nets)),
            Statement::If(condition, then, otherwise) => {
                condition.reads(nets);
                then.reads(nets);
                otherwise.reads(nets);
            }
            Statement::Case {
                subject,
                arms,
                default,
                ..
            } => {
                subject.reads(nets);
                for (labels, statement) in arms {
                    labels.iter().for_each(|label| label.reads(nets));
                    statement.reads(nets);
                }
                default.reads(nets);
            }
            Statement::For {
                first,
                condition,
                next,
                body,
                ..
            } => {
                first.reads(nets);
                condition.reads(nets);
                next.reads(nets);
                body.reads(nets);
            }
            Statement::Assign { target, value, .. } => {
                value.reads(nets);
                for place in &target.places {
                    place.reads_of_indices(nets);
                }
            }
        }
    }
}

fn fits(
    labels: &[Expression],
    subject: &BigUint,
    state: &State,
    width: u32,
    signed: bool,
) -> Result<bool, Error> {
    for label in labels {
        if label.evaluate(state, width, signed)? == *subject {
            return Ok(true);
        }
    }
    Ok(false)
}
