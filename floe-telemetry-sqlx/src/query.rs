//! What a span contains of a statement: a summary of few different values, and the text without its
//! literals.

use opentelemetry::KeyValue;

/// A summary is cut behind its last word within so many bytes, by the conventions.
const MAX_SUMMARY: usize = 255;

/// No more of a text is read, so that the time for one is bounded.
const MAX_TEXT: usize = 16 * 1024;

/// What is recorded of a statement.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// `SELECT orders customers`: the operations and what they apply to, by the [conventions].
    ///
    /// [conventions]: https://opentelemetry.io/docs/specs/semconv/database/database-spans/#generating-a-summary-of-the-query
    pub(crate) summary: String,
    /// The statement with `?` in place of each literal, without comments, and with one blank between words.
    pub(crate) text: String,
}

/// What a statement begins with.
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

/// Operations besides `SELECT` that may be within another one: in brackets, behind `AS`, `ALL` or `EXPLAIN`.
const INNER_OPERATIONS: &[&str] = &["DELETE", "INSERT", "UPDATE"];

/// Words behind which the name of a table or a view is.
const BEFORE_NAMES: &[&str] = &["FROM", "INTO", "JOIN"];

/// Operations behind which the name is.
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

/// Words before a name that do not belong to it.
const BEFORE_NAME: &[&str] = &[
    "CONCURRENTLY",
    "EXISTS",
    "IF",
    "LATERAL",
    "NOT",
    "ONLY",
    "TABLE",
];

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
    /// The name of the span.
    pub(crate) fn name(&self, system: &'static str) -> String {
        match &*self.summary {
            "" => system.to_owned(),
            summary => summary.to_owned(),
        }
    }

    /// The attributes of the span, `common` among them.
    pub(crate) fn into_attributes(
        self,
        system: &'static str,
        common: &[KeyValue],
    ) -> Vec<KeyValue> {
        let mut all = Vec::with_capacity(common.len() + 3);
        all.push(KeyValue::new("db.system.name", system));
        if !self.summary.is_empty() {
            all.push(KeyValue::new("db.query.summary", self.summary));
        }
        all.push(KeyValue::new("db.query.text", self.text));
        all.extend_from_slice(common);
        all
    }

    /// `double_quotes_literals`: whether `"…"` is a text and not a name.
    pub(crate) fn read(sql: &str, double_quotes_literals: bool) -> Self {
        let end = (0..=sql.len().min(MAX_TEXT)).rfind(|&end| sql.is_char_boundary(end));
        let sql = &sql[..end.unwrap_or_default()];
        let mut tokens = Tokens {
            sql,
            at: 0,
            double_quotes_literals,
        };
        let mut summary = Summary::default();
        let mut text = String::with_capacity(sql.len());
        let mut is_apart = false;
        while let Some(token) = tokens.next() {
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
        Self {
            summary: summary.text,
            text,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'s> {
    /// White space or a comment.
    Blank,
    /// A keyword or a name without quotes, with the dots in it.
    Word(&'s str),
    /// A name in double quotes, backticks or brackets.
    Name(&'s str),
    /// A placeholder: `?`, `?1`, `$1`, `:name`, `@name`.
    Parameter(&'s str),
    /// A text, a number, a blob.
    Literal,
    Sign(&'s str),
}

struct Tokens<'s> {
    sql: &'s str,
    at: usize,
    double_quotes_literals: bool,
}

impl<'s> Tokens<'s> {
    fn next(&mut self) -> Option<Token<'s>> {
        let rest = &self.sql[self.at..];
        let mut chars = rest.chars();
        let (first, second) = (chars.next()?, chars.next().unwrap_or('\0'));
        let (token, len) = match first {
            _ if first.is_whitespace() => (Token::Blank, run(rest, char::is_whitespace)),
            '-' if second == '-' => (Token::Blank, rest.find('\n').unwrap_or(rest.len())),
            '#' if self.is_line_start() => (Token::Blank, rest.find('\n').unwrap_or(rest.len())),
            '/' if second == '*' => (Token::Blank, comment(rest)),
            '\'' => (Token::Literal, quoted(rest, '\'')),
            // `E'…'`, `X'…'`, `N'…'`, `B'…'`: a text with a prefix.
            'e' | 'E' | 'x' | 'X' | 'n' | 'N' | 'b' | 'B' if second == '\'' => {
                (Token::Literal, 1 + quoted(&rest[1..], '\''))
            }
            '"' if self.double_quotes_literals => (Token::Literal, quoted(rest, '"')),
            '"' | '`' => {
                let len = quoted(rest, first);
                (Token::Name(&rest[..len]), len)
            }
            '[' if second.is_alphabetic() => {
                let len = rest.find(']').map_or(rest.len(), |end| end + 1);
                (Token::Name(&rest[..len]), len)
            }
            '$' if dollar_quote(rest).is_some() => (Token::Literal, dollar_quote(rest)?),
            '?' | '$' | ':' | '@' if is_word(second) => {
                let len = first.len_utf8() + run(&rest[first.len_utf8()..], is_word);
                (Token::Parameter(&rest[..len]), len)
            }
            '?' => (Token::Parameter("?"), 1),
            _ if first.is_ascii_digit() || first == '.' && second.is_ascii_digit() => {
                (Token::Literal, number(rest))
            }
            _ if is_word(first) => {
                let len = run(rest, |c| is_word(c) || c == '.');
                (Token::Word(&rest[..len]), len)
            }
            _ => (Token::Sign(&rest[..first.len_utf8()]), first.len_utf8()),
        };
        self.at += len;
        Some(token)
    }

    /// A comment of `MySQL`; elsewhere `#` is an operator.
    fn is_line_start(&self) -> bool {
        self.sql[..self.at]
            .trim_end_matches([' ', '\t'])
            .chars()
            .next_back()
            .is_none_or(|c| c == '\n')
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the characters at the start that a condition is true for.
fn run(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

/// The length of a quoted text, in which the quote is doubled. Some databases escape it by a backslash, too,
/// and others do not: then the literal is taken to be the rest of the statement, so that none is recorded.
fn quoted(text: &str, quote: char) -> usize {
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

/// The length of `$$…$$` or `$tag$…$tag$`.
fn dollar_quote(text: &str) -> Option<usize> {
    let tag = 1 + run(&text[1..], is_word);
    let is_tag =
        text[tag..].starts_with('$') && !text[1..].starts_with(|c: char| c.is_ascii_digit());
    let mark = &text[..is_tag.then_some(tag + 1)?];
    let end = text[mark.len()..]
        .find(mark)
        .map(|end| end + 2 * mark.len());
    Some(end.unwrap_or(text.len()))
}

/// The length of a number: `1_000`, `1.5e-3`, `0xff`.
fn number(text: &str) -> usize {
    let len = run(text, |c| is_word(c) || c == '.');
    let exponent = text[..len].ends_with(['e', 'E']) && !text.starts_with("0x");
    match text[len..].strip_prefix(['+', '-']) {
        Some(rest) if exponent => len + 1 + run(rest, |c| c.is_ascii_digit()),
        _ => len,
    }
}

/// The length of a comment, which may contain others.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
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

/// A summary, and what the next word may be.
#[derive(Debug, Default)]
struct Summary {
    text: String,
    is_full: bool,
    next: Next,
    /// In a list of tables, a comma is followed by another name.
    is_list: bool,
    /// Behind `CREATE` and its like.
    is_definition: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    /// A statement begins.
    #[default]
    Statement,
    /// An operation within the statement may begin.
    Inner,
    /// A name is expected.
    Name,
    /// Behind `DISTINCT`: in `IS DISTINCT FROM` no table follows.
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

    use super::{MAX_SUMMARY, Query};

    fn read(sql: &str) -> Query {
        Query::read(sql, false)
    }

    #[test]
    fn a_summary_has_the_operations_and_what_they_apply_to() {
        for (sql, summary) in [
            ("SELECT * FROM orders WHERE id = 1", "SELECT orders"),
            (
                "select o.id from orders o, customers as c join items i on i.o = o.id",
                "SELECT orders customers items",
            ),
            (
                "INSERT INTO sales.orders (id, \"group\") VALUES (1, 'a')",
                "INSERT sales.orders",
            ),
            (
                "INSERT INTO totals SELECT sum(x) FROM orders",
                "INSERT totals SELECT orders",
            ),
            (
                "INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET n = 2",
                "INSERT t",
            ),
            ("UPDATE orders SET state = 'new'", "UPDATE orders"),
            ("DELETE FROM ONLY orders USING old", "DELETE orders"),
            (
                "WITH recent AS (SELECT * FROM orders) SELECT * FROM recent",
                "SELECT orders SELECT recent",
            ),
            (
                "SELECT (SELECT max(x) FROM a) FROM b FOR UPDATE",
                "SELECT SELECT a b",
            ),
            (
                "CREATE TABLE IF NOT EXISTS orders (id int)",
                "CREATE TABLE orders",
            ),
            (
                "CREATE UNIQUE INDEX by_id ON orders (id)",
                "CREATE INDEX by_id",
            ),
            (
                "CREATE OR REPLACE VIEW v AS SELECT * FROM orders",
                "CREATE VIEW v SELECT orders",
            ),
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
            (
                "SELECT $1, ?, ?2, :name, @name",
                "SELECT $1, ?, ?2, :name, @name",
            ),
            (
                "SELECT x::text /* secret /* inner */ */, -- secret\n  y2",
                "SELECT x::text , y2",
            ),
            (
                "SELECT $$it's$$, $tag$ $$ $tag$, X'ff', 0xff, e'a''b'",
                "SELECT ?, ?, ?, ?, ?",
            ),
            ("SELECT \"a \"\"b\"", "SELECT \"a \"\"b\""),
            // Whether the backslash escapes the quote depends on the database.
            ("SELECT 'a\\' OR 'secret'", "SELECT ?"),
            ("SELECT 'never closed", "SELECT ?"),
        ] {
            assert_eq!(read(sql).text, text, "{sql}");
        }
        assert_eq!(Query::read("SELECT \"a\"", true).text, "SELECT ?");
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
