//! What is refused: where, and with which words.

use crate::error;
use slackwater_verilog::error::Error;

/// Checks that the module refuses `text`, at a column of the second line, naming
/// `what` and saying what to do.
fn refused(text: &str, column: u32, what: &str) {
    let source = format!("module m;\n{text}\nendmodule");
    match error(&source) {
        Error::Unsupported {
            at,
            what: found,
            instead,
        } => {
            assert_eq!(
                (at.line, at.column, found.as_str()),
                (2, column, what),
                "{text}"
            );
            assert!(instead.len() > 5, "{text}: {instead}");
        }
        other => panic!("{text}: {other}"),
    }
}

/// Checks what is said to a text that is not Verilog.
fn wrong(text: &str, expected: &str) {
    assert_eq!(error(text).to_string(), format!("t.v:{expected}"), "{text}");
}

#[test]
fn statements_outside_the_subset() {
    refused("initial casez (a) 0: ; endcase", 9, "the statement `casez`");
    refused("initial casex (a) 0: ; endcase", 9, "the statement `casex`");
    refused("initial while (a) ;", 9, "the loop `while`");
    refused("initial repeat (3) ;", 9, "the loop `repeat`");
    refused("initial begin forever ; end", 15, "the loop `forever`");
    refused("initial wait (a) ;", 9, "the statement `wait`");
    refused("initial disable a;", 9, "the statement `disable`");
    refused("initial fork join", 9, "the statement `fork`");
    refused("initial force a = 1;", 9, "the statement `force`");
    refused("initial release a;", 9, "the statement `release`");
    refused("initial assign a = 1;", 9, "`assign` in a block");
    refused("initial deassign a;", 9, "the statement `deassign`");
    refused("initial #1 a = 1;", 9, "a delay, `#`");
    refused("initial a = #1 1;", 13, "a delay, `#`");
    refused(
        "initial a <= @(posedge b) 1;",
        14,
        "an event in an assignment, `@`",
    );
    refused("initial @(posedge b) a = 1;", 9, "an event in a block, `@`");
    refused("initial -> a;", 9, "the event trigger `->`");
    refused(
        "initial $display(\"x\");",
        9,
        "the system task or function `$display`",
    );
    refused("initial run;", 12, "the call of the task `run`");
    refused("initial run(1);", 12, "the call of the task `run`");
    refused(
        "initial begin : b integer i; end",
        19,
        "the declaration `integer` in a block",
    );
    refused(
        "initial begin reg i; end",
        15,
        "the declaration `reg` in a block",
    );
    refused(
        "initial for (integer i = 0; i; i = 0) ;",
        14,
        "a declaration in the head of a `for` loop",
    );
    refused(
        "initial for (i = 0; i; j = j + 1) ;",
        24,
        "a step of `j` in a loop over `i`",
    );
    refused(
        "initial a.b = 1;",
        10,
        "the hierarchical reference through `a`",
    );
}

#[test]
fn expressions_outside_the_subset() {
    refused("assign a = b ** c;", 14, "the operator `**`");
    refused("assign a = f(b);", 13, "the call of the function `f`");
    refused(
        "assign a = $clog2(b);",
        12,
        "the system task or function `$clog2`",
    );
    refused("assign a = \"text\";", 12, "the string `\"text\"`");
    refused("assign a = 1.5;", 12, "the real number `1.5`");
    refused(
        "assign a = b.c;",
        13,
        "the hierarchical reference through `b`",
    );
    refused(
        "assign a = b[1].c;",
        16,
        "the hierarchical reference through `b`",
    );
    refused(
        "assign a = 4'b10x1;",
        12,
        "the digit `x` of the number `10x1`",
    );
}

#[test]
fn items_outside_the_subset() {
    refused("function f; endfunction", 1, "the declaration `function`");
    refused("task t; endtask", 1, "the declaration `task`");
    refused("generate endgenerate", 1, "the construct `generate`");
    refused("genvar i;", 1, "the construct `genvar`");
    refused("if (N) wire a;", 1, "`if` outside of a block");
    refused(
        "for (i = 0; i; i = 0) begin end",
        1,
        "`for` outside of a block",
    );
    refused("defparam a.N = 1;", 1, "the statement `defparam`");
    refused("and (a, b, c);", 1, "the gate primitive `and`");
    refused("bufif1 u(a, b, c);", 1, "the gate primitive `bufif1`");
    refused("tri a;", 1, "the net type `tri`");
    refused("supply0 a;", 1, "the net type `supply0`");
    refused("output tri a;", 8, "the net type `tri`");
    refused("real a;", 1, "the type `real`");
    refused("output time a;", 8, "the type `time`");
    refused("parameter real A = 1;", 11, "the type `real`");
    refused("event e;", 1, "the statement `event`");
    refused("specify endspecify", 1, "the construct `specify`");
    refused("wire #1 a;", 6, "a delay, `#`");
    refused("wire vectored [3:0] a;", 6, "the property `vectored`");
    refused("wire (strong0, weak1) a = b;", 6, "a drive strength");
    refused("assign #1 a = b;", 8, "a delay, `#`");
    refused("assign (strong0, weak1) a = b;", 8, "a drive strength");
    refused("wire [-1:0] a;", 7, "a negative bound of a range");
    refused("reg a [0:-3];", 10, "a negative bound of a range");
    refused(
        "reg a [0:1][0:1];",
        12,
        "the second dimension of the memory `a`",
    );
    refused("always #5 a = b;", 8, "a delay, `#`");
    refused("always begin end", 8, "`always` without `@`");
    refused(
        "always @(posedge a or b) ;",
        23,
        "a list of edges and levels",
    );
    refused(
        "always @(posedge a[1]) ;",
        19,
        "a part of a signal in a list of events",
    );
    refused(
        "always @(a or b[1]) ;",
        16,
        "a part of a signal in a list of events",
    );
    refused("fifo u0(a, b);", 9, "ports of `u0` in order, without names");
    refused(
        "fifo #(1) u0();",
        8,
        "parameters of `fifo` in order, without names",
    );
    refused("fifo #1 u0();", 7, "a parameter of `fifo` without a name");
    refused("fifo u0 [3:0] (.a(a));", 9, "the array of instances `u0`");
    refused("logic [3:0] a;", 1, "`logic` of SystemVerilog");
    refused("logic a;", 1, "`logic` of SystemVerilog");
    refused(
        "always_ff @(posedge a) q <= d;",
        1,
        "`always_ff` of SystemVerilog",
    );
    refused("always_comb begin end", 1, "`always_comb` of SystemVerilog");
}

#[test]
fn directives_outside_the_subset() {
    for (text, name) in [
        ("`define A 1", "define"),
        ("`ifdef A", "ifdef"),
        ("`include \"a.v\"", "include"),
        ("`A", "A"),
        ("`resetall", "resetall"),
    ] {
        refused(
            &format!(" {text}"),
            2,
            &format!("the directive or macro `` `{name} ``"),
        );
    }
}

#[test]
fn headers_outside_the_subset() {
    let message = |text| error(text).to_string();
    assert_eq!(
        message("module m(.a(b)); endmodule"),
        "t.v:1:10: a port that is an expression is outside the subset; \
         name the port, and connect the signal in the module"
    );
    assert_eq!(
        message("primitive p(a); endprimitive"),
        "t.v:1:1: the construct `primitive` is outside the subset; write a module"
    );
}

#[test]
fn one_message_in_full() {
    let text = "module m;\n  initial\n    casez (a) endcase\nendmodule";
    assert_eq!(
        error(text).to_string(),
        "t.v:3:5: the statement `casez` is outside the subset; \
         write `case` or `if` on the bits that count: there is no x and z"
    );
}

#[test]
fn texts_that_are_not_verilog() {
    wrong(
        "wire a;",
        "1:1: expected `module`, found the keyword `wire`",
    );
    wrong(
        "module",
        "1:7: expected the name of the module, found the end of the source",
    );
    wrong(
        "module reg;",
        "1:8: expected the name of the module, found the keyword `reg`",
    );
    wrong("module m", "1:9: expected `;`, found the end of the source");
    wrong(
        "module m;",
        "1:10: expected a declaration, a block, an instance or `endmodule`, \
         found the end of the source",
    );
    wrong(
        "module m(a,); endmodule",
        "1:12: expected the name of a port, found `)`",
    );
    wrong(
        "module m(a b); endmodule",
        "1:12: expected `,` or `)`, found the name `b`",
    );
    wrong(
        "module m(input a, reg b);",
        "1:19: expected the name of a signal, found the keyword `reg`",
    );
    wrong(
        "module m; input reg a;",
        "1:17: expected `wire`, a range or a name: an input is no variable, found the keyword `reg`",
    );
    wrong(
        "module m #(N = 1)();",
        "1:12: expected `parameter`, found the name `N`",
    );
    wrong(
        "module m; wire a b;",
        "1:18: expected `,` or `;`, found the name `b`",
    );
    wrong("module m; wire [3] a;", "1:18: expected `:`, found `]`");
    wrong(
        "module m; input a = 1;",
        "1:19: expected `,` or `;`, found `=`",
    );
    wrong("module m; parameter A;", "1:22: expected `=`, found `;`");
    wrong(
        "module m; assign a b;",
        "1:20: expected `=`, found the name `b`",
    );
    wrong(
        "module m; assign a = ;",
        "1:22: expected an expression, found `;`",
    );
    wrong(
        "module m; assign a = b +;",
        "1:25: expected an expression, found `;`",
    );
    wrong("module m; assign a = (b;", "1:24: expected `)`, found `;`");
    wrong(
        "module m; assign a = {};",
        "1:23: expected an expression, found `}`",
    );
    wrong(
        "module m; assign a = {b;",
        "1:24: expected `,` or `}`, found `;`",
    );
    wrong("module m; assign a = b[1;", "1:25: expected `]`, found `;`");
    wrong(
        "module m; assign a = b ? c;",
        "1:27: expected `:`, found `;`",
    );
    wrong(
        "module m; assign {a + b} = c;",
        "1:21: expected `,` or `}`, found `+`",
    );
    wrong(
        "module m; assign 3 = c;",
        "1:18: expected a signal to assign, found the number `3`",
    );
    wrong(
        "module m; initial a + b;",
        "1:21: expected `=` or `<=`, found `+`",
    );
    wrong(
        "module m; initial {a};",
        "1:22: expected `=` or `<=`, found `;`",
    );
    wrong(
        "module m; initial endmodule",
        "1:19: expected a statement, found the keyword `endmodule`",
    );
    wrong(
        "module m; initial begin a = b;",
        "1:31: expected a statement or `end`, found the end of the source",
    );
    wrong(
        "module m; initial case (a) 0: ;",
        "1:32: expected a label or `endcase`, found the end of the source",
    );
    wrong(
        "module m; initial case (a) default: ; default: ; endcase",
        "1:39: expected one `default` at most in a `case`, found the keyword `default`",
    );
    wrong(
        "module m; initial if a",
        "1:22: expected `(`, found the name `a`",
    );
    wrong(
        "module m; initial for (i = 0; i; i++) ;",
        "1:35: expected `=`, found `+`",
    );
    wrong(
        "module m; always @() ;",
        "1:20: expected `posedge`, `negedge` or a name, found `)`",
    );
    wrong(
        "module m; fifo u0(.a(b);",
        "1:24: expected `,` or `)`, found `;`",
    );
    wrong("module m; fifo u0;", "1:18: expected `(`, found `;`");
    wrong(
        "module m; fifo u0(",
        "1:19: expected `.` and a name, found the end of the source",
    );
    wrong(
        "module m; end",
        "1:11: expected a declaration, a block, an instance or `endmodule`, found the keyword `end`",
    );
    wrong(
        "(* blackbox *) module m; wire",
        "1:30: expected `endmodule`, found the end of the source",
    );
}

#[test]
fn characters_that_are_not_verilog() {
    wrong(
        "module m; /* a",
        "1:11: expected `*/` at the end of this comment, found none",
    );
    wrong(
        "module m; (* a",
        "1:11: expected `*)` at the end of this attribute, found none",
    );
    wrong(
        "module m; assign a = \"b\nc\";",
        "1:22: expected `\"` at the end of this string, found none",
    );
    wrong(
        "module m; wire ä;",
        "1:16: expected Verilog, found the character 'ä'",
    );
    wrong(
        "module m; wire \\ a;",
        "1:16: expected a name behind `\\`, found none",
    );
    wrong(
        "module m; wire $;",
        "1:16: expected Verilog, found the character '$'",
    );
    wrong(
        "`timescale 1ns\nmodule m;",
        "1:1: expected `timescale 1ns / 1ps` or the like, found less",
    );
    // A long word is not repeated in full.
    let long = "a".repeat(100);
    wrong(
        &long,
        &format!(
            "1:1: expected `module`, found the name `{}...`",
            &long[..40]
        ),
    );
}
