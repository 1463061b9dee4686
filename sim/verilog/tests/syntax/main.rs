//! The parser: what it makes of each construct, and what it says to what it refuses.
//!
//! Trees are compared as text, in the [`notation`] with all brackets.

mod expressions;
mod items;
mod limits;
mod literals;
mod modules;
mod notation;
mod refusals;
mod statements;

use slackwater_verilog::error::Error;
use slackwater_verilog::syntax::parse;
use slackwater_verilog::syntax::tree::Item;

/// The modules of `text`, in the notation with all brackets.
fn modules(text: &str) -> String {
    let modules = parse("t.v", text).unwrap_or_else(|error| panic!("{error}\nin: {text}"));
    notation::modules(&modules)
}

/// The items of a module that contains `text`, in the notation with all brackets.
fn items(text: &str) -> String {
    let text = modules(&format!("module m; {text} endmodule"));
    let text = text.strip_prefix("module m();").expect("one module");
    text.strip_suffix(" endmodule")
        .expect("one module")
        .trim()
        .into()
}

/// An expression, in the notation with all brackets.
fn expression(text: &str) -> String {
    let text = items(&format!("assign t = {text};"));
    let text = text.strip_prefix("assign t = ").expect("one assignment");
    text.strip_suffix(';').expect("one assignment").into()
}

/// A statement, in the notation with all brackets.
fn statement(text: &str) -> String {
    let text = items(&format!("initial {text}"));
    text.strip_prefix("initial ").expect("one statement").into()
}

/// The item of a module of one item.
fn item(text: &str) -> Item {
    let mut modules = parse("t.v", &format!("module m;\n{text}\nendmodule")).expect("Verilog");
    modules.remove(0).items.remove(0)
}

/// What is said to a source.
fn error(text: &str) -> Error {
    match parse("t.v", text) {
        Ok(modules) => panic!("taken: {text}\nas: {}", notation::modules(&modules)),
        Err(error) => error,
    }
}
