//! Draws the line of a query with a mistake, and a mark below it.

use floe_telemetry::{printable, sanitize_credentials};

/// The maximum number of characters of a drawn line, and the maximum before the mistake.
const WIDTH: usize = 100;
const BEFORE: usize = 50;

/// Draws the line with an offset, without credentials.
pub(super) fn draw(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let column = before[start..].chars().count();
    let skipped = column.saturating_sub(BEFORE);
    let skipped = if column > WIDTH - 20 { skipped } else { 0 };
    let safe = sanitize_credentials(line);
    let drawn: String =
        safe.chars().skip(skipped).take(WIDTH).map(|c| if c == '\t' { ' ' } else { c }).collect();
    let drawn = printable(&drawn);
    let drawn = drawn.trim_end();
    if *safe != *line || drawn.chars().count() < column - skipped {
        // The mark would be below something else.
        return format!("{number:>10} | {drawn}");
    }
    let room = " ".repeat(column - skipped);
    let mark = "^".repeat(word(&line[offset - start..]).min(WIDTH));
    format!("{number:>10} | {drawn}\n{:>10} | {room}{mark}", "")
}

/// The length of the name or sign at the start of a text, in characters.
fn word(text: &str) -> usize {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.chars().take_while(|c| *c != '"').count() + 2;
    }
    let name = text.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    name.count().max(1)
}

/// Where a query has the name that an error quotes, if the engine has not said where the mistake is.
pub(super) fn find_name(message: &str, sql: &str) -> Option<usize> {
    let named = ["no such table: ", "no such column: ", "no such function: "];
    let named = named.iter().find_map(|start| message.strip_prefix(start));
    let name = named.or_else(|| message.split('"').nth(1))?.trim();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = sql.match_indices(name).map(|(at, _)| at);
    found.find(|at| {
        !name.is_empty()
            && !sql[..*at].ends_with(is_part)
            && !sql[at + name.len()..].starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_marked_below_its_line() {
        let sql = "SELECT a,\n\tsum(revenu) AS ä\nFROM t";
        assert_eq!(
            draw(sql, sql.find("revenu").unwrap()),
            "         2 |  sum(revenu) AS ä\n           |      ^^^^^^"
        );
        assert_eq!(draw(sql, sql.len()), "         3 | FROM t\n           |       ^");
    }

    #[test]
    fn a_long_line_is_drawn_around_its_mistake_and_a_credential_not_at_all() {
        let sql = format!("SELECT {} FROM t WHERE x", "a, ".repeat(200));
        let drawn = draw(&sql, sql.find("FROM").unwrap());
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines[0].contains("FROM t WHERE x"), "{drawn}");
        assert_eq!(lines[1].find('^'), lines[0].find("FROM"), "{drawn}");
        let sql = "SELECT 'postgres://u:hunter2XyZ@h/d', x";
        let drawn = draw(sql, sql.rfind('x').unwrap());
        assert!(!drawn.contains("hunter2") && !drawn.contains('^'), "{drawn}");
    }

    #[test]
    fn a_name_is_found_as_a_whole_word() {
        let sql = "SELECT orders_id FROM orders";
        assert_eq!(find_name("no such table: orders", sql), Some(22));
        assert_eq!(find_name("column \"orders\" was not found", sql), Some(22));
        assert_eq!(find_name("it failed", sql), None);
        assert_eq!(find_name("no such table: x", sql), None);
    }
}
