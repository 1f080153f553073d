//! `tracestate`, the vendor-specific members of a trace context.

use opentelemetry::trace::{SpanContext, TraceState};
use opentelemetry::{Context, SpanId, TraceId};

const MAX_MEMBERS: usize = 32;

/// The maximum length of all members together, in characters. The specification requires at least this limit.
const MAX_CHARS: usize = 512;

/// Members with more characters than this are removed first if the limit is exceeded.
const LONG: usize = 128;

/// A list that [`TraceState`] cannot represent unchanged. The context of the request keeps it.
#[derive(Debug)]
pub(super) struct Original {
    sender: (TraceId, SpanId),
    state: TraceState,
    /// All members within the limit, including members with keys that only level 2 allows.
    header: String,
    is_shortened: bool,
}

/// Parses the `tracestate` headers of the request from `sender` as one list
/// ([specification](https://www.w3.org/TR/trace-context-2/#tracestate-header)). An invalid member, or too many members,
/// invalidate the list, but not the trace. Duplicate keys are kept, because vendors must accept them and must not
/// remove members of other vendors.
pub(super) fn parse(headers: &[&str], sender: (TraceId, SpanId)) -> (TraceState, Option<Original>) {
    let Some(mut members) = members(headers).filter(|members| !members.is_empty()) else {
        return (TraceState::NONE, None);
    };

    let received = members.len();
    while chars(&members) > MAX_CHARS {
        let long = members.iter().rposition(|member| len(member) > LONG);
        members.remove(long.unwrap_or(members.len() - 1));
    }

    let represented: Vec<_> = members.iter().copied().filter(is_represented).collect();
    let is_same = represented.len() == received;
    let state = TraceState::from_key_value(represented).unwrap_or_default();
    let original = (!is_same).then(|| Original {
        sender,
        state: state.clone(),
        header: join(&members),
        is_shortened: members.len() < received,
    });

    (state, original)
}

/// Returns the header for a request that has the ids of `span`, or an empty text.
///
/// A service that passes on the sender's span id must not change the list
/// ([specification](https://www.w3.org/TR/trace-context-2/#mutating-the-tracestate-field)), so a list that was
/// shortened is then removed.
pub(super) fn header(cx: &Context, span: &SpanContext) -> String {
    let received = cx.get::<Option<Original>>().and_then(Option::as_ref);
    let unchanged = received.filter(|original| {
        original.sender.0 == span.trace_id() && original.state == *span.trace_state()
    });

    match unchanged {
        None => span.trace_state().header(),
        Some(original) if original.is_shortened && original.sender.1 == span.span_id() => {
            String::new()
        }
        Some(original) => original.header.clone(),
    }
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
        if members.len() == MAX_MEMBERS || !is_key(key) || !is_value(value) {
            return None;
        }

        members.push((key, value));
    }

    Some(members)
}

/// Whether `TraceState` accepts the member: a key may contain only one `@`, with at most 13 characters after it.
fn is_represented(member: &Member<'_>) -> bool {
    !member.0.contains('@') || TraceState::from_key_value([*member]).is_ok()
}

fn len((key, value): &Member<'_>) -> usize {
    key.len() + "=".len() + value.len()
}

fn chars(members: &[Member<'_>]) -> usize {
    members.iter().map(len).sum::<usize>() + members.len().saturating_sub(1)
}

fn join(members: &[Member<'_>]) -> String {
    let members = members.iter().map(|(key, value)| format!("{key}={value}"));
    members.collect::<Vec<_>>().join(",")
}

fn is_key(key: &str) -> bool {
    let is_start = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    key.len() <= 256
        && key.bytes().next().is_some_and(is_start)
        && key
            .bytes()
            .all(|byte| is_start(byte) || matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@'))
}

fn is_value(value: &str) -> bool {
    (1..=256).contains(&value.len())
        && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'='))
}
