//! Blocks in blocks: clocks, ports of children, structs, and names.

use super::{Given, agrees, design, differs, refusal};
use rust_hdl::prelude::*;

/// A clock on its way through a block.
#[derive(LogicBlock, Default)]
struct ClockBuffer {
    from: Signal<In, Clock>,
    to: Signal<Out, Clock>,
}

impl Logic for ClockBuffer {
    #[hdl_gen]
    fn update(&mut self) {
        self.to.next = self.from.val();
    }
}

design!(BufferedClock -> Bits<8>, { buffer: ClockBuffer, first: DFF<Bits<8>>, second: DFF<Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.buffer.from.next = self.clock.val();
        self.first.clock.next = self.clock.val();
        self.first.d.next = self.a.val();
        self.second.clock.next = self.buffer.to.val();
        self.second.d.next = self.first.q.val();
        self.taken.d.next = self.second.q.val();
    }
);
design!(DirectClock -> Bits<8>, { first: DFF<Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.first.clock.next = self.clock.val();
        self.first.d.next = self.a.val();
        self.taken.d.next = self.first.q.val();
    }
);

/// In RustHDL's simulation the clock comes late at the second register, behind what
/// the first one has taken over; in Verilog data never overtake a clock.
#[test]
fn a_clock_through_a_sibling_races() {
    agrees(DirectClock::default(), |given: Given| {
        given.before[0].into()
    });
    differs(
        BufferedClock::default(),
        |given: Given| given.before[0].into(),
        |given| given.before[1].into(),
    );
}

/// A child with an input that its parent reads back.
#[derive(LogicBlock, Default)]
struct Follower {
    x: Signal<In, Bits<8>>,
    same: Signal<Out, Bits<8>>,
}

impl Logic for Follower {
    #[hdl_gen]
    fn update(&mut self) {
        self.same.next = self.x.val();
    }
}

design!(ReadBack -> Bits<8>, { child: Follower },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.child.x.next = self.a.val();
        self.taken.d.next = self.child.x.val();
        self.child.x.next = self.b.val();
    }
);
design!(ReadOnce -> Bits<8>, { child: Follower, chosen: Signal<Local, Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.chosen.next = self.a.val();
        self.taken.d.next = self.chosen.val();
        self.child.x.next = self.b.val();
    }
);

/// `val()` of a child's input is what the child has, not what was just assigned.
#[test]
fn an_input_of_a_child_reads_back_what_was_assigned_last() {
    differs(
        ReadBack::default(),
        |given| given.b.into(),
        |given| given.a.into(),
    );
    agrees(ReadOnce::default(), |given| given.a.into());
}

/// A part of [`Outer`].
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
struct Inner {
    low: Bits<8>,
    high: Bits<8>,
}

/// A struct in a register.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
struct Outer {
    head: Bits<4>,
    inner: Inner,
}

design!(NestedWrite -> Bits<8>, { pair: DFF<Outer> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken, pair);
        self.y.next = self.taken.q.val();
        self.pair.d.next.inner.high = self.a.val();
        self.taken.d.next = self.a.val();
    }
);
design!(NestedRead -> Bits<8>, { pair: DFF<Outer> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        dff_setup!(self, clock, pair);
        self.taken.d.next = self.pair.q.val().inner.high;
    }
);
design!(ByInner -> Bits<8>, { inner: Signal<Local, Inner>, read: Signal<Local, Inner>, pair: DFF<Outer> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        dff_setup!(self, clock, pair);
        self.inner.next = self.pair.q.val().inner;
        self.inner.next.high = self.a.val();
        self.pair.d.next.inner = self.inner.val();
        self.read.next = self.pair.q.val().inner;
        self.taken.d.next = self.read.val().high;
    }
);

#[test]
fn a_field_of_a_nested_struct_is_refused_by_its_name() {
    let text = refusal(NestedWrite::default());
    assert!(text.contains("pair$d$next$inner$high"), "{text}");
    let text = refusal(NestedRead::default());
    assert!(text.contains("pair$q$val"), "{text}");
    agrees(ByInner::default(), |given| given.before[0].into());
}

design!(SliceOfSum -> Bits<4>, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.taken.d.next = (self.a.val() + self.b.val()).get_bits::<4>(4);
    }
);
design!(SliceOfLocal -> Bits<4>, { sum: Signal<Local, Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.sum.next = self.a.val() + self.b.val();
        self.taken.d.next = self.sum.val().get_bits::<4>(4);
    }
);

#[test]
fn a_slice_of_an_expression_is_refused() {
    let text = refusal(SliceOfSum::default());
    assert!(text.contains("found `[`"), "{text}");
    agrees(SliceOfLocal::default(), |given| {
        u128::from((given.a + given.b) >> 4 & 0xf)
    });
}

design!(ReservedName -> Bits<8>, { initial: Signal<Local, Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.initial.next = self.a.val();
        self.taken.d.next = self.initial.val();
    }
);

#[test]
fn a_keyword_of_verilog_is_refused() {
    let text = refusal(ReservedName::default());
    assert!(text.contains("initial"), "{text}");
}
