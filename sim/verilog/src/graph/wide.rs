//! Shifts and products.

use super::{Graph, Op, Value};

/// Direction and filling of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// To the left, zeros come in.
    Left,
    /// To the right, zeros come in.
    Right,
    /// To the right, the top bit comes in.
    RightSigned,
}

/// Widest amount of a shift that is computed with; a larger one shifts everything out.
const AMOUNT_BITS: u32 = 32;

impl Graph {
    /// `a` shifted by a constant.
    fn shift_constant(&mut self, shift: Shift, a: Value, amount: u32) -> Value {
        let width = self.width(a);
        if amount == 0 {
            return a;
        }
        match shift {
            Shift::Left if amount >= width => self.zero(width),
            Shift::Left => {
                let zeros = self.zero(amount);
                let kept = self.slice(a, 0, width - amount);
                self.concat(&[zeros, kept])
            }
            Shift::Right => self.slice(a, amount, width),
            Shift::RightSigned => {
                let amount = amount.min(width - 1);
                let kept = self.slice(a, amount, width - amount);
                self.sign_extend(kept, width)
            }
        }
    }

    /// `a` shifted by an unsigned amount of any width.
    pub fn shift(&mut self, shift: Shift, a: Value, amount: Value) -> Value {
        let width = self.width(a);
        if let Some(constant) = self.constant(amount) {
            let amount = u32::try_from(constant).unwrap_or(u32::MAX);
            return self.shift_constant(shift, a, amount);
        }
        if self.width(amount) > AMOUNT_BITS {
            // An amount with a bit above shifts everything out, as `width` does.
            let high = self.slice(amount, AMOUNT_BITS, self.width(amount) - AMOUNT_BITS);
            let beyond = self.any(high);
            let low = self.slice(amount, 0, AMOUNT_BITS);
            let all = self.number(u64::from(width), AMOUNT_BITS);
            let amount = self.select(beyond, all, low);
            return self.shift(shift, a, amount);
        }
        let op = match shift {
            Shift::Left => Op::ShiftLeft(a, amount),
            Shift::Right => Op::ShiftRight(a, amount),
            Shift::RightSigned => Op::ShiftRightSigned(a, amount),
        };
        self.add_node(op, width)
    }

    /// Product modulo 2^width.
    pub fn mul(&mut self, a: Value, b: Value) -> Value {
        let width = self.width(a);
        if let (Some(x), Some(y)) = (self.constant(a), self.constant(b)) {
            let product = x * y;
            return self.literal(product, width);
        }
        if width <= u64::BITS {
            return self.add_node(Op::Mul(a, b), width);
        }
        // Schoolbook, by halves of words: a product of two fits one word. The products of one
        // half with every second half of the other lie side by side, so they are one number.
        const LIMB: u32 = u64::BITS / 2;
        let mut sum = self.zero(width);
        for i in 0..width.div_ceil(LIMB) {
            let x = self.slice(a, i * LIMB, LIMB);
            let x = self.zero_extend(x, 2 * LIMB);
            for start in [i, i + 1] {
                let mut row = Vec::new();
                if start > 0 {
                    row.push(self.zero(start * LIMB));
                }
                for place in (start..width.div_ceil(LIMB)).step_by(2) {
                    let y = self.slice(b, (place - i) * LIMB, LIMB);
                    let y = self.zero_extend(y, 2 * LIMB);
                    row.push(self.mul(x, y));
                }
                let row = self.concat(&row);
                let row = self.zero_extend(row, width);
                sum = self.add(sum, row);
            }
        }
        sum
    }
}
