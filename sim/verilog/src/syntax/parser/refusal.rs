//! Verilog that is outside the subset and known by its first token, and what to
//! write instead.

use crate::syntax::token::{Token, TokenKind, shown};

/// What the token begins, if that is outside the subset, and what to do instead.
pub(super) fn of(token: &Token<'_>) -> Option<(String, &'static str)> {
    match token.kind {
        TokenKind::Keyword(word) => {
            let (sort, instead) = keyword(word)?;
            Some((format!("{sort} `{word}`"), instead))
        }
        TokenKind::System(name) => {
            let sort = format!("the system task or function `{}`", shown(name));
            Some((sort, "only `$signed` and `$unsigned` are known: remove it"))
        }
        TokenKind::Real => Some((
            format!("the real number `{}`", shown(token.text)),
            "write an integer",
        )),
        TokenKind::String => {
            let what = format!("the string `{}`", shown(token.text));
            Some((what, "write the codes of its characters, as 8'h41"))
        }
        TokenKind::Symbol("#") => Some((
            "a delay, `#`".into(),
            "remove it: nothing takes time but the cycles of clocks",
        )),
        TokenKind::Symbol("**") => Some((
            "the operator `**`".into(),
            "write `1 << n` for a power of two, else the product",
        )),
        TokenKind::Symbol("->") => Some((
            "the event trigger `->`".into(),
            "use a register and a clock",
        )),
        TokenKind::Name(_) | TokenKind::Number(_) | TokenKind::Symbol(_) | TokenKind::End => None,
    }
}

/// What a keyword begins, and what to do instead.
fn keyword(word: &str) -> Option<(&'static str, &'static str)> {
    Some(match word {
        "casez" | "casex" => (
            "the statement",
            "write `case` or `if` on the bits that count: there is no x and z",
        ),
        "while" | "repeat" | "forever" => ("the loop", "write a `for` loop with constant bounds"),
        "wait" | "event" | "disable" | "fork" | "join" => (
            "the statement",
            "write registers and `always @(posedge clock)`",
        ),
        "force" | "release" | "deassign" => {
            ("the statement", "assign the signal in one `always` block")
        }
        "function" | "task" | "automatic" => (
            "the declaration",
            "write a module of its own, or an `always @(*)` block",
        ),
        "generate" | "genvar" => (
            "the construct",
            "write the items out, or a `for` loop in an `always` block",
        ),
        "defparam" => (
            "the statement",
            "give the parameter in the instance: `#(.NAME(value))`",
        ),
        "and" | "nand" | "or" | "nor" | "xor" | "xnor" | "not" | "buf" => {
            ("the gate primitive", "write `assign` and an operator")
        }
        "bufif0" | "bufif1" | "notif0" | "notif1" | "nmos" | "pmos" | "rnmos" | "rpmos"
        | "cmos" | "rcmos" | "tran" | "tranif0" | "tranif1" | "rtran" | "rtranif0" | "rtranif1"
        | "pullup" | "pulldown" => (
            "the gate primitive",
            "write `assign` and `?:`: there is no z and no strength",
        ),
        "tri" | "tri0" | "tri1" | "triand" | "trior" | "trireg" | "wand" | "wor" | "uwire"
        | "supply0" | "supply1" => ("the net type", "declare a `wire`, and assign it once"),
        "vectored" | "scalared" | "small" | "medium" | "large" | "highz0" | "highz1"
        | "strong0" | "strong1" | "pull0" | "pull1" | "weak0" | "weak1" => (
            "the property",
            "remove it: nets have neither strength nor charge",
        ),
        "real" | "realtime" | "time" => {
            ("the type", "declare an `integer`, or a `reg` with a range")
        }
        "specify" | "specparam" => ("the construct", "remove it: there are no delays"),
        "primitive" | "table" => ("the construct", "write a module"),
        "macromodule" => ("the construct", "write `module`"),
        "config" | "library" => (
            "the construct",
            "choose the sources that are loaded instead",
        ),
        _ => return None,
    })
}

/// A name that begins a SystemVerilog construct, and what to write instead.
pub(super) fn system_verilog(word: &str) -> Option<&'static str> {
    Some(match word {
        "logic" | "bit" | "byte" | "int" | "shortint" | "longint" => "declare a `wire` or `reg`",
        "always_comb" | "always_latch" => "write `always @(*)`",
        "always_ff" => "write `always`",
        "typedef" | "enum" | "struct" | "union" | "interface" | "package" | "import" => {
            "write Verilog of 2005: wires, regs and localparams"
        }
        "assert" | "assume" | "cover" | "property" | "final" => "remove it",
        _ => return None,
    })
}
