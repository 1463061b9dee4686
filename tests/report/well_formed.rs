//! Whether a page is well-formed, as XML has it.

/// HTML's elements that have no contents; here they end as XML wants it.
const VOID: [&str; 3] = ["meta", "br", "hr"];

/// Checks tags, attributes, references and characters. A problem names its place.
pub fn check(page: &str) -> Result<(), String> {
    let body = page
        .strip_prefix("<!DOCTYPE html>\n")
        .ok_or("the page has no document type")?;
    let mut open: Vec<&str> = Vec::new();
    let mut elements = 0;
    let mut rest = body;
    while let Some(start) = rest.find('<') {
        text(&rest[..start])?;
        let tag = &rest[start + 1..];
        let end = tag_end(tag)?;
        let (tag, behind) = (&tag[..end], &tag[end + 1..]);
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            match open.pop() {
                Some(opened) if opened == name => {}
                opened => return Err(format!("</{name}> ends {opened:?}")),
            }
            continue;
        }
        if open.is_empty() && elements > 0 {
            return Err(format!("<{tag}> is behind the root"));
        }
        elements += 1;
        let (tag, is_leaf) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let name = attributes(tag)?;
        let in_svg = name == "svg" || open.contains(&"svg");
        if is_leaf && !in_svg && !VOID.contains(&name) {
            return Err(format!("<{name}/> would stay open in HTML"));
        }
        if !is_leaf {
            open.push(name);
        }
    }
    text(rest)?;
    if !rest.trim().is_empty() {
        return Err(format!("{rest:?} is behind the root"));
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(format!("{open:?} are not closed"))
    }
}

/// Where a tag ends; `>` may stand in no value here.
fn tag_end(tag: &str) -> Result<usize, String> {
    let end = tag
        .find('>')
        .ok_or_else(|| format!("<{:.40} has no end", tag))?;
    match tag[..end].find('<') {
        Some(_) => Err(format!("< stands in <{}>", &tag[..end])),
        None => Ok(end),
    }
}

/// The name of a tag whose attributes are checked.
fn attributes(tag: &str) -> Result<&str, String> {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if !is_name(name) {
        return Err(format!("<{tag}> has no name"));
    }
    let mut seen = Vec::new();
    while !rest.is_empty() {
        let problem = || format!("<{tag}>: the attributes end at {rest:?}");
        let (attribute, value) = rest.split_once("=\"").ok_or_else(problem)?;
        let (value, behind) = value.split_once('"').ok_or_else(problem)?;
        if !is_name(attribute) || seen.contains(&attribute) {
            return Err(problem());
        }
        seen.push(attribute);
        text(value)?;
        rest = match behind.strip_prefix(' ') {
            Some(behind) if !behind.is_empty() => behind,
            None if behind.is_empty() => behind,
            _ => return Err(problem()),
        };
    }
    Ok(name)
}

/// Text has no bare ampersand and no character that XML forbids.
fn text(text: &str) -> Result<(), String> {
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        if !known.iter().any(|known| text[at..].starts_with(known)) {
            return Err(format!("a bare ampersand: {:.20}", &text[at..]));
        }
    }
    let forbidden =
        |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{fffe}' || c == '\u{ffff}';
    match text.chars().find(|&c| forbidden(c)) {
        Some(found) => Err(format!("{found:?} is no character of XML")),
        None => Ok(()),
    }
}

#[test]
fn what_is_not_well_formed_is_found() {
    let page = |body: &str| check(&format!("<!DOCTYPE html>\n{body}"));
    assert_eq!(
        page("<html a=\"1\" b=\"&lt;\"><meta c=\"\"/>x<p></p><svg><g/></svg></html>\n"),
        Ok(())
    );
    for body in [
        "<html>",
        "<html></p>",
        "<p><b></p></b>",
        "<p></p><p></p>",
        "<p></p>x",
        "<p a=1></p>",
        "<p a=\"1\"b=\"2\"></p>",
        "<p a=\"1\" a=\"2\"></p>",
        "<p a=\"<\"></p>",
        "<p a=\"&\"></p>",
        "<p>&nbsp;</p>",
        "<p>\u{1b}</p>",
        "<p/>",
        "<p",
        "<1></1>",
    ] {
        assert!(page(body).is_err(), "{body}");
    }
    assert!(check("<html></html>").is_err());
}
