//! Reads rows under a header that names a secret: CSV, tables between `|`, columns between blanks, and the rows of SQL's
//! `INSERT`.

use crate::decision::{Claim, Key};
use crate::group::is_called;
use crate::lexer::{Kind, Tokens};
use crate::pair::parameter;
use crate::rules::keys::{FIELDS, KeyKind};
use crate::rules::structures::SQL_PASSWORD;
use crate::rules::words::ROWS_WORDS;
use crate::scan::{Scan, Tried};
use crate::score::{Bond, Look, is_made_up, look};
use crate::text::{before, class, count_steps, part};
use crate::value::Value;

use Kind::{Blank, Close, Line, Open, Quote, Sign, Word};
use Tried::{Found, Nothing};

/// The maximum number of columns.
const COLUMNS: usize = 128;

/// The maximum number of tokens from the start of a header to a name in it.
const HEADER: usize = 256;

/// The maximum number of tokens of a row in brackets.
const ROW: usize = 256;

/// The header of a table.
struct Table {
    /// The sign between two cells; for a wide blank, `b' '`.
    joint: u8,
    /// Whether brackets enclose each row, as in SQL. Otherwise, each row is a line.
    has_brackets: bool,
    columns: Vec<Value>,
    /// The place of the first row.
    rows: usize,
    bond: Bond,
}

/// Redacts the secrets in the columns of a table, if the name is a column of its header.
pub(crate) fn column(scan: &mut Scan<'_>, key: &Key) -> Tried {
    if key.start < scan.progress.header {
        return Found;
    }
    let Some(table) = table(scan, key) else {
        return Nothing;
    };
    let position = scan.position();
    let rule = table.has_brackets.then_some(SQL_PASSWORD);
    let mut rows = Vec::new();
    let mut at = table.rows;
    loop {
        let tokens = &mut scan.tokens;
        if let Some((next, _)) = rule_line(tokens, at).filter(|_| !table.has_brackets) {
            at = next;
            continue;
        }
        let opens = tokens.kind(at) == Open(b'(');
        let (cells, end) = cells(tokens, at + usize::from(table.has_brackets), &table);
        if opens != table.has_brackets || cells.len() != table.columns.len() {
            break;
        }
        at = if opens { tokens.skip_comma(end + 1) } else { tokens.next_line(end) };
        rows.push(cells);
    }
    for (index, column) in table.columns.iter().enumerate() {
        let Value { start, end, next: after, .. } = *column;
        let Some(mut meaning) = scan.policy.meaning(column.bytes(scan.text)) else {
            continue;
        };
        let values = rows.iter().map(|row| row[index]);
        if has_language(scan.text, &table, *column, values.clone()) {
            meaning.kind = KeyKind::Weak;
        }
        let key = Key { meaning, start, end, after, ..*key };
        scan.key = Some(start..end);
        for value in values {
            parameter(scan, &key, value);
            let claim = Claim { value, context: key.context(table.bond), rule };
            let _ = Claim::judge(Some(claim), scan, &key);
        }
    }
    let end = scan.tokens.start(at);
    scan.go_back(position);
    if at == table.rows {
        return Nothing;
    }
    scan.progress.tables = end;
    scan.progress.header = scan.tokens.start(table.rows);
    Found
}

/// Whether a column has the tokens of a language: it is called `token`, at least half of its two or more values are
/// words, and no other column is a field of an account.
fn has_language(
    text: &[u8],
    table: &Table,
    column: Value,
    values: impl ExactSizeIterator<Item = Value>,
) -> bool {
    let all = values.len();
    let is_word = |value: &Value| matches!(look(value.bytes(text)), Look::Word | Look::Prose);
    let has_account = table.columns.iter().any(|it| is_called(it.bytes(text), FIELDS));
    column.bytes(text).eq_ignore_ascii_case(b"token")
        && all > 1
        && !has_account
        && values.filter(is_word).count() * 2 >= all
}

/// Returns the table whose header has the name.
fn table(scan: &mut Scan<'_>, key: &Key) -> Option<Table> {
    let tokens = &mut scan.tokens;
    let first = key.quote.or_else(|| tokens.place_at(key.start))?;
    // A line between two cells counts more than the blanks around it.
    let around = [Some(key.after), Some(key.after + 1), first.checked_sub(1), first.checked_sub(2)];
    let joint = around.into_iter().flatten().filter_map(|at| joint(tokens, at)).max();
    let next = tokens.skip_blanks(key.after);
    let bracket = match tokens.kind(next) {
        Sign(b',') | Close(b')') => start_of(tokens, first, key.after, Open(b'(')),
        _ => None,
    };
    let mut table = Table {
        joint: joint.unwrap_or(b','),
        has_brackets: bracket.is_some(),
        columns: Vec::new(),
        rows: 0,
        bond: Bond::Structure,
    };
    if let Some(start) = bracket {
        let (columns, end) = cells(tokens, start, &table);
        let sign = tokens.skip_lines(end + 1);
        // A violated constraint of PostgreSQL has the form `Key (email, token)=(bob, …)`.
        let has_rows = tokens.is_sign(sign, b'=') || tokens.is_word(sign, ROWS_WORDS);
        let rows = tokens.skip_lines(sign + 1);
        return has_rows.then_some(Table { columns, rows, ..table });
    }
    if joint.is_none() || key.start < scan.progress.tables {
        return None;
    }
    let start = start_of(tokens, first, key.after, Line)?;
    let (columns, end) = cells(tokens, start, &table);
    let bytes = tokens.start(start)..tokens.start(end);
    // No other name of this line begins a header.
    scan.progress.tables = bytes.end;
    let is_header = tokens.kind(end) == Line && columns.iter().any(|column| column.end == key.end);
    table.rows = tokens.next_line(end);
    let rule = rule_line(tokens, table.rows).map(|(_, has_cross)| has_cross);
    let names: Vec<_> = columns.iter().map(|column| column.bytes(scan.text)).collect();
    table.columns = columns;
    table.bond = bond(scan, joint?, rule, part(scan.text, bytes.start, bytes.end), &names)?;
    is_header.then_some(table)
}

/// Returns how strongly a column binds its values to its name; `None` if the line is no header. `rule` states whether
/// there is a line of dashes below it, and whether it has crosses.
fn bond(
    scan: &Scan<'_>,
    joint: u8,
    rule: Option<bool>,
    line: &[u8],
    names: &[&[u8]],
) -> Option<Bond> {
    let is_name = |name: &&[u8]| {
        let is_text = class!("a-zA-Z0-9_ .-", or_wide).fits(name, 1..=40);
        let is_known = scan.policy.meaning(name).is_some();
        is_text && !name[0].is_ascii_digit() && (is_known || !is_made_up(name))
    };
    if !(2..=COLUMNS).contains(&names.len()) || !names.iter().all(is_name) {
        return None;
    }
    let has_blank = names.iter().any(|name| name.contains(&b' '));
    match (joint, rule) {
        (b'|' | b' ', Some(true)) => Some(Bond::Structure),
        (b'|' | b' ', Some(false)) => Some(Bond::Copula),
        // A header of a wiki: `|| User || Password ||`.
        (b'|', None) => line.starts_with(b"||").then_some(Bond::Structure),
        // Such a table may list the names of secrets.
        (b' ', None) => (!class!("a-z").any(line)).then_some(Bond::Position),
        // A blank after a comma may belong to a sentence.
        _ if memchr::memmem::find(line, b", ").is_some() => (!has_blank).then_some(Bond::Copula),
        _ if has_blank => Some(Bond::Copula),
        _ => Some(Bond::Structure),
    }
}

/// Returns the sign between two cells at a place. A tab is a sign, and several blanks are `b' '`.
fn joint(tokens: &mut Tokens<'_>, at: usize) -> Option<u8> {
    let token = tokens.get(at)?;
    match token.kind {
        Sign(sign @ (b',' | b';' | b'|')) => Some(sign),
        Blank => match part(tokens.text, token.start, token.end) {
            [b'\t', ..] | b"\\t" => Some(b'\t'),
            [b' ', b' ', ..] => Some(b' '),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the place after the bracket, the quote or the line before a header.
fn start_of(tokens: &mut Tokens<'_>, first: usize, after: usize, lead: Kind) -> Option<usize> {
    for start in (first.saturating_sub(HEADER)..=first).rev() {
        let Some(before) = start.checked_sub(1).and_then(|before| tokens.get(before)) else {
            break;
        };
        match before.kind {
            kind if kind == lead => return Some(start),
            Quote if lead == Line && before.mate.is_none_or(|mate| mate >= after) => {
                return Some(start);
            }
            Word | Blank | Quote | Line | Sign(b',' | b';' | b'|') => {}
            _ => return None,
        }
    }
    let byte = tokens.start(0);
    (first < HEADER && lead == Line && matches!(before(tokens.text, byte), 0 | b'\n')).then_some(0)
}

/// Returns the cells of a row from `place` on, and the place of its end.
fn cells(tokens: &mut Tokens<'_>, place: usize, table: &Table) -> (Vec<Value>, usize) {
    let mut cells = Vec::new();
    let mut at = place;
    let mut start = place;
    loop {
        let kind = tokens.kind(at);
        let ends = match kind {
            Line => !table.has_brackets || tokens.get(at).is_none(),
            _ if table.has_brackets && at > place + ROW => true,
            Quote | Close(_) => tokens.closes_before(at, place),
            _ => false,
        };
        if ends || joint(tokens, at) == Some(table.joint) {
            let first = tokens.skip_blanks(start).min(at);
            let quote = usize::from(tokens.opens_quote(first));
            let last = at - usize::from(at > first && tokens.kind(at - 1) == Blank);
            let [start_byte, end] =
                [first + quote, last - quote.min(last)].map(|at| tokens.start(at));
            // Signs at both ends of a row enclose it.
            if first < last || table.joint != b'|' {
                cells.push(Value { start: start_byte, end, next: last, quoted: quote > 0 });
            }
            start = at + 1;
        }
        if ends || cells.len() > COLUMNS {
            break;
        }
        // A text in quotes, and in SQL a group in brackets, is one cell.
        let is_one = matches!(kind, Open(_)) && table.has_brackets || tokens.opens_quote(at);
        let close = if is_one { tokens.close(at) } else { None };
        at = close.unwrap_or(at) + 1;
    }
    count_steps(2 * (at - place));
    (cells, at)
}

/// Returns the place after a line of dashes, and whether it has crosses.
fn rule_line(tokens: &mut Tokens<'_>, place: usize) -> Option<(usize, bool)> {
    let mut at = place;
    let mut dashes = 0;
    let mut has_cross = false;
    while tokens.kind(at) != Line {
        match tokens.kind(at) {
            Sign(b'-' | b'=') => dashes += 1,
            Sign(b'+') => has_cross = true,
            Blank | Sign(b'|' | b':') => {}
            _ => return None,
        }
        at += 1;
    }
    count_steps(at - place);
    (dashes > 2).then(|| (tokens.next_line(at), has_cross))
}
