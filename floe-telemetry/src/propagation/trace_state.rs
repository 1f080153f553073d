//! `tracestate`: what other tracing systems hand on with a trace.

use opentelemetry::trace::TraceState;

const MAX_MEMBERS: usize = 32;

/// What is kept of all members together, in characters. The specification asks for at least that.
const MAX_CHARS: usize = 512;

/// A member of more characters goes before the others when there are too many.
const LONG: usize = 128;

/// Reads the headers, which are one list
/// ([specification](https://www.w3.org/TR/trace-context-2/#tracestate-header)). One member that is
/// not valid spoils the list, but not the trace.
///
/// Of two rules in force for keys (levels 1 and 2) it is the stricter, which the W3C's test suite
/// goes by: at most one `@`, with 241 characters before and 14 behind it.
pub(super) fn parse(headers: &[&str]) -> TraceState {
    let Some(mut members) = members(headers) else {
        return TraceState::NONE;
    };
    while chars(&members) > MAX_CHARS {
        let long = members.iter().rposition(|member| len(member) > LONG);
        members.remove(long.unwrap_or(members.len() - 1));
    }
    // OpenTelemetry's type holds 13 characters behind an `@`, where 14 are allowed.
    members.retain(|(key, _)| {
        key.split_once('@')
            .is_none_or(|(_, system)| system.len() < 14)
    });
    TraceState::from_key_value(members).unwrap_or_default()
}

type Member<'h> = (&'h str, &'h str);

fn members<'h>(headers: &[&'h str]) -> Option<Vec<Member<'h>>> {
    let mut members: Vec<Member<'h>> = Vec::new();
    for text in headers.iter().flat_map(|header| header.split(',')) {
        let text = text.trim_matches([' ', '\t']);
        if text.is_empty() {
            continue;
        }
        let (key, value) = text.split_once('=')?;
        let is_new = members.iter().all(|(other, _)| *other != key);
        if members.len() == MAX_MEMBERS || !is_new || !is_key(key) || !is_value(value) {
            return None;
        }
        members.push((key, value));
    }
    Some(members)
}

fn len((key, value): &Member<'_>) -> usize {
    key.len() + "=".len() + value.len()
}

fn chars(members: &[Member<'_>]) -> usize {
    members.iter().map(len).sum::<usize>() + members.len().saturating_sub(1)
}

fn is_key(key: &str) -> bool {
    match key.split_once('@') {
        None => is_word(key, 256),
        Some((tenant, system)) => {
            is_word(tenant, 241)
                && is_word(system, 14)
                && system.starts_with(|first: char| first.is_ascii_lowercase())
        }
    }
}

fn is_word(word: &str, most: usize) -> bool {
    let is_start = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    word.len() <= most
        && word.bytes().next().is_some_and(is_start)
        && word
            .bytes()
            .all(|byte| is_start(byte) || matches!(byte, b'_' | b'-' | b'*' | b'/'))
}

fn is_value(value: &str) -> bool {
    (1..=256).contains(&value.len())
        && value
            .bytes()
            .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'='))
}
