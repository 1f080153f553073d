//! References to environment variables in the values of a document of this crate's format or of `OTEL_CONFIG_FILE`
//! ([specification](https://opentelemetry.io/docs/specs/otel/configuration/data-model/#environment-variable-substitution)).
//!
//! Values are substituted once: the content of a variable is not searched for references, and cannot add keys. Types
//! are determined afterwards.

use super::{Content, Mistake, Node};

/// The maximum size of all values of a document after substitution: 1 MiB.
const MAX_BYTES: usize = 1024 * 1024;

/// Replaces the references in all values, except in paths that `keeps` selects. `variable` returns the value of an
/// environment variable.
pub(in crate::config) fn substitute(
    root: &mut Node,
    variable: &dyn Fn(&str) -> Option<String>,
    keeps: fn(&[&str]) -> bool,
) -> Result<(), Mistake> {
    Substitution { variable, keeps, path: Vec::new(), bytes: 0 }.node(root)
}

struct Substitution<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    keeps: fn(&[&str]) -> bool,
    path: Vec<String>,
    bytes: usize,
}

impl Substitution<'_> {
    fn node(&mut self, node: &mut Node) -> Result<(), Mistake> {
        match &mut node.content {
            Content::Scalar { text, .. } => self.scalar(text).map_err(|message| Mistake {
                position: Some(node.position),
                path: self.path.join("."),
                message,
            }),
            Content::List(items) => {
                let mut items = items.iter_mut().enumerate();
                items.try_for_each(|(index, item)| self.below(&index.to_string(), item))
            }
            Content::Map(entries) => {
                entries.iter_mut().try_for_each(|entry| self.below(&entry.key, &mut entry.value))
            }
        }
    }

    fn below(&mut self, key: &str, node: &mut Node) -> Result<(), Mistake> {
        self.path.push(key.to_owned());
        self.node(node)?;
        self.path.pop();
        Ok(())
    }

    fn scalar(&mut self, text: &mut String) -> Result<(), String> {
        let path: Vec<_> = self.path.iter().map(String::as_str).collect();
        if text.contains('$') && !(self.keeps)(&path) {
            *text = substituted(text, self.variable)?;
        }
        self.bytes += text.len();
        if self.bytes > MAX_BYTES { Err(too_large()) } else { Ok(()) }
    }
}

fn too_large() -> String {
    format!("expected at most {MAX_BYTES} bytes of values, found more")
}

/// Replaces the references in one value. `$$` becomes a `$` that begins no reference.
fn substituted(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    for (at, part) in text.split("$$").enumerate() {
        if at > 0 {
            result.push('$');
        }
        references(part, variable, &mut result)?;
    }
    Ok(result)
}

/// Appends a text without `$$` to `result`, with the values in place of its references.
fn references(
    mut rest: &str,
    variable: &dyn Fn(&str) -> Option<String>,
    result: &mut String,
) -> Result<(), String> {
    while let Some((before, after)) = rest.split_once("${") {
        result.push_str(before);
        let end = after.find(['}', '\n']);
        let Some(end) = end.filter(|end| after[*end..].starts_with('}')) else {
            // Without a `}` on the same line, this is text and not a reference.
            result.push_str("${");
            rest = after;
            continue;
        };
        let (name, default) = parse(&after[..end])?;
        let value = variable(name).filter(|value| !value.is_empty());
        result.push_str(&value.unwrap_or_else(|| default.to_owned()));
        if result.len() > MAX_BYTES {
            return Err(too_large());
        }
        rest = &after[end + 1..];
    }
    result.push_str(rest);
    Ok(())
}

/// Parses the content of a reference: the name of a variable, and the default, which may be empty.
fn parse(reference: &str) -> Result<(&str, &str), String> {
    let inside = reference.strip_prefix("env:").unwrap_or(reference);
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, default),
        None => (inside, ""),
    };
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name =
        name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit());
    if is_name {
        return Ok((name, default));
    }
    // Only the name is quoted, because the default may be a credential.
    let shown: String = name.chars().take(64).collect();
    Err(format!(
        "expected `${{NAME}}`, `${{env:NAME}}` or `${{NAME:-default}}`, and `$$` for a `$`, found a reference to `{shown}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        let value = match name {
            "STRING_VALUE" => "value",
            "BOOL_VALUE" => "true",
            "FLOAT_VALUE" => "1.1",
            "INVALID_MAP_VALUE" => "value\nkey:value",
            "DO_NOT_REPLACE_ME" => "never",
            "REPLACE_ME" => "${DO_NOT_REPLACE_ME}",
            "VALUE_WITH_ESCAPE" => "value$$",
            "EMPTY" => "",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn references_are_replaced_once() {
        for (text, expected) in [
            ("${STRING_VALUE}", "value"),
            ("${env:STRING_VALUE}", "value"),
            ("${INVALID_MAP_VALUE}", "value\nkey:value"),
            ("foo ${STRING_VALUE} ${FLOAT_VALUE}", "foo value 1.1"),
            ("${UNDEFINED_KEY}", ""),
            ("${UNDEFINED_KEY:-fallback}", "fallback"),
            ("${EMPTY:-fallback}", "fallback"),
            ("${EMPTY}", ""),
            ("${BOOL_VALUE:-fallback}", "true"),
            ("${REPLACE_ME}", "${DO_NOT_REPLACE_ME}"),
            ("${UNDEFINED_KEY:-${STRING_VALUE}}", "${STRING_VALUE}"),
            ("$${STRING_VALUE}", "${STRING_VALUE}"),
            ("$$${STRING_VALUE}", "$value"),
            ("$$$${STRING_VALUE}", "$${STRING_VALUE}"),
            ("$${STRING_VALUE:-fallback}", "${STRING_VALUE:-fallback}"),
            ("$${STRING_VALUE:-${STRING_VALUE}}", "${STRING_VALUE:-value}"),
            ("${UNDEFINED_KEY:-$${UNDEFINED_KEY}}", "${UNDEFINED_KEY:-${UNDEFINED_KEY}}"),
            ("${VALUE_WITH_ESCAPE}", "value$$"),
            ("a $$ b", "a $ b"),
            ("a $ b", "a $ b"),
            ("${STRING_VALUE", "${STRING_VALUE"),
            ("${STRING\n_VALUE}", "${STRING\n_VALUE}"),
            ("${env:UNDEFINED_KEY:-a:-b}", "a:-b"),
            ("$", "$"),
            ("", ""),
        ] {
            let found = substituted(text, &variable).unwrap();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn an_invalid_reference_is_a_mistake() {
        for (text, name) in [
            ("${STRING_VALUE:?error}", "STRING_VALUE:?error"),
            ("${1API_KEY}", "1API_KEY"),
            ("a ${API_$KEY} b", "API_$KEY"),
            ("${}", ""),
            ("${env:}", ""),
            ("${sys:user.name}", "sys:user.name"),
            ("${file:/etc/passwd}", "file:/etc/passwd"),
        ] {
            let error = substituted(text, &variable).unwrap_err();
            let expected = format!("found a reference to `{name}`");
            assert!(error.ends_with(&expected), "{text}: {error}");
        }
        let error = substituted("${A B:-hunter2}", &variable).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
