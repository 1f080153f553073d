//! The recorded part of a statement: a summary of low cardinality, and the text without its literals.

use opentelemetry::KeyValue;

/// The maximum length of a summary, in bytes, by the conventions. A longer one is cut after the last word that fits.
const MAX_SUMMARY: usize = 255;

/// The maximum number of bytes of a statement that are read, which bounds the time.
const MAX_TEXT: usize = 16 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// The operations and their objects, by the [conventions], such as `SELECT orders customers`.
    ///
    /// [conventions]: https://opentelemetry.io/docs/specs/semconv/database/database-spans/#generating-a-summary-of-the-query
    pub(crate) summary: String,
    /// The statement with `?` in place of each literal, without comments, and with one blank for several.
    pub(crate) text: String,
}

const OPERATIONS: &[&str] = &[
    "ALTER",
    "ANALYZE",
    "ATTACH",
    "BEGIN",
    "CALL",
    "COMMIT",
    "COPY",
    "CREATE",
    "DELETE",
    "DETACH",
    "DROP",
    "EXEC",
    "EXECUTE",
    "EXPLAIN",
    "GRANT",
    "INSERT",
    "LISTEN",
    "LOCK",
    "MERGE",
    "NOTIFY",
    "PRAGMA",
    "REFRESH",
    "RELEASE",
    "REPLACE",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "SHOW",
    "START",
    "TRUNCATE",
    "UPDATE",
    "USE",
    "VACUUM",
];

/// Operations besides `SELECT` that may be part of another one: after a bracket, `AS`, `ALL` or `EXPLAIN`.
const INNER_OPERATIONS: &[&str] = &["DELETE", "INSERT", "UPDATE"];

/// Words before the name of a table or a view.
const BEFORE_NAMES: &[&str] = &["FROM", "INTO", "JOIN"];

/// Operations that are followed by a name.
const NAMED_OPERATIONS: &[&str] = &["CALL", "EXEC", "EXECUTE", "TRUNCATE", "UPDATE"];

/// Operations whose object belongs to the summary: `CREATE TABLE orders`.
const DEFINITIONS: &[&str] = &["ALTER", "CREATE", "DROP", "TRUNCATE"];

const OBJECTS: &[&str] = &[
    "DATABASE",
    "FUNCTION",
    "INDEX",
    "PROCEDURE",
    "SCHEMA",
    "SEQUENCE",
    "TABLE",
    "TRIGGER",
    "TYPE",
    "VIEW",
];

/// Words that may precede a name and are not part of it.
const BEFORE_NAME: &[&str] = &["CONCURRENTLY", "EXISTS", "IF", "LATERAL", "NOT", "ONLY", "TABLE"];

/// Words that end a list of tables.
const CLAUSES: &[&str] = &[
    "EXCEPT",
    "GROUP",
    "HAVING",
    "INTERSECT",
    "LIMIT",
    "ON",
    "ORDER",
    "RETURNING",
    "SET",
    "UNION",
    "USING",
    "VALUES",
    "WHERE",
    "WINDOW",
];

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

impl Query {
    pub(crate) fn name(&self, system: &'static str) -> String {
        match &*self.summary {
            "" => system.to_owned(),
            summary => summary.to_owned(),
        }
    }

    pub(crate) fn attributes(self) -> Vec<KeyValue> {
        let text = KeyValue::new("db.query.text", self.text);
        let summary = Some(self.summary)
            .filter(|summary| !summary.is_empty())
            .map(|it| KeyValue::new("db.query.summary", it));
        summary.into_iter().chain([text]).collect()
    }

    pub(crate) fn read(sql: &str, double_quoted: DoubleQuoted) -> Self {
        let mut ends = (0..=sql.len().min(MAX_TEXT)).rev();
        let end = ends.find(|end| sql.is_char_boundary(*end));
        let sql = &sql[..end.unwrap_or(0)];
        let mut tokens = Tokens { sql, at: 0, double_quoted };
        let mut summary = Summary::default();
        let mut text = String::with_capacity(sql.len());
        let mut is_apart = false;
        while let Some(token) = tokens.next(summary.next == Next::Name) {
            let part = match token {
                Token::Blank => {
                    is_apart = true;
                    continue;
                }
                Token::Word(part)
                | Token::Name(part)
                | Token::Sign(part)
                | Token::Parameter(part) => part,
                Token::Literal => "?",
            };
            if std::mem::take(&mut is_apart) && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(part);
            summary.read(token);
        }
        Self { summary: summary.text, text }
    }
}

/// The meaning of a word in double quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DoubleQuoted {
    Name,
    /// A text. It counts as a text, too, if the settings of the database determine whether it is a name.
    Text,
    /// A name if the database knows it, and a text otherwise. So it counts as a name only where a text is impossible:
    /// in place of a table's name, and beside a dot.
    NameOrText,
}

impl DoubleQuoted {
    pub(crate) fn of(system: &str) -> Self {
        match system {
            "postgresql" => Self::Name,
            "sqlite" => Self::NameOrText,
            _ => Self::Text,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'s> {
    Blank,
    /// A keyword or an unquoted name, including dots.
    Word(&'s str),
    /// A name in double quotes, backticks or brackets.
    Name(&'s str),
    /// A placeholder: `?`, `?1`, `$1`, `:name`, `@name`.
    Parameter(&'s str),
    /// A text, a number or a blob.
    Literal,
    Sign(&'s str),
}

struct Tokens<'s> {
    sql: &'s str,
    at: usize,
    double_quoted: DoubleQuoted,
}

impl<'s> Tokens<'s> {
    /// Reads the next token. `is_name_expected` means that the name of a table is next.
    fn next(&mut self, is_name_expected: bool) -> Option<Token<'s>> {
        let rest = &self.sql[self.at..];
        let mut chars = rest.chars();
        let first = chars.next()?;
        let second = chars.next().unwrap_or('\0');
        let (token, len) = match first {
            _ if first.is_whitespace() => (Token::Blank, prefix_length(rest, char::is_whitespace)),
            '-' if second == '-' => (Token::Blank, rest.find('\n').unwrap_or(rest.len())),
            // A comment in MySQL, but an operator in PostgreSQL.
            '#' if self.double_quoted == DoubleQuoted::Text => {
                (Token::Blank, rest.find('\n').unwrap_or(rest.len()))
            }
            '/' if second == '*' => (Token::Blank, comment_length(rest)),
            '\'' => (Token::Literal, quoted_length(rest, '\'')),
            // `E'…'`, `X'…'`, `N'…'`, `B'…'`: a text with a prefix.
            'e' | 'E' | 'x' | 'X' | 'n' | 'N' | 'b' | 'B' if second == '\'' => {
                (Token::Literal, 1 + quoted_length(&rest[1..], '\''))
            }
            '"' | '`' => {
                let len = quoted_length(rest, first);
                let is_beside_dot =
                    || self.sql[..self.at].ends_with('.') || rest[len..].starts_with('.');
                let is_name = first == '`'
                    || match self.double_quoted {
                        DoubleQuoted::Name => true,
                        DoubleQuoted::Text => false,
                        DoubleQuoted::NameOrText => is_name_expected || is_beside_dot(),
                    };
                let name = Token::Name(&rest[..len]);
                (if is_name { name } else { Token::Literal }, len)
            }
            '[' if second.is_alphabetic() && bracket_length(rest).is_some() => {
                let len = bracket_length(rest)?;
                (Token::Name(&rest[..len]), len)
            }
            '$' if dollar_length(rest).is_some() => (Token::Literal, dollar_length(rest)?),
            '?' | '$' | ':' | '@' if is_word(second) => {
                let len = first.len_utf8() + prefix_length(&rest[first.len_utf8()..], is_word);
                (Token::Parameter(&rest[..len]), len)
            }
            '?' => (Token::Parameter("?"), 1),
            _ if first.is_ascii_digit() || first == '.' && second.is_ascii_digit() => {
                (Token::Literal, number_length(rest))
            }
            _ if is_word(first) => {
                let len = prefix_length(rest, |c| is_word(c) || c == '.');
                (Token::Word(&rest[..len]), len)
            }
            _ => (Token::Sign(&rest[..first.len_utf8()]), first.len_utf8()),
        };
        self.at += len;
        Some(token)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn prefix_length(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

/// Returns the length of a quoted text, in which two quotes stand for one. Only some databases escape a quote with a
/// backslash, so after `\'`, the whole rest of the statement counts as the literal, and no literal is recorded.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && chars.next_if(|(_, next)| *next == quote).is_some() {
            return text.len();
        } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// Returns the length of a name in brackets. Other brackets, such as those of an array, may contain literals.
fn bracket_length(text: &str) -> Option<usize> {
    let end = 1 + prefix_length(&text[1..], |c| is_word(c) || c == ' ');
    text[end..].starts_with(']').then_some(end + 1)
}

/// Returns the length of `$$…$$` or `$tag$…$tag$`.
fn dollar_length(text: &str) -> Option<usize> {
    let tag = 1 + prefix_length(&text[1..], is_word);
    let is_tag =
        text[tag..].starts_with('$') && !text[1..].starts_with(|c: char| c.is_ascii_digit());
    let mark = &text[..is_tag.then_some(tag + 1)?];
    let end = text[mark.len()..].find(mark).map(|end| end + 2 * mark.len());
    Some(end.unwrap_or(text.len()))
}

/// Returns the length of a number: `1_000`, `1.5e-3`, `0xff`.
fn number_length(text: &str) -> usize {
    let len = prefix_length(text, |c| is_word(c) || c == '.');
    let exponent = text[..len].ends_with(['e', 'E']) && !text.starts_with("0x");
    match text[len..].strip_prefix(['+', '-']) {
        Some(rest) if exponent => len + 1 + prefix_length(rest, |c| c.is_ascii_digit()),
        _ => len,
    }
}

/// Returns the length of a comment, which may contain other comments.
fn comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        match text.get(at..at + 2) {
            Some("/*") => (depth, at) = (depth + 1, at + 2),
            Some("*/") if depth == 1 => return at + 2,
            Some("*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    text.len()
}

#[derive(Debug, Default)]
struct Summary {
    text: String,
    is_full: bool,
    next: Next,
    /// Whether a comma is followed by another name, as in a list of tables.
    is_list: bool,
    is_definition: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Statement,
    /// A nested operation may begin.
    Inner,
    Name,
    /// After `DISTINCT`: in `IS DISTINCT FROM` no table follows.
    NoTable,
    Other,
}

impl Summary {
    fn read(&mut self, token: Token<'_>) {
        match token {
            Token::Word(word) => self.word(word),
            Token::Name(name) => self.name(name),
            Token::Sign(";") => (self.next, self.is_list) = (Next::Statement, false),
            Token::Sign("(" | ")") => (self.next, self.is_list) = (Next::Inner, false),
            Token::Sign(",") if self.is_list => self.next = Next::Name,
            _ => self.next = Next::Other,
        }
    }

    fn word(&mut self, word: &str) {
        let before = std::mem::replace(&mut self.next, Next::Other);
        let is_operation = is_one_of(word, &["SELECT"])
            || before == Next::Statement && is_one_of(word, OPERATIONS)
            || before == Next::Inner && is_one_of(word, INNER_OPERATIONS);
        if is_operation {
            self.push(&word.to_ascii_uppercase());
            self.is_list = false;
            self.is_definition = is_one_of(word, DEFINITIONS);
            if is_one_of(word, NAMED_OPERATIONS) {
                self.next = Next::Name;
            }
        } else if self.is_definition && is_one_of(word, OBJECTS) {
            self.push(&word.to_ascii_uppercase());
            (self.next, self.is_definition) = (Next::Name, false);
        } else if is_one_of(word, &["ALL", "AS", "EXPLAIN"]) {
            self.next = Next::Inner;
        } else if is_one_of(word, &["DISTINCT"]) {
            self.next = Next::NoTable;
        } else if is_one_of(word, CLAUSES) {
            self.is_list = false;
        } else if is_one_of(word, BEFORE_NAMES) && before != Next::NoTable {
            self.next = Next::Name;
        } else if before == Next::Name {
            self.next = Next::Name;
            if !is_one_of(word, BEFORE_NAME) {
                self.name(word);
            }
        }
    }

    fn name(&mut self, name: &str) {
        if self.next == Next::Name {
            self.push(name);
            self.is_list = true;
        }
        self.next = Next::Other;
    }

    fn push(&mut self, word: &str) {
        let blank = usize::from(!self.text.is_empty());
        self.is_full |= self.text.len() + blank + word.len() > MAX_SUMMARY;
        if !self.is_full {
            self.text.push_str(&" "[..blank]);
            self.text.push_str(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DoubleQuoted, MAX_SUMMARY, MAX_TEXT, Query};

    fn read(sql: &str) -> Query {
        Query::read(sql, DoubleQuoted::Name)
    }

    #[test]
    fn a_summary_has_the_operations_and_what_they_apply_to() {
        for (sql, summary) in [
            ("SELECT * FROM orders WHERE id = 1", "SELECT orders"),
            (
                "select o.id from orders o, customers as c join items i on i.o = o.id",
                "SELECT orders customers items",
            ),
            ("INSERT INTO sales.orders (id, \"group\") VALUES (1, 'a')", "INSERT sales.orders"),
            ("INSERT INTO totals SELECT sum(x) FROM orders", "INSERT totals SELECT orders"),
            ("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET n = 2", "INSERT t"),
            ("UPDATE orders SET state = 'new'", "UPDATE orders"),
            ("DELETE FROM ONLY orders USING old", "DELETE orders"),
            (
                "WITH recent AS (SELECT * FROM orders) SELECT * FROM recent",
                "SELECT orders SELECT recent",
            ),
            ("SELECT (SELECT max(x) FROM a) FROM b FOR UPDATE", "SELECT SELECT a b"),
            ("CREATE TABLE IF NOT EXISTS orders (id int)", "CREATE TABLE orders"),
            ("CREATE UNIQUE INDEX by_id ON orders (id)", "CREATE INDEX by_id"),
            ("CREATE OR REPLACE VIEW v AS SELECT * FROM orders", "CREATE VIEW v SELECT orders"),
            ("DROP TABLE a; SELECT 1", "DROP TABLE a SELECT"),
            ("SELECT 1 WHERE a IS DISTINCT FROM b", "SELECT"),
            (
                "SELECT * FROM `group` UNION ALL SELECT * FROM [two words]",
                "SELECT `group` SELECT [two words]",
            ),
            ("SELECT upper(replace(a, 'x', 'y')) FROM t", "SELECT t"),
            ("CALL refresh_totals(2)", "CALL refresh_totals"),
            ("BEGIN", "BEGIN"),
            ("-- nothing", ""),
        ] {
            assert_eq!(read(sql).summary, summary, "{sql}");
        }
    }

    #[test]
    fn a_text_has_no_literals_and_no_comments() {
        for (sql, text) in [
            (
                "SELECT * FROM t WHERE a = 'it''s' AND b = 1.5e-3",
                "SELECT * FROM t WHERE a = ? AND b = ?",
            ),
            ("SELECT $1, ?, ?2, :name, @name", "SELECT $1, ?, ?2, :name, @name"),
            ("SELECT x::text /* secret /* inner */ */, -- secret\n  y2", "SELECT x::text , y2"),
            ("SELECT $$it's$$, $tag$ $$ $tag$, X'ff', 0xff, e'a''b'", "SELECT ?, ?, ?, ?, ?"),
            ("SELECT \"a \"\"b\"", "SELECT \"a \"\"b\""),
            ("SELECT ARRAY[lower('eve'), x, 42], a[i]", "SELECT ARRAY[lower(?), x, ?], a[i]"),
            // Whether the backslash escapes the quote depends on the database.
            ("SELECT 'a\\' OR 'secret'", "SELECT ?"),
            ("SELECT 'never closed", "SELECT ?"),
        ] {
            assert_eq!(read(sql).text, text, "{sql}");
        }
        let long = "ä".repeat(MAX_TEXT);
        assert_eq!(read(&format!(" {long}")).text.len(), MAX_TEXT - 2);
    }

    #[test]
    fn a_possible_text_in_double_quotes_is_not_recorded() {
        let sql = r#"SELECT "id", o."id" FROM "orders" AS "o" WHERE "o"."name" = "eve" # it's her"#;
        let name = r#"SELECT "id", o."id" FROM "orders" AS "o" WHERE "o"."name" = "eve" # it?"#;
        let text = "SELECT ?, o.? FROM ? AS ? WHERE ?.? = ?";
        let either = r#"SELECT ?, o."id" FROM "orders" AS ? WHERE "o"."name" = ? # it?"#;
        for (system, expected, summary) in [
            ("postgresql", name, "SELECT \"orders\""),
            ("mysql", text, "SELECT"),
            ("other_sql", text, "SELECT"),
            ("sqlite", either, "SELECT \"orders\""),
        ] {
            let query = Query::read(sql, DoubleQuoted::of(system));
            assert_eq!((&*query.text, &*query.summary), (expected, summary), "{system}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(sql in "\\PC*|[ a-zA-Z0-9'\"$/*\\\\;(),.-]*") {
            let query = read(&sql);
            prop_assert!(query.summary.len() <= MAX_SUMMARY);
            prop_assert!(query.text.len() <= sql.len() + 1);
        }

        #[test]
        fn no_literal_remains(before in "[a-z ]{0,8}", secret in "[A-Z]{4}[A-Za-z' ]{0,8}") {
            let literal = secret.replace('\'', "''");
            let query = read(&format!("SELECT {before} '{literal}' FROM t"));
            prop_assert!(!query.text.contains(&secret[..4]));
            prop_assert!(query.text.ends_with("? FROM t"));
        }
    }
}
