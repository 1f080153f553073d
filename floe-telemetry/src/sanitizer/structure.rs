//! A key whose value belongs to it by the structure around both: XML, pairs, calls, structs.

use super::key_value::{Key, redact_at};
use super::lexicon::Class;
use super::reference::is_lookup;
use super::shape::{LONGEST, holds_made_up, is_made_up, is_opaque};
use super::signs::{ANGLE, OPEN_ROUND, OPEN_SQUARE, QUOTES, Signs};
use super::text::{
    at, before, find, is_break, is_name, part, run_end, run_start, skip_spaces, starts_with,
    starts_with_word,
};
use super::value::{Extent, Site};
use super::verdict::is_secret;
use super::word_list::Endings;
use super::{REDACTED, Scan, call, container, lexicon, operand, owner, pair, quote};

/// Longest name of a function that makes credentials.
const LIMIT_OF_NAME: usize = 40;

/// `Secret { inner: "…" }`.
pub(super) fn fields(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    if key.class != Class::Strong {
        return false;
    }
    let brace = skip_spaces(scan.text, behind);
    if at(scan.text, brace) != b'{' {
        return false;
    }
    if let Some(found) = container::field(scan.text, brace)
        && is_secret(scan.text, key, found, Site::default(), false)
    {
        scan.redact(found.start, found.end);
    }
    true
}

/// `<password>…</password>`, `<property name="password">…`, `<name>password</name><value>…`.
pub(super) fn xml(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let text = scan.text;
    let may_end_a_tag = matches!(at(text, behind), b'<' | b'>' | b'&');
    if !(may_end_a_tag || scan.has(ANGLE) && is_break(text, behind)) {
        return false;
    }
    let opener = run_start(text, key.start, 32, |byte| is_name(byte) || byte == b':');
    let in_tag = before(text, opener) == b'<';
    if starts_with(text, behind, b"&gt;") && before(text, opener) == b'/' {
        return true;
    }
    if starts_with(text, behind, b"&gt;") {
        return escaped_xml(scan, key, behind + 4);
    }
    let content = if starts_with(text, behind, b"</") && before(text, key.start) == b'>' {
        let close = find(text, behind, 48, b">");
        close.and_then(|close| {
            let next = run_end(text, close + 1, 64, |byte| byte.is_ascii_whitespace());
            (at(text, next) == b'<')
                .then(|| find(text, next, 48, b">"))
                .flatten()
        })
    } else if at(text, behind) == b'>' && (in_tag || behind > key.end) {
        Some(behind)
    } else if behind > key.end && at(text, behind) == b' ' {
        // `<setting name="password" type="…"><value>…`
        let close = run_end(text, behind, 96, |byte| !matches!(byte, b'<' | b'>'));
        starts_with(text, close, b"><value>").then_some(close)
    } else if in_tag && is_break(text, behind) {
        find(text, behind, 160, b">").filter(|&close| before(text, close) != b'/')
    } else {
        None
    };
    let Some(content) = content else { return false };
    let cdata = b"<![CDATA[";
    let start = content
        + 1
        + if starts_with(text, content + 1, cdata) {
            cdata.len()
        } else {
            0
        };
    // `<value><string>…`
    let is_wrapped = [&b"<value>"[..], b"<string>", b"<text>"]
        .iter()
        .any(|tag| starts_with_word(text, start, tag));
    let start = if is_wrapped {
        find(text, start, 32, b">").map_or(start, |close| close + 1)
    } else {
        start
    };
    let (last_blank, end) = scan.ahead.content(text, start);
    // `user:<password>@host`
    if at(text, start) == b'@' {
        return false;
    }
    let is_closed = starts_with(text, end, b"</") || starts_with(text, end, b"]]>");
    // `AccountKey=<your-account-key>;EndpointSuffix=…`: the tag is a value.
    let is_value =
        in_tag && b"=:(,".contains(&before(text, opener - 1)) && b";&@,".contains(&at(text, start));
    if !is_closed && (is_value || last_blank.is_some_and(|blank| blank >= start)) {
        return false;
    }
    let is_doubtful = matches!(key.class, Class::Weak | Class::Query);
    let reach = if is_doubtful { start + LONGEST } else { end };
    let found = Extent::inside(start, end.min(reach));
    // `<label for="password">Password</label>`
    let content = part(text, start, end.max(start));
    let is_label = content.len() <= LONGEST
        && !content.iter().any(u8::is_ascii_digit)
        && content
            .split(|byte| b" ?.:!".contains(byte))
            .any(lexicon::is_noun);
    if end > start && !is_label && is_secret(text, key, found, Site::default(), false) {
        scan.redact(start, end);
    }
    true
}

/// `&lt;password&gt;…&lt;/password&gt;`, as logs of SOAP have it.
fn escaped_xml(scan: &mut Scan<'_>, key: Key, start: usize) -> bool {
    let end = run_end(scan.text, start, LONGEST, |byte| !b"&<\n".contains(&byte));
    let found = Extent::inside(start, end);
    if end > start && is_secret(scan.text, key, found, Site::default(), false) {
        scan.redact(start, end);
    }
    true
}

/// What a pair may begin with.
const OPENERS: Signs = QUOTES.and(OPEN_ROUND).and(OPEN_SQUARE);

/// Ends of the names of a user and a password together.
pub(super) static LOGINS: Endings =
    Endings::of(&["auth", "authentication", "credentials", "login"]);

/// `auth=('bob', 'hunter2')`, `HTTPBasicAuth('bob', 'hunter2')`: the second of two is the password.
pub(super) fn login_pair(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let text = scan.text;
    if key.class == Class::Query {
        return false;
    }
    let name = key.name(text);
    if !LOGINS.has(name) || !scan.has(OPENERS) {
        return false;
    }
    let equals = skip_spaces(
        text,
        run_end(text, skip_spaces(text, behind), 1, |byte| {
            matches!(byte, b'=' | b':')
        }),
    );
    let open = run_end(text, equals, LIMIT_OF_NAME, |byte| {
        is_name(byte) || byte == b'.'
    });
    // Ruby's calls need no brackets.
    let is_bare = open > behind && at(text, behind) == b' ' && quote::open(text, open).is_some();
    if !matches!(at(text, open), b'(' | b'[') && !is_bare {
        return false;
    }
    let first = skip_spaces(text, if is_bare { open } else { open + 1 });
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let Some(user) = scan.quoted(first, site) else {
        return !is_bare && owner::bare_pair(scan, first);
    };
    let second = skip_spaces(text, user.after + 1);
    let near = part(text, 0, text.len().min(second + LONGEST));
    let found = scan
        .quoted(second, site)
        .or_else(|| container::wrapped(near, second));
    let Some(found) = found else {
        return false;
    };
    let fits = at(text, user.after) == b','
        && (matches!(at(text, found.after), b')' | b']') || is_bare)
        && is_secret(
            text,
            Key {
                class: Class::Strong,
                ..key
            },
            found,
            Site::default(),
            false,
        )
        && !lexicon::is_noun(part(text, found.start, found.end));
    if fits {
        scan.redact(found.start, found.end);
    }
    fits
}

/// `Password("…")`, `set_token('…')`.
pub(super) fn call(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if at(text, key.end) == b'[' {
        return pair::record(scan, key.end + 1);
    }
    // `t.pass("…")` is a test.
    if at(text, key.end) != b'(' || key.name(text).ends_with(b".pass") {
        return false;
    }
    // `get_password("name")`
    if is_lookup(key.name(text)) {
        return operand::arguments(scan, key.end + 1, |_, word| is_opaque(word, 16));
    }
    let start = skip_spaces(text, key.end + 1);
    let quote = quote::open(text, start);
    let word = quote.map(|quote| {
        let start = start + quote.len;
        part(text, start, run_end(text, start, 32, is_name))
    });
    if word.is_some_and(lexicon::is_noun) {
        return false;
    }
    // Of several arguments those that look like it, the first of them only if it is alone.
    let is_alone = quote.is_none_or(|quote| {
        let (_, after) = scan.close(start + quote.len, quote);
        at(text, after) != b','
    });
    let is_strong = key.class == Class::Strong || key.name(text).ends_with(b"auth");
    if !is_alone
        && (find(text, key.end, LONGEST, REDACTED.as_bytes()).is_some()
            || operand::arguments(scan, key.end + 1, |_, word| {
                is_strong && is_made_up(word, 6) || is_opaque(word, 8)
            }))
    {
        return true;
    }
    // `Token('RPAR', ')')`
    if !is_alone && word.is_some_and(|word| word.iter().all(|byte| !byte.is_ascii_lowercase())) {
        return false;
    }
    // `add_credentials('name', 'password')` names its arguments.
    if word.is_some_and(|word| !key.name(text).ends_with(b"credentials") || !pair::is_column(word))
        && redact_at(scan, key, start, Site::default())
    {
        return true;
    }
    // `changePassword(7, "…")`
    let is_behind = quote.is_none() && is_strong && key.name(text).ends_with(b"assword");
    operand::arguments(scan, key.end + 1, |_, word| {
        is_opaque(word, 16) || is_behind && holds_made_up(word)
    }) || quote.is_none()
        && (call::bare(scan, start)
            || pair::constructed(scan, key, start)
            || pair::record(scan, start))
}
