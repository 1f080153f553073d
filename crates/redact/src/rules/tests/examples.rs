//! The examples of the rules, which are their tests.

use std::sync::LazyLock;

use crate::rules::tokens::TOKENS;

/// The examples of a row.
pub(crate) struct Examples {
    pub(crate) id: &'static str,
    /// The page with the format of a token; empty for other rules.
    pub(crate) source: &'static str,
    /// Texts with made-up secrets that the rule finds.
    pub(crate) secret: Vec<String>,
    /// Similar texts that stay unchanged.
    pub(crate) benign: Vec<String>,
}

impl Examples {
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.secret.iter().chain(&self.benign).map(String::as_str)
    }
}

static EXAMPLES: LazyLock<Vec<Examples>> = LazyLock::new(|| {
    let mut rows: Vec<Examples> = Vec::new();
    let is_example = |line: &&str| !line.is_empty() && !line.starts_with("#: ");
    for line in include_str!("../examples.txt").lines().filter(is_example) {
        let sign = &line[..1];
        let text = &line[2..];
        if sign == "=" {
            rows.push(Examples { id: text, source: "", secret: Vec::new(), benign: Vec::new() });
            continue;
        }
        let row = rows.last_mut().expect("an id precedes the examples");
        if sign == "@" {
            row.source = text;
            continue;
        }
        let prefix = TOKENS.iter().find(|format| format.id == row.id).map(|format| format.prefix);
        let text = text.replace('⏎', "\n").replace('‖', "").replace('…', prefix.unwrap_or("…"));
        if sign == "+" { &mut row.secret } else { &mut row.benign }.push(text);
    }
    rows
});

/// Returns the examples of each row, in the order of the rows.
pub(crate) fn examples() -> &'static [Examples] {
    &EXAMPLES
}
