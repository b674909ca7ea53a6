//! Reading pages: elements, their text, and forms. For pages that are well-formed, as ours are.

use http::Method;

/// Elements that have no end tag.
const VOID: [&str; 8] = ["input", "br", "hr", "img", "link", "meta", "source", "wbr"];

/// An element, its attributes, and the text in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its name, in lower case.
    pub name: String,
    attributes: Vec<(String, String)>,
    /// The text in it and in what it holds, white space as single spaces.
    pub text: String,
    /// The markup in it.
    inner: String,
}

impl Element {
    /// The value of an attribute, empty for one that has none.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A form, filled in as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Where it goes, as the page says it.
    pub action: String,
    /// How it goes.
    pub method: Method,
    /// Whether it is sent in parts (RFC 7578), as forms with files are.
    pub(super) is_multipart: bool,
    /// Names of fields that are files.
    pub(super) files: Vec<String>,
    fields: Vec<(String, String)>,
    buttons: Vec<(String, String)>,
    /// Names of boxes that are not ticked.
    unticked: Vec<String>,
}

impl Form {
    /// What would be sent.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The value of a field; the first, if there are several.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether there is such a field or button.
    pub fn has(&self, name: &str) -> bool {
        let named = |(known, _): &(String, String)| known == name;
        self.fields.iter().any(named) || self.buttons.iter().any(named) || self.unticked.iter().any(|one| one == name)
    }

    /// With a field filled in, a box ticked, or an option chosen; panics if there is no such field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Form {
        assert!(self.has(name), "the form to `{}` has no field `{name}`: {self:?}", self.action);
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a field that is not on the page, as somebody could send it all the same.
    #[must_use]
    pub fn with_extra(mut self, name: &str, value: &str) -> Form {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a field.
    #[must_use]
    pub fn without(mut self, name: &str) -> Form {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// By the button with this name and value.
    #[must_use]
    pub fn by(mut self, name: &str, value: &str) -> Form {
        let button = (name.to_owned(), value.to_owned());
        assert!(self.buttons.contains(&button), "there is no button {button:?}: {:?}", self.buttons);
        self.fields.push(button);
        self
    }
}

/// A start tag with its attributes, an end tag, or text.
enum Token<'h> {
    Start { name: String, attributes: Vec<(String, String)>, end: usize },
    End { name: String, start: usize },
    Text(&'h str),
}

/// All elements in document order.
pub(super) fn elements(html: &str) -> Vec<Element> {
    let tokens = tokens(html);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Start { name, attributes, end } = token else { continue };
        let (mut depth, mut text, mut close) = (0, String::new(), *end);
        if !VOID.contains(&name.as_str()) {
            for token in &tokens[at..] {
                match token {
                    Token::Start { name: other, .. } if other == name => depth += 1,
                    Token::End { name: other, start } if other == name => {
                        depth -= 1;
                        close = *start;
                        if depth == 0 {
                            break;
                        }
                    }
                    Token::Text(words) => text.push_str(words),
                    _ => text.push(' '),
                }
            }
        }
        let inner = html[*end..close.max(*end)].to_owned();
        found.push(Element {
            name: name.clone(),
            attributes: attributes.clone(),
            text: spaced(&decoded(&text)),
            inner,
        });
    }
    found
}

/// The text that a person sees.
pub(super) fn words(html: &str) -> String {
    let (mut text, mut hidden) = (String::new(), false);
    for token in tokens(html) {
        match token {
            Token::Start { name, .. } => {
                hidden = hidden || is_hidden(&name);
                text.push(' ');
            }
            Token::End { name, .. } => {
                hidden = hidden && !is_hidden(&name);
                text.push(' ');
            }
            Token::Text(words) if !hidden => text.push_str(words),
            Token::Text(_) => {}
        }
    }
    spaced(&decoded(&text))
}

fn is_hidden(name: &str) -> bool {
    matches!(name, "style" | "script" | "title")
}

/// All forms, filled in as they came.
pub(super) fn forms(html: &str) -> Vec<Form> {
    elements(html).into_iter().filter(|element| element.name == "form").map(|form| read_form(&form)).collect()
}

fn read_form(form: &Element) -> Form {
    let is_post = form.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
    let mut read = Form {
        action: form.attribute("action").unwrap_or_default().to_owned(),
        method: if is_post { Method::POST } else { Method::GET },
        is_multipart: form.attribute("enctype") == Some("multipart/form-data"),
        files: Vec::new(),
        fields: Vec::new(),
        buttons: Vec::new(),
        unticked: Vec::new(),
    };
    for field in elements(&form.inner) {
        let Some(name) = field.attribute("name").map(str::to_owned) else { continue };
        if field.attribute("disabled").is_some() {
            continue;
        }
        let value = field.attribute("value").unwrap_or_default().to_owned();
        let kind = field.attribute("type").unwrap_or_default();
        match (field.name.as_str(), kind) {
            ("input", "checkbox" | "radio") if field.attribute("checked").is_none() => read.unticked.push(name),
            ("input", "checkbox" | "radio") => {
                let value = field.attribute("value").unwrap_or("on");
                read.fields.push((name, value.to_owned()));
            }
            ("button", "button" | "reset") => {}
            ("input", "submit") | ("button", _) => read.buttons.push((name, value)),
            ("input", "file") => {
                read.files.push(name.clone());
                read.fields.push((name, String::new()));
            }
            ("input", _) => read.fields.push((name, value)),
            ("textarea", _) => {
                let text = decoded(&field.inner);
                read.fields.push((name, text.strip_prefix('\n').unwrap_or(&text).to_owned()));
            }
            ("select", _) => {
                let options = elements(&field.inner);
                let chosen = options.iter().find(|option| option.attribute("selected").is_some()).or(options.first());
                let value = chosen.map(|option| option.attribute("value").unwrap_or(&option.text).to_owned());
                read.fields.push((name, value.unwrap_or_default()));
            }
            _ => {}
        }
    }
    read
}

fn tokens(html: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < html.len() {
        let rest = &html[at..];
        let Some(open) = rest.find('<') else {
            tokens.push(Token::Text(rest));
            break;
        };
        if open > 0 {
            tokens.push(Token::Text(&rest[..open]));
        }
        let start = at + open;
        let tag = &html[start..];
        if tag.starts_with("<!--") {
            at = tag.find("-->").map_or(html.len(), |end| start + end + 3);
            continue;
        }
        let length = tag_length(tag);
        let inner = tag[1..length].trim_end_matches('>').trim_end_matches('/');
        at = start + length;
        if let Some(name) = inner.strip_prefix('/') {
            tokens.push(Token::End { name: name.trim().to_ascii_lowercase(), start });
        } else if !inner.starts_with('!') {
            let name_end = inner.find(char::is_whitespace).unwrap_or(inner.len());
            let name = inner[..name_end].to_ascii_lowercase();
            let is_raw = matches!(name.as_str(), "script" | "style" | "textarea");
            tokens.push(Token::Start { attributes: attributes(&inner[name_end..]), end: at, name: name.clone() });
            if is_raw {
                let end = html[at..].find(&format!("</{name}")).map_or(html.len(), |end| at + end);
                tokens.push(Token::Text(&html[at..end]));
                at = end;
            }
        }
    }
    tokens
}

/// How long a tag is, with the angle that ends it; an angle in quotes ends nothing.
fn tag_length(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

fn attributes(text: &str) -> Vec<(String, String)> {
    let (mut found, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|first| matches!(first, '"' | '\''));
            (value, rest) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
            };
        }
        if !name.is_empty() {
            found.push((name, decoded(value)));
        }
        rest = rest.trim_start();
    }
    found
}

/// Text with its references replaced: numbers, and the names that escaping uses.
fn decoded(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = rest.find(';').filter(|end| *end <= 10).and_then(|end| Some((character(&rest[1..end])?, end)));
        let (character, end) = reference.unwrap_or(('&', 0));
        out.push(character);
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

fn character(reference: &str) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!doctype html><title>hidden</title><style>p > a { color: red }</style>
        <h1>Sign &amp; go</h1><!-- <form action="/no"> -->
        <form action="/acs?a=1&amp;b=2" method="POST"><input type=hidden name="state" value="a&#34;b>c">
        <input name="email" type="email" required value=""><textarea name="groups">
moby:a
&lt;b&gt;</textarea><select name="role"><option value="">none<option value="editor" selected>Editor</select>
        <input type="checkbox" name="off" value="1"><input type="checkbox" name="on" checked>
        <input name="gone" disabled value="x"><button name="go" value="yes">Go</button></form>
        <form><button>Other</button></form><a href="/x">to <b>x</b></a>"#;

    #[test]
    fn forms_are_read_as_a_browser_would_send_them() {
        let forms = forms(PAGE);
        assert_eq!(forms.len(), 2);
        let form = &forms[0];
        assert_eq!((form.action.as_str(), &form.method), ("/acs?a=1&b=2", &Method::POST));
        let sent: Vec<_> = form.fields().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let due = [("state", "a\"b>c"), ("email", ""), ("groups", "moby:a\n<b>"), ("role", "editor"), ("on", "on")];
        assert_eq!(sent, due);
        let changed = form.clone().with("email", "ada@example.com").with("off", "1").by("go", "yes");
        assert_eq!((changed.value("email"), changed.value("go")), (Some("ada@example.com"), Some("yes")));
        assert!(form.has("off") && form.has("go") && !form.has("gone"));
    }

    #[test]
    fn people_read_text_and_links() {
        assert!(words(PAGE).starts_with("Sign & go moby:a <b>"), "{}", words(PAGE));
        let link = elements(PAGE).into_iter().find(|element| element.name == "a").unwrap();
        assert_eq!((link.attribute("href"), link.text.as_str()), (Some("/x"), "to x"));
    }

    #[test]
    fn broken_pages_are_read_as_far_as_they_go() {
        for html in ["", "<", "<a", "<a b='", "<!--", "</", "&", "&#;", "&#xffffffff;", "<a =x>", "<form><input"] {
            drop((elements(html), words(html), forms(html)));
        }
    }
}
