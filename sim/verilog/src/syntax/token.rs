//! Tokens: the words, numbers and symbols that a source consists of.
//!
//! Standard: IEEE 1364-2005, clause 2 and annex B (keywords).

use super::literal::Number;
use std::fmt;

/// A token, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    /// What it is.
    pub kind: TokenKind<'a>,
    /// As it is written.
    pub text: &'a str,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// `(* blackbox *)` stands before it.
    pub blackbox: bool,
}

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind<'a> {
    /// A name, without the backslash of an escaped one.
    Name(&'a str),
    /// A reserved word.
    Keyword(&'a str),
    /// A system task or function, with its `$`.
    System(&'a str),
    /// An integer number, not looked at closely yet.
    Number(Number<'a>),
    /// A real number.
    Real,
    /// A string.
    String,
    /// An operator or a bracket.
    Symbol(&'static str),
    /// The end of the source.
    End,
}

/// Longest piece of a source that an error repeats.
const SHOWN: usize = 40;

impl fmt::Display for Token<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sort = match self.kind {
            TokenKind::End => return formatter.write_str("the end of the source"),
            TokenKind::Name(_) => "the name ",
            TokenKind::Keyword(_) => "the keyword ",
            TokenKind::System(_) => "the system name ",
            TokenKind::Number(_) | TokenKind::Real => "the number ",
            TokenKind::String => "the string ",
            TokenKind::Symbol(_) => "",
        };
        write!(formatter, "{sort}`{}`", shown(self.text))
    }
}

/// The text as an error repeats it: one line that is not too long.
pub(super) fn shown(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short + "..."
    } else {
        short
    }
}

/// Symbols that are longer than one character, the longest first.
pub(super) const LONG_SYMBOLS: [&str; 20] = [
    "<<<", ">>>", "===", "!==", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "**", "~&", "~|",
    "~^", "^~", "+:", "-:", "->",
];

/// The symbol of one character.
pub(super) fn short_symbol(character: u8) -> Option<&'static str> {
    Some(match character {
        b'(' => "(",
        b')' => ")",
        b'[' => "[",
        b']' => "]",
        b'{' => "{",
        b'}' => "}",
        b',' => ",",
        b';' => ";",
        b':' => ":",
        b'.' => ".",
        b'=' => "=",
        b'+' => "+",
        b'-' => "-",
        b'*' => "*",
        b'/' => "/",
        b'%' => "%",
        b'&' => "&",
        b'|' => "|",
        b'^' => "^",
        b'~' => "~",
        b'!' => "!",
        b'<' => "<",
        b'>' => ">",
        b'?' => "?",
        b'@' => "@",
        b'#' => "#",
        _ => return None,
    })
}

/// Whether a name is reserved.
#[rustfmt::skip]
pub(super) fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "always" | "and" | "assign" | "automatic" | "begin" | "buf" | "bufif0" | "bufif1"
        | "case" | "casex" | "casez" | "cell" | "cmos" | "config" | "deassign" | "default"
        | "defparam" | "design" | "disable" | "edge" | "else" | "end" | "endcase"
        | "endconfig" | "endfunction" | "endgenerate" | "endmodule" | "endprimitive"
        | "endspecify" | "endtable" | "endtask" | "event" | "for" | "force" | "forever"
        | "fork" | "function" | "generate" | "genvar" | "highz0" | "highz1" | "if" | "ifnone"
        | "incdir" | "include" | "initial" | "inout" | "input" | "instance" | "integer"
        | "join" | "large" | "liblist" | "library" | "localparam" | "macromodule" | "medium"
        | "module" | "nand" | "negedge" | "nmos" | "nor" | "noshowcancelled" | "not"
        | "notif0" | "notif1" | "or" | "output" | "parameter" | "pmos" | "posedge"
        | "primitive" | "pull0" | "pull1" | "pulldown" | "pullup" | "pulsestyle_ondetect"
        | "pulsestyle_onevent" | "rcmos" | "real" | "realtime" | "reg" | "release" | "repeat"
        | "rnmos" | "rpmos" | "rtran" | "rtranif0" | "rtranif1" | "scalared"
        | "showcancelled" | "signed" | "small" | "specify" | "specparam" | "strong0"
        | "strong1" | "supply0" | "supply1" | "table" | "task" | "time" | "tran" | "tranif0"
        | "tranif1" | "tri" | "tri0" | "tri1" | "triand" | "trior" | "trireg" | "unsigned"
        | "use" | "uwire" | "vectored" | "wait" | "wand" | "weak0" | "weak1" | "while"
        | "wire" | "wor" | "xnor" | "xor"
    )
}
