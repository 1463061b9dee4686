//! Precedence and widths: the emitted text is right as Rust and means another thing as Verilog.

// What rustc finds superfluous is the cure.
#![allow(unused_parens, clippy::double_parens)]

use super::{Given, agrees, design, differs};
use rust_hdl::prelude::*;

const MASK: u64 = 0xff;

design!(Precedence -> Bit, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.taken.d.next = self.a.val() & self.b.val() == 0;
    }
);
design!(Parenthesised -> Bit, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.taken.d.next = (self.a.val() & self.b.val()) == 0;
    }
);

/// Verilog compares first.
#[test]
fn precedence_of_and_over_equal() {
    let rusthdl = |given: Given| u128::from(given.a & given.b == 0);
    differs(Precedence::default(), rusthdl, |given| {
        u128::from(given.a & u64::from(given.b == 0) != 0)
    });
    agrees(Parenthesised::default(), rusthdl);
}

design!(CastSum -> Bits<9>, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.taken.d.next = bit_cast::<9, 8>(self.a.val() + self.b.val());
    }
);
design!(CastLocal -> Bits<9>, { sum: Signal<Local, Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.sum.next = self.a.val() + self.b.val();
        self.taken.d.next = bit_cast::<9, 8>(self.sum.val());
    }
);

/// The sum is computed at the width of the cast.
#[test]
fn a_carry_leaks_into_a_cast() {
    let rusthdl = |given: Given| u128::from((given.a + given.b) & MASK);
    differs(CastSum::default(), rusthdl, |given| {
        (given.a + given.b).into()
    });
    agrees(CastLocal::default(), rusthdl);
}

design!(CompareSum -> Bit, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.taken.d.next = (self.a.val() + self.b.val()) < 5;
    }
);
design!(CompareLocal -> Bit, { sum: Signal<Local, Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.sum.next = self.a.val() + self.b.val();
        self.taken.d.next = self.sum.val() < 5;
    }
);

/// The literal has 32 bits, and so has the sum.
#[test]
fn a_sum_does_not_wrap_beside_a_literal() {
    let rusthdl = |given: Given| u128::from((given.a + given.b) & MASK < 5);
    differs(CompareSum::default(), rusthdl, |given| {
        u128::from(given.a + given.b < 5)
    });
    agrees(CompareLocal::default(), rusthdl);
}

design!(CompareDifference -> Bit, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.taken.d.next = (self.a.val() - self.b.val()) > 200;
    }
);

/// A borrow makes it a large number of 32 bits.
#[test]
fn a_difference_does_not_wrap_beside_a_literal() {
    differs(
        CompareDifference::default(),
        |given| u128::from(given.a.wrapping_sub(given.b) & MASK > 200),
        |given| u128::from((given.a as u32).wrapping_sub(given.b as u32) > 200),
    );
}

design!(CompareInverted -> Bit, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.taken.d.next = !self.a.val() == 0;
    }
);
design!(CompareInvertedLocal -> Bit, { inverted: Signal<Local, Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.inverted.next = !self.a.val();
        self.taken.d.next = self.inverted.val() == 0;
    }
);

/// 24 bits above the signal are inverted too.
#[test]
fn an_inverted_signal_is_never_a_literal() {
    let rusthdl = |given: Given| u128::from(given.a == MASK);
    differs(CompareInverted::default(), rusthdl, |_| 0);
    agrees(CompareInvertedLocal::default(), rusthdl);
}

design!(CastInvertedFlag -> Bits<8>, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.taken.d.next = bit_cast::<8, 1>((!self.flag.val()).into());
    }
);
design!(CastInvertedLocal -> Bits<8>, { inverted: Signal<Local, Bit> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.inverted.next = !self.flag.val();
        self.taken.d.next = bit_cast::<8, 1>(self.inverted.val().into());
    }
);

/// The flag is widened first, then inverted.
#[test]
fn a_cast_inverted_flag_has_upper_bits() {
    let rusthdl = |given: Given| u128::from(!given.flag);
    differs(CastInvertedFlag::default(), rusthdl, |given| {
        if given.flag { 0xfe } else { 0xff }
    });
    agrees(CastInvertedLocal::default(), rusthdl);
}

design!(ShiftThere -> Bits<12>, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.taken.d.next = bit_cast::<12, 8>((self.a.val() << 4));
    }
);
design!(ShiftLocal -> Bits<12>, { shifted: Signal<Local, Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.shifted.next = self.a.val() << 4;
        self.taken.d.next = bit_cast::<12, 8>(self.shifted.val());
    }
);

/// As with a carry.
#[test]
fn shifted_bits_leak_into_a_cast() {
    let rusthdl = |given: Given| u128::from(given.a << 4 & MASK);
    differs(ShiftThere::default(), rusthdl, |given| {
        (given.a << 4).into()
    });
    agrees(ShiftLocal::default(), rusthdl);
}
