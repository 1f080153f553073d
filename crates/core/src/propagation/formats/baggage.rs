//! `baggage`: keys and values that are propagated with a request.
//!
//! The SDK's propagator alters baggage that contains `%` or `=`, and does not redact outgoing values.

use std::borrow::Cow;
use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::keys;
use crate::redaction::{REDACTED, sanitize_sent, sanitize_sent_value};

const BAGGAGE: &str = "baggage";

static FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [BAGGAGE.into()]);

/// The limits of the [specification](https://www.w3.org/TR/baggage/#limits) and of OpenTelemetry's `Baggage`.
const MAX_MEMBERS: usize = 64;
const MAX_BYTES: usize = 8192;

/// The characters that are percent-encoded: those that are no `baggage-octet`, `%`, and `+`, which Python decodes as a
/// space.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'+').add(b',').add(b';').add(b'\\').add(b'%');

/// The characters of a `token` beside letters and digits.
const TOKEN: &[u8] = b"!#$%&'*+-.^_`|~";

/// Propagates [W3C Baggage](https://www.w3.org/TR/baggage/), which is redacted when it is injected.
///
/// The propagator of the SDK does not encode `%`, so that `100%25` arrives as `100%`; cuts a value at `=`; reads only
/// the first of several headers; and exceeds the limits.
#[derive(Debug)]
pub(crate) struct BaggagePropagator;

impl TextMapPropagator for BaggagePropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let baggage = cx.baggage();
        if baggage.is_empty() {
            return;
        }

        let header = encode(baggage);
        if !header.is_empty() {
            injector.set(BAGGAGE, header);
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let Some(headers) = extractor.get_all(BAGGAGE) else {
            return cx.clone();
        };

        let baggage = decode(&headers);
        if baggage.is_empty() {
            return cx.clone();
        }

        cx.with_baggage(baggage)
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&*FIELDS)
    }
}

/// Returns the header within the limits: the members of the floe identity, then the others, each in the order of keys.
/// A member that does not fit is dropped as a whole.
fn encode(baggage: &Baggage) -> String {
    let rank = |key| (!keys::IDENTITY.contains(&key), key);
    let mut entries: Vec<(&str, _)> = Vec::new();
    for (key, entry) in baggage {
        let at = entries.partition_point(|(other, _)| rank(other) < rank(key.as_str()));
        entries.insert(at, (key.as_str(), entry));
    }

    let mut header = String::new();
    for (key, (value, properties)) in entries.into_iter().take(MAX_MEMBERS) {
        let redacted = if keys::IDENTITY.contains(&key) {
            sanitize_sent(value.as_str())
        } else if sanitize_sent(key) == key {
            match sanitize_sent_value(key, value.as_str()) {
                Cow::Borrowed(same) if is_bearer_token(same) => sanitize_bearer_token(same),
                sanitized => sanitized,
            }
        } else {
            // A key that contains a secret is dropped, because redaction would turn it into another key.
            continue;
        };

        let encoded = utf8_percent_encode(&redacted, ENCODED);
        let separator = if header.is_empty() { "" } else { "," };
        let mut member = format!("{separator}{key}={encoded}");
        let properties = properties.as_str();
        if are_properties(properties) && sanitize_sent(properties) == properties {
            member.extend([";", properties]);
        }
        if header.len() + member.len() <= MAX_BYTES {
            header += &member;
        }
    }
    header
}

/// If this text precedes a bearer token, redaction recognizes any token.
const HEADER: &str = "authorization: ";

/// The minimum length of a token that consists of letters only.
const MIN_LETTERS: usize = 8;

/// Whether the text is `Bearer` and a token of letters. Redaction takes such letters for a word of a sentence, but as a
/// value of baggage they are a credential.
fn is_bearer_token(text: &str) -> bool {
    let Some((scheme, token)) = text.trim().split_once(' ') else {
        return false;
    };

    let token = token.trim_start();
    scheme.eq_ignore_ascii_case("bearer")
        && token.len() >= MIN_LETTERS
        && token.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Redacts a bearer token like one in an `authorization` header, by the policies of the provider.
fn sanitize_bearer_token(text: &str) -> Cow<'static, str> {
    let header = format!("{HEADER}{text}");
    let sanitized = sanitize_sent(&header);
    sanitized.strip_prefix(HEADER).map_or_else(|| REDACTED.into(), |token| token.to_owned().into())
}

/// Whether the text is a list of valid properties. Go's propagator drops a member with an invalid one.
fn are_properties(text: &str) -> bool {
    text.split(';').all(|property| {
        let (key, value) = property.split_once('=').unwrap_or((property, ""));
        let key = key.trim();
        !key.is_empty()
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || TOKEN.contains(&byte))
            && value
                .trim()
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !br#"",\"#.contains(&byte))
    })
}

/// Returns the valid members that fit. An invalid member does not affect the others. `Baggage` rejects invalid keys and
/// limits the number of members.
fn decode(headers: &[&str]) -> Baggage {
    let mut baggage = Baggage::new();
    let mut bytes = 0;
    for member in headers.iter().flat_map(|header| header.split(',')) {
        bytes += member.len() + ",".len();
        if bytes > MAX_BYTES + ",".len() {
            break;
        }

        let (entry, properties) = member.split_once(';').unwrap_or((member, ""));
        let Some((key, value)) = entry.split_once('=').filter(|_| member.is_ascii()) else {
            continue;
        };

        let value = percent_decode_str(value.trim()).decode_utf8_lossy();
        baggage.insert_with_metadata(
            key.trim().to_owned(),
            value.into_owned(),
            properties.trim().to_owned(),
        );
    }
    baggage
}
