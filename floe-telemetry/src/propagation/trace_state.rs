//! Parses `tracestate`, the vendor-specific members of a trace context.

use opentelemetry::trace::TraceState;

const MAX_MEMBERS: usize = 32;

/// The limit for all members together, in characters: the minimum that the specification requires.
const MAX_CHARS: usize = 512;

/// Longer members are removed first if the limit is exceeded.
const LONG: usize = 128;

/// Parses the headers, which form one list
/// ([specification](https://www.w3.org/TR/trace-context-2/#tracestate-header)). One invalid member
/// invalidates the list, but not the trace.
///
/// Keys follow the stricter syntax of level 1, which the W3C test suite expects: at most one `@`, with
/// up to 241 characters before and 14 after it.
pub(super) fn parse(headers: &[&str]) -> TraceState {
    let Some(mut members) = members(headers) else {
        return TraceState::NONE;
    };
    while chars(&members) > MAX_CHARS {
        let long = members.iter().rposition(|member| len(member) > LONG);
        members.remove(long.unwrap_or(members.len() - 1));
    }
    // OpenTelemetry's `TraceState` accepts only 13 characters after an `@`.
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
        let is_unique = members.iter().all(|(other, _)| *other != key);
        if members.len() == MAX_MEMBERS || !is_unique || !is_key(key) || !is_value(value) {
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

fn is_word(word: &str, limit: usize) -> bool {
    let is_start = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    word.len() <= limit
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
