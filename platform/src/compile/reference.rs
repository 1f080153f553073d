//! References in SQL, `{{ ref('model') }}` and `{{ source('source') }}`: parses them, and replaces them with table
//! names.

use std::ops::Range;
use std::path::Path;

use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_plugins::sql::quoted_name;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Model,
    Source,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub target: Target,
    pub name: String,
    /// The byte range of the whole placeholder, with its braces.
    pub range: Range<usize>,
}

/// Returns the references of a query in the order of the text. A placeholder that is not a reference is an error.
pub fn find(file: &Path, sql: &str) -> Result<Vec<Reference>, Error> {
    let mut references = Vec::new();
    let mut from = 0;
    while let Some(open) = sql[from..].find("{{").map(|at| from + at) {
        let wrong = |found: &str| {
            Error::input(
                Place::offset(file, sql, open),
                format!(
                    "expected {{{{ ref('model') }}}} or {{{{ source('source') }}}}, found `{found}`"
                ),
            )
        };
        let first_line = sql[open..].lines().next().unwrap_or_default();
        let Some(close) = first_line.find("}}") else {
            return Err(wrong(first_line.trim_end()));
        };
        let range = open..open + close + 2;
        from = range.end;
        let Some((target, name)) = parse(&sql[open + 2..open + close]) else {
            return Err(wrong(&sql[range]));
        };
        references.push(Reference { target, name, range });
    }
    Ok(references)
}

/// Parses `ref('name')` or `source('name')`, with any whitespace.
fn parse(inside: &str) -> Option<(Target, String)> {
    let (function, rest) = inside.trim().split_once('(')?;
    let target = match function.trim_end() {
        "ref" => Target::Model,
        "source" => Target::Source,
        _ => return None,
    };
    let argument = rest.strip_suffix(')')?.trim();
    let quote = argument.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
    let name = argument.strip_prefix(quote)?.strip_suffix(quote)?;
    (!name.is_empty() && !name.contains(['\'', '"'])).then(|| (target, name.to_owned()))
}

/// Returns the query with table names instead of references, and without semicolons at its end.
pub fn render(sql: &str, references: &[Reference]) -> String {
    let mut rendered = String::with_capacity(sql.len());
    let mut from = 0;
    for reference in references {
        rendered.push_str(&sql[from..reference.range.start]);
        rendered.push_str(&quoted_name(&reference.name));
        from = reference.range.end;
    }
    rendered.push_str(&sql[from..]);
    let is_end = |sign: char| sign == ';' || sign.is_whitespace();
    rendered.trim_end_matches(is_end).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str) -> Result<(Vec<String>, String), String> {
        let references = find(Path::new("m.sql"), sql).map_err(|error| error.to_string())?;
        let names = references.iter().map(|reference| reference.name.clone()).collect();
        Ok((names, render(sql, &references)))
    }

    #[test]
    fn references_are_replaced_by_table_names() {
        let (names, sql) =
            check("select *\nfrom {{ ref('a') }} join {{source( \"b\" )}} using (id); ;\n")
                .unwrap();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(sql, "select *\nfrom \"a\" join \"b\" using (id)");
    }

    #[test]
    fn anything_else_in_braces_is_an_error_with_its_place() {
        let accepted = "expected {{ ref('model') }} or {{ source('source') }}";
        for (sql, place, found) in [
            ("select {{ config() }}", "1:8", "{{ config() }}"),
            ("select 1\nfrom {{ ref(a) }}", "2:6", "{{ ref(a) }}"),
            ("from {{ ref('a')", "1:6", "{{ ref('a')"),
            ("from {{ ref('') }}", "1:6", "{{ ref('') }}"),
            ("from {{ ref('a\"b') }}", "1:6", "{{ ref('a\"b') }}"),
        ] {
            assert_eq!(check(sql), Err(format!("m.sql:{place}: {accepted}, found `{found}`")));
        }
    }
}
