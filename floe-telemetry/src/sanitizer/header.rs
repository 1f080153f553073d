//! HTTP's credentials: `Authorization` with a scheme, cookies, and a scheme without its header.

use super::base64::{is_login, trim_padding};
use super::placeholder::{is_placeholder, is_prose};
use super::shape::{is_opaque, is_uuid, is_word_like};
use super::text::{
    at, before, is_break, is_name, is_redacted, part, run_end, run_start, skip_spaces,
    starts_with_word,
};
use super::value::{self, Extent, Site};
use super::{Rule, Scan, bare, code, parameters, positional, quote, shape};

/// Schemes with one word of credentials behind them.
const PLAIN: &[&str] = &[
    "bearer",
    "basic",
    "token",
    "negotiate",
    "ntlm",
    "apikey",
    "api-key",
    "sharedkey",
    "ssws",
    "key",
    "sharedkeylite",
    "goog",
];

/// Schemes with a list of parameters behind them.
const LISTS: &[&str] = &[
    "digest",
    "oauth",
    "hawk",
    "signature",
    "aws4-hmac-sha256",
    "aws4-ecdsa-p256-sha256",
    "mac",
];

/// The value of `Authorization:` at `from`: keeps the scheme, redacts the credentials.
pub(super) fn authorization(scan: &mut Scan<'_>, from: usize, site: Site) {
    scan.rule = Rule::Header;
    let text = scan.text;
    // `[]string{"Bearer …"}`
    let slice = b"[]string{";
    let is_slice = starts_with_word(text, from, slice);
    if is_slice || matches!(at(text, from), b'[' | b'(') {
        let open = if is_slice { slice.len() } else { 1 };
        let inner = skip_spaces(text, from + open);
        return authorization(
            scan,
            inner,
            Site {
                enclosing: 0,
                ..site
            },
        );
    }
    let prefix =
        usize::from(matches!(at(text, from), b'b' | b'r') && quote::open(text, from + 1).is_some());
    let from = from + prefix;
    let own_quote = quote::open(text, from).filter(|_| at(text, from) != site.enclosing);
    let (start, limit) = match own_quote {
        Some(quote) => (
            from + quote.len,
            Some(scan.close(from + quote.len, quote).0),
        ),
        None => (from, None),
    };
    if is_redacted(text, start) || is_break(text, start) {
        return;
    }
    let near = Site {
        doubtful: true,
        ..site
    };
    if own_quote.is_none()
        && let Some(found) = scan.extent(start, near).filter(|found| found.quoted)
    {
        let found = scan.whole(start, found, site);
        // `Some("Bearer …")`.
        return credentials(scan, found.start, Some(found.end), site);
    }
    credentials(scan, start, limit, site);
}

/// `limit` is the closing quote, if the value has quotes of its own.
fn credentials(scan: &mut Scan<'_>, start: usize, limit: Option<usize>, site: Site) {
    let text = scan.text;
    let scheme_end = run_end(text, start, 32, |byte| is_name(byte) || byte == b'-');
    let scheme = part(text, start, scheme_end);
    let secret = skip_gap(text, scheme_end);
    let known = |list: &[&str]| {
        list.iter()
            .any(|name| scheme.eq_ignore_ascii_case(name.as_bytes()))
    };
    let end_of_word = |from: usize| limit.unwrap_or_else(|| bare::bare_end(text, from, site));
    if secret > scheme_end && known(LISTS) {
        if !is_redacted(text, secret) {
            let end = limit.unwrap_or_else(|| list_end(text, secret, site.enclosing));
            parameters::scan(scan, secret, end);
        }
        return;
    }
    if secret > scheme_end
        && (known(PLAIN) || scheme.iter().all(u8::is_ascii_alphabetic))
        && !is_redacted(text, secret)
    {
        let end = end_of_word(secret);
        let word = text.get(secret..end).unwrap_or_default();
        if !is_prose(word)
            && !is_placeholder(word)
            && !code::is_variable(word)
            && (known(PLAIN) || is_opaque(word, 8) || is_uuid(word))
        {
            return scan.redact(secret, end);
        }
    }
    if known(PLAIN) || known(LISTS) || secret > scheme_end && is_redacted(text, secret) {
        return;
    }
    let end = end_of_word(start);
    let word = text.get(start..end).unwrap_or_default();
    if !is_prose(word) && !is_placeholder(word) && !code::is_variable(word) && !code::is_call(word)
    {
        let next = run_end(text, end, 1, |byte| byte == b' ');
        // A scheme that nobody knows, and its credentials.
        if limit.is_none() && next > end {
            let next_end = bare::bare_end(text, next, site);
            if is_opaque(part(text, next, next_end), 8) {
                return scan.redact_unless_done(start, next_end);
            }
        }
        scan.redact_unless_done(start, end);
    }
}

/// Behind the blank, the `%20` or the `+` between scheme and credentials; `from` without one.
fn skip_gap(text: &[u8], from: usize) -> usize {
    if starts_with_word(text, from, b"%20") {
        from + 3
    } else if at(text, from) == b'+' || at(text, from) == b':' && at(text, from + 1) != b' ' {
        from + 1
    } else {
        skip_spaces(text, from)
    }
}

/// A list of parameters ends with its line or with the quote around the whole header.
fn list_end(text: &[u8], from: usize, enclosing: u8) -> usize {
    let mut end = from;
    // The sentence around the header goes on behind a semicolon.
    while end < text.len()
        && !matches!(text[end], b'\n' | b'\r')
        && !(text[end] == b';' && at(text, end + 1) == b' ')
        && (text[end] != enclosing || enclosing == 0)
    {
        end += 1;
    }
    end
}

/// `Bearer …` and `Basic …` without their header.
pub(super) fn bare_scheme(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let start = run_start(text, anchor + 1, 8, |byte| byte.is_ascii_alphabetic());
    let end = run_end(text, anchor, 8, |byte| byte.is_ascii_alphabetic());
    let word = part(text, start, end);
    let is_bearer = word.eq_ignore_ascii_case(b"bearer");
    if is_name(before(text, start)) || !is_bearer && !word.eq_ignore_ascii_case(b"basic") {
        return;
    }
    if at(text, end) == b'.' && part(text, 0, start).ends_with(b"http-") {
        // `composer config http-basic.host user token`
        positional::second(scan, run_end(text, end, 96, |byte| byte > b' '));
        return;
    }
    if at(text, end) == b'.' {
        return dotted(scan, end);
    }
    let mark = quote::mark_len(text, end);
    let is_listed = at(text, end + mark) == b',';
    let is_apart = is_listed || at(text, end) != b':';
    let secret = skip_gap(text, if is_listed { end + mark + 1 } else { end });
    if secret == end || !is_apart || is_redacted(text, secret) {
        return;
    }
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    if secret < scan.doubtful_until {
        return;
    }
    let Some(found) = value::extent(text, secret, site) else {
        return;
    };
    if found.end + 8 >= secret + shape::LONGEST {
        scan.doubtful_until = found.end;
    }
    // `…^A^A`: a control character that is written out.
    let plain = run_end(text, found.start, found.end - found.start, |byte| {
        byte != b'^'
    });
    let found = if at(text, plain) == b'^' {
        Extent::bare(found.start, plain)
    } else {
        found
    };
    let word = part(text, found.start, found.end);
    let is_base64 = word.len() >= 8
        && !is_word_like(word)
        && trim_padding(word).iter().all(|byte| is_token68(*byte));
    let is_varied = !word.iter().all(u8::is_ascii_alphabetic) && !is_dashed_words(word);
    let is_padded = word.len().is_multiple_of(4) && shape::is_camel(word) && is_login(word);
    let fits = if is_bearer { is_varied } else { is_padded } || is_opaque(word, 8);
    if is_base64 && !is_prose(word) && fits {
        let found = scan.whole(secret, found, site);
        scan.redact(found.start, found.end);
    }
}

/// `bearer.authorization.k8s.io.…`: a list of protocols has no room for a blank.
fn dotted(scan: &mut Scan<'_>, from: usize) {
    let text = scan.text;
    let end = run_end(text, from, shape::LONGEST, |byte| {
        is_token68(byte) && byte != b':'
    });
    let last = part(text, from, end).iter().rposition(|byte| *byte == b'.');
    let start = from + last.unwrap_or(0) + 1;
    if is_opaque(part(text, start, end), 16) {
        scan.redact_unless_done(start, end);
    }
}

/// The characters that RFC 7235 allows in credentials.
fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/:".contains(&byte)
}

fn is_dashed_words(word: &[u8]) -> bool {
    word.split(|byte| b"-._/:".contains(byte)).all(is_word_like)
}
