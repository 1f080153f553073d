//! The redaction of text outside of the collector: the public functions, and the redactors of the process for errors
//! and for attributes. `floe-redact` contains the rules.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

#[doc(inline)]
pub use floe_redact::REDACTED;
pub use floe_redact::printable;
use floe_redact::{KeyMeaning, Level, Redactor};
use opentelemetry::Value;

use crate::char_boundary;

/// The maximum length of [`sanitize_error_message`]'s result, and of the description of a status, in characters.
pub const MAX_MESSAGE_CHARS: usize = 500;

const MAX_QUOTE_CHARS: usize = 200;

/// The maximum length of a line of an error, in bytes.
const MAX_LINE: usize = 2048;

/// Removes credentials and personal data from an error message, and truncates it to 500 characters.
///
/// The message is redacted before it is truncated, so that a secret across the limit is found. Applying the function
/// again changes nothing. A clean, short message is returned borrowed. Texts in spans may be longer, see
/// `attribute_value_length` of `span_limits`.
///
/// ```
/// let message = "cannot reach postgresql://floe:hunter2@db.internal/orders";
/// let safe = floe_telemetry::sanitize_error_message(message);
/// assert_eq!(safe, "cannot reach postgresql://<REDACTED>@db.internal/orders");
/// ```
pub fn sanitize_error_message(message: &str) -> Cow<'_, str> {
    let redactor = Redactor::builder().max_chars(MAX_MESSAGE_CHARS).build();
    redactor.redact(message)
}

/// Removes credentials and personal data from a text, without truncating it.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    Redactor::new().redact(text)
}

/// Removes credentials only, for example from a configuration that is printed for its author.
pub fn sanitize_credentials(text: &str) -> Cow<'_, str> {
    let redactor = Redactor::builder().level(Level::Credentials).build();
    redactor.redact(text)
}

/// Removes the user information of a URL, and masks credentials and personal data in its other parts. The rest, such as
/// scheme, host and port, is kept.
///
/// Unlike [`sanitize`], it removes user and password completely, so that the result is still an address. Text that is
/// not a URL is redacted like any other text. A clean URL is returned borrowed.
///
/// ```
/// # use floe_telemetry::sanitize_url;
/// let url = "https://loader:hunter2@catalog.example.com:8181/api?token=9f8a7b6c5d&page=2";
/// assert_eq!(
///     sanitize_url(url),
///     "https://catalog.example.com:8181/api?token=<REDACTED>&page=2"
/// );
/// ```
pub fn sanitize_url(url: &str) -> Cow<'_, str> {
    let clean = sanitize(url);
    let Some((start, end)) = userinfo(&clean) else {
        return clean;
    };

    Cow::Owned(clean[..start].to_owned() + &clean[end..])
}

/// Returns where the text after the scheme of a URL begins; `None` without a scheme.
pub fn authority_start(url: &str) -> Option<usize> {
    url.find("://").map(|at| at + 3)
}

/// Returns the range from the end of `://` to the last `@` of the authority, inclusive.
fn userinfo(url: &str) -> Option<(usize, usize)> {
    let start = authority_start(url)?;
    let authority = url[start..].split(['/', '?', '#']).next()?;
    let sign = authority.rfind('@')?;
    Some((start, start + sign + 1))
}

/// Redacts text that leaves the process without passing the collector.
#[derive(Debug, Default)]
struct Redactors {
    error: Redactor,
    attribute: Redactor,
}

/// The redactors of the provider that was initialized last.
static CURRENT: RwLock<Option<Arc<Redactors>>> = RwLock::new(None);

/// Sets the redactors for errors, and for attributes and baggage.
pub fn set_redactors(error: Redactor, attribute: Redactor) {
    let mut current = CURRENT.write().unwrap_or_else(PoisonError::into_inner);
    *current = Some(Arc::new(Redactors { error, attribute }));
}

fn with<T>(redact: impl FnOnce(&Redactors) -> T) -> T {
    let current = CURRENT.read().unwrap_or_else(PoisonError::into_inner).clone();
    redact(current.as_deref().unwrap_or(&Redactors::default()))
}

/// Redacts a line of an error that may quote foreign text, and makes it safe to show.
pub fn sanitize_error(text: &str) -> Cow<'_, str> {
    let safe = match without_userinfo(text) {
        Cow::Borrowed(text) => with(|redactors| redactors.error.redact(text)),
        Cow::Owned(text) => {
            Cow::Owned(with(|redactors| redactors.error.redact(&text).into_owned()))
        }
    };

    match safe {
        Cow::Borrowed(text) => shown(text),
        Cow::Owned(text) => Cow::Owned(shown(&text).into_owned()),
    }
}

/// Redacts the text of an error that is shown on separate lines.
pub fn sanitize_lines(text: &str) -> String {
    let safe = with(|redactors| redactors.error.redact(text).into_owned());
    let lines: Vec<_> = safe.split('\n').map(printable).collect();
    lines.join("\n")
}

/// Makes redacted foreign text safe to show: one printable line of limited length, with short quotes.
pub fn shown(text: &str) -> Cow<'_, str> {
    let whole = printable(text);
    let line = match quotes(&whole, shortened) {
        Some(line) => Cow::Owned(line),
        None => whole,
    };

    if line.len() <= MAX_LINE {
        return line;
    }

    Cow::Owned(format!("{}…", &line[..char_boundary::floor(&line, MAX_LINE)]))
}

/// Masks `user:password@` in a quoted address, which need not have a scheme.
fn without_userinfo(message: &str) -> Cow<'_, str> {
    if !message.contains('@') {
        return Cow::Borrowed(message);
    }

    let masked = quotes(message, |quote| {
        let (address, host) = quote.rsplit_once('@')?;
        let (scheme, userinfo) = address.rsplit_once("//").unwrap_or(("", address));
        let slashes = if address.len() > userinfo.len() { "//" } else { "" };
        let is_host = |c: char| c.is_alphanumeric() || c == ':';
        let is_address = host.trim_start_matches('[').starts_with(is_host);
        (is_address && userinfo.contains(':'))
            .then(|| format!("{scheme}{slashes}{REDACTED}@{host}"))
    });

    masked.map_or(Cow::Borrowed(message), Cow::Owned)
}

fn shortened(quote: &str) -> Option<String> {
    let (end, _) = quote.char_indices().nth(MAX_QUOTE_CHARS)?;
    Some(format!("{}…", &quote[..end]))
}

/// Replaces quotes between backticks; `None` if no quote is replaced.
fn quotes(message: &str, replace: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut changed = false;
    let mut parts = Vec::new();
    for (at, part) in message.split('`').enumerate() {
        let replaced = if at % 2 == 1 { replace(part) } else { None };
        changed |= replaced.is_some();
        parts.push(replaced.map_or(Cow::Borrowed(part), Cow::Owned));
    }

    changed.then(|| parts.join("`"))
}

pub(crate) fn sanitize_sent(text: &str) -> Cow<'_, str> {
    with(|redactors| redactors.attribute.redact(text))
}

/// Redacts a value under its key, by the rules for attributes.
pub fn sanitize_sent_value<'v>(key: &str, value: &'v str) -> Cow<'v, str> {
    with(|redactors| redactors.attribute.redact_value(key, value))
}

/// Returns the replacement of a value that is not text, if redaction would hide its text under this key.
pub(crate) fn hidden(key: &str, value: &Value) -> Option<&'static str> {
    with(|Redactors { attribute, .. }| {
        if attribute.meaning_of(key) == KeyMeaning::Text {
            return None;
        }

        let text = value.to_string();
        (attribute.redact_value(key, &text) != text).then_some(REDACTED)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_its_credentials_is_an_address() {
        for (url, expected) in [
            ("https://u:p@h.example.com:8181/api", "https://h.example.com:8181/api"),
            ("https://admin@h.example.com", "https://h.example.com"),
            ("postgres://u:p@ss/w0rd@h:5432/db", "postgres://h:5432/db"),
            ("http://h/x?a=1&api_key=abc123def", "http://h/x?a=1&api_key=<REDACTED>"),
            ("https://h/cb#access_token=abc1def2&x=1", "https://h/cb#access_token=<REDACTED>&x=1"),
        ] {
            assert_eq!(sanitize_url(url), expected);
        }

        for clean in ["https://h.example.com/a/@b", "h:4317", "", "https://[::1]:4317/v1"] {
            assert!(matches!(sanitize_url(clean), Cow::Borrowed(same) if same == clean));
        }
    }

    #[test]
    fn a_quoted_address_needs_no_scheme_to_hide_its_credentials() {
        for address in [
            "user:password@host:4317",
            "user:secret@collector",
            "//user:x@host:4317",
            "http:user:x@host",
            "user:a b?c@host:1",
        ] {
            let shown = sanitize_error(&format!("expected `x`, found `{address}`")).into_owned();
            let host = address.rsplit_once('@').unwrap().1;
            assert!(shown.ends_with(&format!("<REDACTED>@{host}`")), "{shown}");
            assert_eq!(sanitize_error(&shown), shown);
        }
        for plain in ["expected `a:b`, found `git@host`", "without `/:;<=>?@[\\]`"] {
            assert_eq!(sanitize_error(plain), plain);
        }
    }

    #[test]
    fn an_error_is_one_line_of_printable_text_with_short_quotes() {
        let long = "a".repeat(1 << 20);
        let shown = sanitize_error(&format!("NAME: expected `true`, found `{long}`")).into_owned();
        assert_eq!(shown, format!("NAME: expected `true`, found `{}…`", "a".repeat(200)));
        let shown = sanitize_error(&long).into_owned();
        assert_eq!(shown, format!("{}…", "a".repeat(2048)));
        assert_eq!(
            sanitize_error("refused\r\nERROR forged\u{1b}[2J\0\u{9b}\u{202e}\u{2028}"),
            r"refused\r\nERROR forged\u{1b}[2J\u{0}\u{9b}\u{202e}\u{2028}"
        );
    }

    #[test]
    fn personal_data_is_no_credential() {
        let text = concat!("password=hunter2 of jane", "@", "example.com");
        let credentials = concat!("password=<REDACTED> of jane", "@", "example.com");
        assert_eq!(sanitize_credentials(text), credentials);
        assert_eq!(sanitize(text), "password=<REDACTED> of <REDACTED>@example.com");
    }

    #[test]
    fn a_long_message_is_truncated_after_its_redaction() {
        let words = "a word. ".repeat(80);
        assert_eq!(sanitize(&words), words);
        assert_eq!(sanitize_error_message(&words), words[..500]);
        let message = format!("{}password=hunter2XyZ77", &words[..486]);
        let safe = sanitize_error_message(&message);
        assert_eq!(safe, format!("{}password=", &words[..486]));
    }
}
