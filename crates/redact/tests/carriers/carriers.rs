//! The languages in which a tree is written, and their readers.

use std::cell::Cell;

use floe_redact::Redactor;
use serde_json::{Map, Value};

use super::tree::Tree;

/// Random numbers for the choices that a language leaves to its writer.
pub(crate) struct Style(Cell<u64>);

impl Style {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    fn below(&self, limit: u64) -> u64 {
        self.0.set(
            self.0
                .get()
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407),
        );
        (self.0.get() >> 33) % limit
    }

    fn one<'t>(&self, of: &[&'t str]) -> &'t str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Leak,
    Unreadable,
    Changed,
}

/// Redacts a tree in a language. Returns a fault, if there is one, and the text before and after the redaction.
pub(crate) fn fault(tree: &Tree, carrier: &Carrier, seed: u64) -> Option<(Fault, String, String)> {
    let text = (carrier.write)(tree, &Style::new(seed));
    assert_eq!(read(tree, carrier, &text), Ok(()), "{}: {text}", carrier.name);
    let safe = Redactor::new().redact(&text).into_owned();
    let secrets = tree.secrets();
    let mut parts = secrets.iter().flat_map(|it| it.split(|c: char| !c.is_alphanumeric()));
    let fault = if parts.any(|part| part.len() > 3 && safe.contains(part)) {
        Some(Fault::Leak)
    } else {
        read(tree, carrier, &safe).err()
    };
    fault.map(|fault| (fault, text, safe))
}

fn read(tree: &Tree, carrier: &Carrier, text: &str) -> Result<(), Fault> {
    let read = (carrier.read)(text).ok_or(Fault::Unreadable)?;
    let fields = tree.fields().into_iter().map(|(name, field)| (name.to_owned(), field));
    let flat = || Tree::Map(fields.collect()).compare(&read);
    if carrier.is_flat { flat() } else { tree.compare(&read) }.map_err(|_| Fault::Changed)
}

/// A language with its writer and its reader. The reader returns `None` for a text that is not in the language.
pub(crate) struct Carrier {
    pub(crate) name: &'static str,
    pub(crate) write: fn(&Tree, &Style) -> String,
    pub(crate) read: fn(&str) -> Option<Value>,
    /// Whether the language has no levels, but a name for each leaf.
    pub(crate) is_flat: bool,
}

#[rustfmt::skip]
pub(crate) const CARRIERS: [Carrier; 10] = [
    Carrier { name: "JSON", is_flat: false, write: json, read: read_json },
    Carrier { name: "JSON in a line", is_flat: false,
        write: |tree, style| format!("INFO sent payload={} to db1 in 7 ms", json(tree, style)),
        read: |text| read_json(text.strip_prefix("INFO sent payload=")?.strip_suffix(" to db1 in 7 ms")?) },
    Carrier { name: "JSON in JSON", is_flat: false,
        write: |tree, style| Value::from(json(tree, style)).to_string(),
        read: |text| read_json(read_json(text)?.as_str()?) },
    Carrier { name: "JSON in Debug", is_flat: false,
        write: |tree, style| format!("Error {{ body: {:?} }}", json(tree, style)),
        read: |text| read_json(read_debug(text)?.get("body")?.as_str()?) },
    Carrier { name: "JSON in CSV", is_flat: false,
        write: |tree, style| format!("7,\"{}\",x", json(tree, style).replace('"', "\"\"")),
        read: |text| read_json(&text.strip_prefix("7,\"")?.strip_suffix("\",x")?.replace("\"\"", "\"")) },
    Carrier { name: "JSON in HTML", is_flat: false,
        write: |tree, style| json(tree, style).replace('&', "&amp;").replace('"', "&quot;"),
        read: |text| read_json(&text.replace("&quot;", "\"").replace("&amp;", "&")) },
    Carrier { name: "YAML", is_flat: false,
        write: |tree, style| yaml(tree, style, 0), read: |text| serde_saphyr::from_str(text).ok() },
    Carrier { name: "Debug", is_flat: false,
        write: |tree, style| debug(tree, style, style.below(3) == 0), read: read_debug },
    Carrier { name: "logfmt", is_flat: true, write: logfmt, read: read_pairs },
    Carrier { name: "command", is_flat: true, write: command, read: read_command },
];

/// Writes JSON with optional blanks and optional escapes.
fn json(tree: &Tree, style: &Style) -> String {
    match tree {
        Tree::List(items) => {
            let items: Vec<_> = items.iter().map(|item| json(item, style)).collect();
            grouped(&items, ['[', ']'], style)
        }
        Tree::Map(fields) => {
            let colon = style.one(&[":", ": ", " : "]);
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, it)| format!("\"{name}\"{colon}{}", json(it, style)))
                .collect();
            grouped(&fields, ['{', '}'], style)
        }
        Tree::Number(_) | Tree::SecretNumber(_) | Tree::Literal(_) => tree.text(),
        _ => {
            let escape = |text: &str| Value::from(text).to_string();
            match style.below(4) {
                0 => escape(&tree.text()).replace('/', "\\/"),
                1 => escape(&tree.text().replace('"', "\0"))
                    .replace("\\u0000", "\\u0022")
                    .replace('\'', "\\u0027"),
                _ => escape(&tree.text()),
            }
        }
    }
}

fn grouped(items: &[String], [open, close]: [char; 2], style: &Style) -> String {
    let (begin, comma, end) = match style.below(3) {
        0 => ("\n  ", ",\n  ", "\n"),
        1 => (" ", ", ", " "),
        _ => ("", ",", ""),
    };
    format!("{open}{begin}{}{end}{close}", items.join(comma))
}

fn read_json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// Writes YAML in blocks, or with lists and maps in brackets.
fn yaml(tree: &Tree, style: &Style, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let below = |it: &Tree| match it {
        Tree::List(items) if items.is_empty() => " []".to_owned(),
        Tree::List(_) | Tree::Map(_) if style.below(3) > 0 => {
            format!("\n{}", yaml(it, style, depth + 1))
        }
        it => format!(" {}", yaml_flow(it, style)),
    };
    match tree {
        Tree::List(items) => {
            items.iter().map(|it| format!("{indent}- {}\n", yaml_flow(it, style))).collect()
        }
        Tree::Map(fields) => fields
            .iter()
            .map(|(name, it)| format!("{indent}{name}:{}\n", below(it).trim_end_matches('\n')))
            .collect(),
        leaf => yaml_flow(leaf, style),
    }
}

fn yaml_flow(tree: &Tree, style: &Style) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match tree {
        Tree::List(items) => {
            format!("[{}]", list(items.iter().map(|it| yaml_flow(it, style)).collect()))
        }
        Tree::Map(fields) => {
            let field = |(name, it): &(String, Tree)| format!("{name}: {}", yaml_flow(it, style));
            format!("{{{}}}", list(fields.iter().map(field).collect()))
        }
        Tree::Number(_) | Tree::SecretNumber(_) | Tree::Literal(_) => tree.text(),
        _ => {
            let text = tree.text();
            let is_plain = !text.is_empty()
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "_!/".contains(c));
            let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
                && !["null", "true"].contains(&&*text);
            match style.below(3) {
                0 if is_plain && is_word => text,
                1 if !text.contains(['\n', '\t']) => format!("'{}'", text.replace('\'', "''")),
                _ => Value::from(text).to_string(),
            }
        }
    }
}

/// Writes Rust's `{:?}` or `{:#?}` of structs, maps and lists.
fn debug(tree: &Tree, style: &Style, is_pretty: bool) -> String {
    let group = |open: &str, items: Vec<String>, close: &str| match items.len() {
        0 => format!("{open}{close}").replace(' ', ""),
        _ if is_pretty => {
            let inner = items.join(",\n").replace('\n', "\n    ");
            format!("{}\n    {inner},\n{}", open.trim_end(), close.trim_start())
        }
        _ => format!("{open}{}{close}", items.join(", ")),
    };
    match tree {
        Tree::List(items) => {
            group("[", items.iter().map(|it| debug(it, style, is_pretty)).collect(), "]")
        }
        Tree::Map(fields) => {
            let is_struct = style.below(2) == 0
                && fields.iter().all(|(name, _)| !name.contains('-') && name != "1");
            let field = |(name, it): &(String, Tree)| {
                let it = debug(it, style, is_pretty);
                if is_struct { format!("{name}: {it}") } else { format!("{name:?}: {it}") }
            };
            let fields = fields.iter().map(field).collect();
            if is_struct { group("Account { ", fields, " }") } else { group("{", fields, "}") }
        }
        Tree::Literal(None) => "None".to_owned(),
        Tree::Number(_) | Tree::SecretNumber(_) | Tree::Literal(_) => tree.text(),
        _ if style.below(4) == 0 => format!("Some({:?})", tree.text()),
        _ => format!("{:?}", tree.text()),
    }
}

fn read_debug(text: &str) -> Option<Value> {
    let mut rest = text;
    let read = debug_value(&mut rest)?;
    rest.trim().is_empty().then_some(read)
}

fn debug_value(rest: &mut &str) -> Option<Value> {
    *rest = rest.trim_start();
    let word =
        rest.find(|c: char| !c.is_alphanumeric() && !"_-<>".contains(c)).unwrap_or(rest.len());
    let (name, tail) = rest.split_at(word);
    let open = tail.trim_start().chars().next();
    match open {
        Some('"') if name.is_empty() => unquoted(rest).map(Value::from),
        Some('[' | '(') => {
            *rest = &tail.trim_start()[1..];
            let mut items = Vec::new();
            while !closes(rest)? {
                items.push(debug_value(rest)?);
            }
            if name == "Some" { items.pop() } else { Some(items.into()) }
        }
        Some('{') => {
            *rest = &tail.trim_start()[1..];
            let mut fields = Map::new();
            while !closes(rest)? {
                let name = debug_value(rest)?.as_str()?.to_owned();
                *rest = rest.trim_start().strip_prefix(':')?;
                fields.insert(name, debug_value(rest)?);
            }
            Some(fields.into())
        }
        _ if name.is_empty() => None,
        _ => {
            *rest = tail;
            Some(if name == "None" { Value::Null } else { name.into() })
        }
    }
}

/// Whether the group ends here. Otherwise, skips the comma before the next item.
fn closes(rest: &mut &str) -> Option<bool> {
    *rest = rest.trim_start().trim_start_matches(',').trim_start();
    let closes = rest.starts_with([']', ')', '}']);
    if closes {
        *rest = &rest[1..];
    }
    (closes || !rest.is_empty()).then_some(closes)
}

/// Reads the text in quotes, with escapes.
fn unquoted(rest: &mut &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = rest.strip_prefix('"')?.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'u' => return None,
                other => text.push(other),
            },
            '"' => {
                *rest = chars.as_str();
                return Some(text);
            }
            _ => text.push(c),
        }
    }
    None
}

fn logfmt(tree: &Tree, _: &Style) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "_.!$/*%-".contains(c);
    let pair = |(name, leaf): (&str, Tree)| match leaf.text() {
        text if !text.is_empty() && text.chars().all(is_bare) => format!("{name}={text}"),
        text => format!("{name}={text:?}"),
    };
    tree.fields().into_iter().map(pair).collect::<Vec<_>>().join(" ")
}

/// Reads `name=value` with a blank between the pairs.
fn read_pairs(text: &str) -> Option<Value> {
    let mut rest = text;
    let mut fields = Map::new();
    while !rest.is_empty() {
        let (name, tail) = rest.split_once('=')?;
        rest = tail;
        let value = if rest.starts_with('"') {
            unquoted(&mut rest)?
        } else {
            let (value, tail) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
            rest = tail;
            value.to_owned()
        };
        fields.insert(name.to_owned(), value.into());
        rest = if rest.is_empty() { rest } else { rest.strip_prefix(' ')? };
    }
    Some(fields.into())
}

fn command(tree: &Tree, style: &Style) -> String {
    let option = |(name, leaf): (&str, Tree)| {
        let text = leaf.text();
        let is_bare = !text.is_empty()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.!/".contains(c));
        let argument = match style.below(3) {
            _ if is_bare => text,
            0 => format!(
                "\"{}\"",
                text.replace('\\', "\\\\")
                    .replace('"', "\\\"")
                    .replace('$', "\\$")
                    .replace('`', "\\`")
            ),
            _ => format!("'{}'", text.replace('\'', "'\\''")),
        };
        format!("--{name}{}{argument}", style.one(&["=", " "]))
    };
    let options: Vec<_> = tree.fields().into_iter().map(option).collect();
    format!("loader {} --quiet", options.join(" "))
}

fn read_command(text: &str) -> Option<Value> {
    let mut words =
        shlex::split(text.strip_prefix("loader ")?.strip_suffix(" --quiet")?)?.into_iter();
    let mut fields = Map::new();
    while let Some(word) = words.next() {
        let word = word.strip_prefix("--")?;
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (word.to_owned(), words.next()?),
        };
        fields.insert(name, value.into());
    }
    Some(fields.into())
}
