//! Writes markup that is well-formed whatever the text in it.

use std::fmt::{Display, Write};

/// An attribute and its value.
pub type Attribute<'a> = (&'static str, &'a dyn Display);

/// Markup that is being written: HTML as XML would have it too. What is open in the end is closed.
#[derive(Debug, Default)]
pub struct Markup {
    text: String,
    open: Vec<&'static str>,
}

impl Markup {
    /// Begins an element.
    pub fn open(&mut self, tag: &'static str, attributes: &[Attribute<'_>]) -> &mut Self {
        self.tag(tag, attributes);
        self.text.push('>');
        self.open.push(tag);
        self
    }

    /// Ends the innermost element.
    pub fn close(&mut self) -> &mut Self {
        if let Some(tag) = self.open.pop() {
            self.text.push_str("</");
            self.text.push_str(tag);
            self.text.push('>');
        }
        self
    }

    /// Text as it is read: nothing in it is markup.
    pub fn text(&mut self, text: impl Display) -> &mut Self {
        escape(&mut self.text, &text);
        self
    }

    /// An element with nothing but text.
    pub fn element(
        &mut self,
        tag: &'static str,
        attributes: &[Attribute<'_>],
        text: impl Display,
    ) -> &mut Self {
        self.open(tag, attributes).text(text).close()
    }

    /// An element without contents: a shape, or one of HTML's void elements.
    pub fn leaf(&mut self, tag: &'static str, attributes: &[Attribute<'_>]) -> &mut Self {
        self.tag(tag, attributes);
        self.text.push_str("/>");
        self
    }

    /// Markup that is part of this program, such as the style sheet.
    pub fn verbatim(&mut self, markup: &'static str) -> &mut Self {
        self.text.push_str(markup);
        self
    }

    /// A new line in the source of the page.
    pub fn line(&mut self) -> &mut Self {
        self.text.push('\n');
        self
    }

    /// All of it.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text
    }

    fn tag(&mut self, tag: &'static str, attributes: &[Attribute<'_>]) {
        self.text.push('<');
        self.text.push_str(tag);
        for (name, value) in attributes {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            escape(&mut self.text, value);
            self.text.push('"');
        }
    }
}

fn escape(into: &mut String, value: &dyn Display) {
    // Writing to a String cannot fail.
    let _ = write!(Escaped(into), "{value}");
}

/// Writes what it gets as text.
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(character),
                // No other control character may stand in XML, nor these two.
                '\u{fffe}' | '\u{ffff}' => self.0.push('\u{fffd}'),
                _ if character.is_control() => self.0.push('\u{fffd}'),
                _ => self.0.push(character),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        let mut markup = Markup::default();
        markup.element("p", &[("title", &"\"><b>&")], "<script>'\u{1b}\u{0}");
        assert_eq!(
            markup.finish(),
            "<p title=\"&quot;&gt;&lt;b&gt;&amp;\">&lt;script&gt;&#39;\u{fffd}\u{fffd}</p>"
        );
    }

    #[test]
    fn what_is_open_is_closed() {
        let mut markup = Markup::default();
        markup
            .open("a", &[])
            .open("b", &[])
            .leaf("c", &[("d", &1)])
            .close();
        markup.close().close().open("e", &[]);
        assert_eq!(markup.finish(), "<a><b><c d=\"1\"/></b></a><e></e>");
    }
}
