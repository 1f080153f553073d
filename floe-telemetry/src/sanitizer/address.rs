//! `@` outside of a URL: `user:password@host`, `user/password@host`, an e-mail address.

use super::host::is_domain;
use super::placeholder::is_masked;
use super::shape::is_made_up;
use super::text::{at, before, is_name, part, rest, run_end, run_start};
use super::{Level, Scan, email, mailbox};

/// How far to both sides of the `@` an address may reach.
const LIMIT: usize = 256;

/// Commands with `user/password@database` behind them.
const ORACLE: &[&str] = &[
    "sqlplus", "sqlldr", "expdp", "impdp", "exp", "imp", "rman", "connect", "conn",
];

/// Words before a colon that introduce an address, not a password.
const ROLES: &[&str] = &[
    "mailto", "from", "to", "cc", "bcc", "email", "e-mail", "mail", "contact", "author", "sip",
    "user", "username", "owner",
];

/// `sign` is an `@` that belongs to no URL.
pub(super) fn scan(scan: &mut Scan<'_>, sign: usize) {
    let text = scan.text;
    let next = at(text, sign + 1);
    let has_host = next.is_ascii_alphanumeric() || matches!(next, b'[' | b'/' | b'(');
    if sign < scan.url_until || before(text, sign) == b'>' || !has_host {
        return;
    }
    if sign >= scan.signs_until {
        let last = last_sign(scan, sign);
        scan.signs_until = last + 1;
        if scan.covered >= last {
            return;
        }
    }
    if scan.policy.level != Level::Credentials {
        email::scan(scan, sign);
    }
    mailbox::scan(scan, sign);
}

/// Redacts what stands before the last `@` of the run, if that is a password; returns its place.
fn last_sign(scan: &mut Scan<'_>, sign: usize) -> usize {
    let text = scan.text;
    let run = run_start(text, sign, LIMIT, |byte| {
        byte > b' ' && !b"\"'`<>".contains(&byte)
    });
    let end = run_end(text, sign, LIMIT, |byte| {
        byte > b' ' && !b"\"'`<>,".contains(&byte)
    });
    // A password may contain `@`: the last one with a host behind it ends it.
    let last = part(text, sign, end)
        .iter()
        .rposition(|&byte| byte == b'@')
        .map_or(sign, |at| sign + at);
    let _ = oracle(scan, run, last) || credentials(scan, run, last);
    last
}

/// `user:password@host`, perhaps behind `dsn=` or `connect(`.
fn credentials(scan: &mut Scan<'_>, run: usize, sign: usize) -> bool {
    let text = scan.text;
    let Some(colon) = part(text, run, sign).iter().position(|&byte| byte == b':') else {
        return false;
    };
    let colon = run + colon;
    let user_start = run_start(text, colon, 64, |byte| {
        is_name(byte) || b".+-\\".contains(&byte)
    });
    let user = part(text, user_start, colon);
    let password = part(text, colon + 1, sign);
    let introduced = ROLES
        .iter()
        .any(|role| user.eq_ignore_ascii_case(role.as_bytes()));
    // `//user:password@host` has no scheme.
    // `dsn “user:password@tcp(host)”`
    let lead = before(text, user_start);
    let is_bare = user_start == run || lead >= 0x80 || b"=([{,;/".contains(&lead);
    let fits = is_bare
        && user != b"jdbc"
        && user.iter().any(u8::is_ascii_alphabetic)
        && !password.is_empty()
        && !password.starts_with(b"/")
        && !password.starts_with(b"@")
        && !is_masked(password)
        && !(introduced && is_mailbox(text, colon + 1, sign))
        && is_server(rest(text, sign + 1));
    if fits {
        scan.redact(colon + 1, sign);
    }
    fits
}

/// `from:bob@example.com`: a role and an address without a port.
fn is_mailbox(text: &[u8], start: usize, sign: usize) -> bool {
    let end = run_end(text, sign + 1, 255, |byte| {
        is_name(byte) || b".-".contains(&byte)
    });
    part(text, start, sign)
        .iter()
        .all(|&byte| is_name(byte) || b".%+-'".contains(&byte))
        && !(at(text, end) == b':' && at(text, end + 1).is_ascii_digit())
}

/// A host that can only be one: a domain, an address, a name with a port, `tcp(…)`.
fn is_server(text: &[u8]) -> bool {
    // `user:password@(host:3306)/database` of Go.
    if let [b'(', inner @ ..] = text {
        return has_port(inner);
    }
    let end = run_end(text, 0, 255, |byte| {
        is_name(byte) || matches!(byte, b'.' | b'-')
    });
    let host = part(text, 0, end)
        .strip_suffix(b".")
        .unwrap_or(part(text, 0, end));
    let port = run_end(text, end + 1, 6, |byte| byte.is_ascii_digit());
    let has_port = at(text, end) == b':' && port > end + 1 && port < end + 7;
    is_domain(host)
        || host.eq_ignore_ascii_case(b"localhost")
        || at(text, end) == b'(' && matches!(host, b"tcp" | b"unix" | b"tcp4" | b"tcp6")
        || has_port && host.first().is_some_and(u8::is_ascii_alphabetic) && !is_name(at(text, port))
        || at(text, 0) == b'['
}

/// `host:1521`, and the end of the name of a database.
fn has_port(text: &[u8]) -> bool {
    let host = run_end(text, 0, 255, |byte| {
        is_name(byte) || matches!(byte, b'.' | b'-')
    });
    let port = run_end(text, host + 1, 6, |byte| byte.is_ascii_digit());
    host > 0 && at(text, host) == b':' && port > host + 1 && !is_name(at(text, port))
}

/// `host:1521/…`: the port of a listener of Oracle's.
fn is_listener(text: &[u8]) -> bool {
    let colon = run_end(text, 0, 255, |byte| byte != b':');
    [&b":1521/"[..], b":1522/", b":2484/"]
        .iter()
        .any(|port| rest(text, colon).starts_with(port))
}

/// `jdbc:oracle:thin:user/password@…`, `sqlplus user/password@…`.
fn oracle(scan: &mut Scan<'_>, run: usize, sign: usize) -> bool {
    let text = scan.text;
    let Some(slash) = part(text, run, sign).iter().position(|&byte| byte == b'/') else {
        return false;
    };
    let slash = run + slash;
    let user = run_start(text, slash, 64, |byte| {
        is_name(byte) || matches!(byte, b'-' | b'.' | b'$')
    });
    let is_driver = [&b"thin:"[..], b"oci:", b"oci8:"]
        .iter()
        .any(|d| part(text, 0, user).ends_with(d));
    let command = run_start(text, user.saturating_sub(1), 16, |byte| {
        byte.is_ascii_alphabetic()
    });
    let word = part(text, command, user.saturating_sub(1).max(command));
    let is_oracle = |word: &[u8]| {
        ORACLE
            .iter()
            .any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
    };
    // Options may stand between the command and the user: `sqlplus -s`.
    let line = run_start(text, user, 64, |byte| !b"\n;|&".contains(&byte));
    let has_options = part(text, line, user).contains(&b'-')
        && is_oracle(
            part(text, line, user)
                .split(|byte| *byte == b' ')
                .next()
                .unwrap_or_default(),
        );
    // `rman target sys/hunter2@orders`
    let is_target = word == b"target" && is_made_up(part(text, slash + 1, sign), 6);
    let is_command = is_oracle(word) || has_options || is_target;
    // `logon denied for user/password@host:1521`.
    let host = run_end(text, sign + 1, 2, |byte| byte == b'/');
    let is_login = || {
        let server = rest(text, host);
        has_port(server) && (is_made_up(part(text, slash + 1, sign), 6) || is_listener(server))
    };
    let is_whole = user == run || b"=([,;".contains(&before(text, user));
    let fits = sign > slash + 1
        && user < slash
        && (is_driver || user == run && is_command || is_whole && is_login());
    if fits {
        scan.redact(slash + 1, sign);
    }
    fits
}
