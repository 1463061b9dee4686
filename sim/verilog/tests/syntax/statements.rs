//! Statements.

use crate::{items, statement};

#[test]
fn assignments() {
    assert_eq!(statement("a = b;"), "a = b;");
    assert_eq!(statement("a <= b <= c;"), "a <= (b <= c);");
    assert_eq!(statement("a[3] = b;"), "a[3] = b;");
    assert_eq!(statement("a[7:4] <= b;"), "a[7:4] <= b;");
    assert_eq!(statement("words[w][i+:8] <= b;"), "words[w][i +: 8] <= b;");
    assert_eq!(statement("{a, {b[1], c}} = d;"), "{a, {b[1], c}} = d;");
}

#[test]
fn blocks() {
    assert_eq!(statement(";"), ";");
    assert_eq!(statement("begin end"), "begin end");
    assert_eq!(
        statement("begin : label a = b; ; end"),
        "begin a = b; ; end"
    );
    assert_eq!(
        statement("begin begin a = b; end end"),
        "begin begin a = b; end end"
    );
}

#[test]
fn an_else_belongs_to_the_last_if() {
    assert_eq!(statement("if (a) b = c;"), "if (a) b = c;");
    assert_eq!(
        statement("if (a) b = c; else d = e;"),
        "if (a) b = c; else d = e;"
    );
    assert_eq!(
        statement("if (a) if (b) c = d; else e = f;"),
        "if (a) begin if (b) c = d; else e = f; end"
    );
    assert_eq!(
        statement("if (a) b = c; else if (d) e = f; else begin g = h; end"),
        "if (a) b = c; else if (d) e = f; else begin g = h; end"
    );
}

#[test]
fn cases() {
    assert_eq!(
        statement("case (s) 0: a = b; 1, N + 1: begin c <= d; end default: e = f; endcase"),
        "case (s) 0: a = b; 1, (N + 1): begin c <= d; end default: e = f; endcase"
    );
    assert_eq!(
        statement("case (s) State$Idle: ; default ; 2'd1: a = b; endcase"),
        "case (s) State$Idle: ; 2'h1: a = b; default: ; endcase"
    );
    assert_eq!(statement("case (s) endcase"), "case (s) endcase");
    assert_eq!(
        statement("case (1) a ? b : c: d = e; endcase"),
        "case (1) (a ? b : c): d = e; endcase"
    );
}

#[test]
fn loops() {
    assert_eq!(
        statement("for (i = 0; i <= 4095; i = i + 1) words[i] = 32'd0;"),
        "for (i = 0; (i <= 4095); i = (i + 1)) words[i] = 32'h0;"
    );
    assert_eq!(
        statement("for (i = N; i; i = i >> 1) begin a = b; end"),
        "for (i = N; i; i = (i >> 1)) begin a = b; end"
    );
}

#[test]
fn attributes_are_passed_over() {
    assert_eq!(
        statement("begin (* full_case, parallel_case = 1 *) case (a) 0: b = c; endcase end"),
        "begin case (a) 0: b = c; endcase end"
    );
    assert_eq!(
        items("(* keep = \"*) \" *) wire a; (* x /* *) */ *) reg b;"),
        "wire a; reg b;"
    );
    assert_eq!(items("assign a = b + (* slow *) c;"), "assign a = (b + c);");
}
