//! Expressions: precedence, primaries and selects.

use crate::{expression, item};
use slackwater_verilog::syntax::tree::Item;

/// Table 5-4 of IEEE 1364-2005: binary operators by level, the tightest first.
const LEVELS: [&[&str]; 10] = [
    &["*", "/", "%"],
    &["+", "-"],
    &["<<", ">>", ">>>"],
    &["<", "<=", ">", ">="],
    &["==", "!="],
    &["&"],
    &["^", "~^"],
    &["|"],
    &["&&"],
    &["||"],
];

#[test]
fn every_pair_of_operators_binds_as_table_5_4_says() {
    for (high, tight) in LEVELS.iter().enumerate() {
        for (low, loose) in LEVELS.iter().enumerate() {
            for (one, two) in tight
                .iter()
                .flat_map(|one| loose.iter().map(move |two| (one, two)))
            {
                let expected = match low >= high {
                    true => format!("((a {one} b) {two} c)"),
                    false => format!("(a {one} (b {two} c))"),
                };
                assert_eq!(expression(&format!("a {one} b {two} c")), expected);
            }
        }
    }
}

#[test]
fn precedence_in_sight() {
    assert_eq!(expression("a & b == 0"), "(a & (b == 0))");
    assert_eq!(expression("a | b & c ^ d"), "(a | ((b & c) ^ d))");
    assert_eq!(expression("a || b && c || d"), "((a || (b && c)) || d)");
    assert_eq!(expression("a - b - c"), "((a - b) - c)");
    assert_eq!(expression("a + b << 2"), "((a + b) << 2)");
    assert_eq!(expression("a - (b - c)"), "(a - (b - c))");
    assert_eq!(
        expression("a || b && c | d ^ e & f == g < h << i + j * k"),
        "(a || (b && (c | (d ^ (e & (f == (g < (h << (i + (j * k))))))))))"
    );
    assert_eq!(
        expression("k * j + i << h < g == f & e ^ d | c && b || a"),
        "((((((((((k * j) + i) << h) < g) == f) & e) ^ d) | c) && b) || a)"
    );
}

#[test]
fn spellings_of_one_operator() {
    assert_eq!(expression("a === b"), "(a == b)");
    assert_eq!(expression("a !== b"), "(a != b)");
    assert_eq!(expression("a <<< b"), "(a << b)");
    assert_eq!(expression("a ^~ b"), "(a ~^ b)");
    assert_eq!(expression("^~b"), "(~^b)");
}

#[test]
fn unary_operators_bind_tightest() {
    for operator in ["+", "-", "~", "!", "&", "~&", "|", "~|", "^", "~^"] {
        assert_eq!(
            expression(&format!("{operator} a * b")),
            format!("(({operator}a) * b)")
        );
        assert_eq!(
            expression(&format!("a * {operator} b")),
            format!("(a * ({operator}b))")
        );
    }
    assert_eq!(expression("!~&a"), "(!(~&a))");
    assert_eq!(expression("a & &b"), "(a & (&b))");
    assert_eq!(expression("a && &b"), "(a && (&b))");
    assert_eq!(expression("a || | b"), "(a || (|b))");
    assert_eq!(expression("-a[3]"), "(-a[3])");
    assert_eq!(expression("a - -b"), "(a - (-b))");
}

#[test]
fn conditions_nest_to_the_right() {
    assert_eq!(expression("a ? b : c ? d : e"), "(a ? b : (c ? d : e))");
    assert_eq!(expression("a ? b ? c : d : e"), "(a ? (b ? c : d) : e)");
    assert_eq!(
        expression("a || b ? c | d : e + f"),
        "((a || b) ? (c | d) : (e + f))"
    );
    assert_eq!(expression("a == 4'd5?b:c"), "((a == 4'h5) ? b : c)");
    assert_eq!(expression("a==5?b:c"), "((a == 5) ? b : c)");
}

#[test]
fn concatenations() {
    assert_eq!(expression("{a}"), "{a}");
    assert_eq!(
        expression("{d[7:0], d[15:8], {a, b}}"),
        "{d[7:0], d[15:8], {a, b}}"
    );
    assert_eq!(expression("{3{a}}"), "{3{a}}");
    assert_eq!(expression("{N - 1{a, b}}"), "{(N - 1){a, b}}");
    assert_eq!(expression("{{2{a}}, {4 {1'b0}}}"), "{{2{a}}, {4{1'h0}}}");
    assert_eq!(expression("{2{{3{a}}}}"), "{2{{3{a}}}}");
}

#[test]
fn selects() {
    assert_eq!(expression("a[i + 1]"), "a[(i + 1)]");
    assert_eq!(expression("a[m - 1 : l]"), "a[(m - 1):l]");
    assert_eq!(expression("a[b +: 4] + a[b-:c]"), "(a[b +: 4] + a[b -: c])");
    assert_eq!(expression("q[(64'h3f)+:(5)]"), "q[64'h3f +: 5]");
    assert_eq!(expression("words[a[3:0]][7:4]"), "words[a[3:0]][7:4]");
    assert_eq!(expression("words[i][j]"), "words[i][j]");
    assert_eq!(expression("a [1] [2+:3]"), "a[1][2 +: 3]");
    assert_eq!(expression("a[b ? c : d]"), "a[(b ? c : d)]");
    assert_eq!(expression("a[b ? c : d : e]"), "a[(b ? c : d):e]");
}

#[test]
fn conversions() {
    assert_eq!(
        expression("$signed(a + b) >>> 2"),
        "($signed((a + b)) >>> 2)"
    );
    assert_eq!(
        expression("$unsigned ( $signed ( a ) )"),
        "$unsigned($signed(a))"
    );
}

#[test]
fn names() {
    assert_eq!(expression("core$q + _a1"), "(core$q + _a1)");
    assert_eq!(expression("\\a+b + \\c "), "(\\a+b  + c)");
    assert_eq!(expression("\\begin + Begin"), "(begin + Begin)");
    assert_eq!(expression("\\a.b[3] [2]"), "\\a.b[3] [2]");
}

#[test]
fn an_expression_begins_at_its_first_character() {
    let Item::Assign(assign) = item("  assign q =\n (a + b) * c;") else {
        panic!("no assign")
    };
    assert_eq!(assign.at.to_string(), "t.v:2:3");
    assert_eq!(assign.value.at.to_string(), "t.v:3:2");
    // A tab and an umlaut are one character each.
    let Item::Assign(assign) = item("assign q = /* größer */\t-a;") else {
        panic!("no assign")
    };
    assert_eq!(assign.value.at.to_string(), "t.v:2:25");
}
