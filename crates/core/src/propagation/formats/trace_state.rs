//! `tracestate`, the vendor-specific members of a trace context.

use opentelemetry::trace::TraceState;

const MAX_MEMBERS: usize = 32;

/// The maximum length of all members together, in characters. The specification requires at least this limit.
const MAX_CHARS: usize = 512;

/// Members with more characters than this are removed first if the limit is exceeded.
const LONG: usize = 128;

/// Parses the `tracestate` headers of a request as one list
/// ([specification](https://www.w3.org/TR/trace-context-2/#tracestate-header)). An invalid member, or too many members,
/// invalidate the list, but not the trace. Duplicate keys are kept, because vendors must accept them and must not
/// remove members of other vendors.
pub(super) fn parse(headers: &[&str]) -> TraceState {
    let mut members = members(headers).unwrap_or_default();
    while chars(&members) > MAX_CHARS {
        let long = members.iter().rposition(|member| len(member) > LONG);
        members.remove(long.unwrap_or(members.len() - 1));
    }

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
        if members.len() == MAX_MEMBERS || key.is_empty() || !is_value(value) {
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

/// Whether a value is valid. `TraceState` checks the keys, but not each character of the values.
fn is_value(value: &str) -> bool {
    (1..=256).contains(&value.len())
        && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'='))
}
