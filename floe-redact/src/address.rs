//! `@` outside of a URL: `user:password@host`, `user/password@host`, an e-mail address.

use crate::finding::Evidence;
use crate::rules::structures::{ADDRESS_PASSWORD, EMAIL, PASSWORD_FILE};
use crate::rules::words::{ACCOUNT_COMMANDS, ADDRESS_ROLES, DIGESTS, NO_DOMAINS, ORACLE_COMMANDS};
use crate::scan::Scan;
use crate::score::{is_credential_word, is_domain, is_placeholder, look};
use crate::text::{
    after_colour, at, before, is_name, is_one_of, part, rest, run_end, run_start, starts_with,
};
use crate::url::{is_certain_host, is_no_login};

/// How long an address may be to both sides of the `@`.
const LIMIT: usize = 256;

/// `sign` is an `@` that belongs to no URL, or another sign.
pub(crate) fn scan(scan: &mut Scan<'_>, sign: usize) {
    let text = scan.text;
    let next = at(text, sign + 1);
    let has_host = next.is_ascii_alphanumeric() || matches!(next, b'[' | b'/');
    if text[sign] != b'@' || sign < scan.url_until || before(text, sign) == b'>' || !has_host {
        return;
    }
    if sign >= scan.signs_until {
        let is_inside = |byte: u8| byte > b' ' && !b"\"'`<>".contains(&byte);
        let run = run_start(text, sign, LIMIT, is_inside);
        let end = run_end(text, sign, LIMIT, |byte| is_inside(byte) && byte != b',');
        // A password may contain `@`: the last one with a host after it ends it.
        let last = memchr::memrchr(b'@', part(text, sign, end)).map_or(sign, |at| sign + at);
        let password = oracle(text, run, last).or_else(|| credentials(text, run, last));
        if let Some(start) = password {
            scan.redact(start, last, ADDRESS_PASSWORD, Evidence::Structure);
        }
        scan.signs_until = last + 1;
        if scan.covered >= last {
            return;
        }
    }
    if scan.policy.has_personal_data() {
        email(scan, sign);
    }
}

/// Where the password begins in `user:password@host`, perhaps after `dsn=` or `connect(`.
fn credentials(text: &[u8], run: usize, sign: usize) -> Option<usize> {
    let colon = run + memchr::memchr(b':', part(text, run, sign))?;
    let start = run_start(text, colon, 64, |byte| {
        is_name(byte) || b".+-\\".contains(&byte)
    });
    let user = part(text, start, colon);
    let password = part(text, colon + 1, sign);
    let is_bare =
        start == run || b"=([{,;".contains(&before(text, start)) || part(text, run, start) == b"//";
    // `nginx:1.25@sha256:…`
    let is_digest = DIGESTS
        .iter()
        .any(|digest| starts_with(text, sign + 1, digest.as_bytes()));
    let fits = is_bare
        && !is_digest
        && user.iter().any(u8::is_ascii_alphabetic)
        && !matches!(password, [] | [b'/' | b'@', ..] | [.., b':'])
        && !is_no_login(user, password, rest(text, sign + 1))
        && !names_a_user(user, password)
        && is_certain_host(rest(text, sign + 1));
    fits.then_some(colon + 1)
}

/// `from:bob@example.com`, `Accepted:root@host:22` and `group:artifact@jar`: a user's name, after the
/// word for a role, or after one that is written as logs write it.
fn names_a_user(role: &[u8], user: &[u8]) -> bool {
    let is_role = is_one_of(role, ADDRESS_ROLES);
    let is_user = |byte: &u8| is_name(*byte) || b".%+-'".contains(byte);
    let is_logged = role[0].is_ascii_uppercase() || role.contains(&b'.');
    let may_be_user =
        user.iter().all(is_user) && !is_credential_word(user) && !is_placeholder(user);
    may_be_user && (is_role || is_logged && !look(user).is_made_up())
}

/// `jdbc:oracle:thin:user/password@…`, `sqlplus user/password@…`
fn oracle(text: &[u8], run: usize, sign: usize) -> Option<usize> {
    let slash = run + memchr::memchr(b'/', part(text, run, sign))?;
    let user = run_start(text, slash, 64, |byte| {
        is_name(byte) || b"-.$".contains(&byte)
    });
    let drivers = [&b"thin:"[..], b"oci:", b"oci8:"];
    let is_driver = drivers.iter().any(|driver| text[..user].ends_with(driver));
    // Options may be between the command and the login.
    let line = run_start(text, user, 64, |byte| !b"\n;|".contains(&byte));
    let mut words = part(text, line, user).split(|byte| *byte == b' ');
    let password = part(text, slash + 1, sign);
    let is_login = is_certain_host(rest(text, sign + 1))
        && look(password).is_made_up()
        && !password.contains(&b'/')
        && !password.contains(&b':');
    let is_argument =
        user == run && (is_login || words.any(|word| is_one_of(word, ORACLE_COMMANDS)));
    let fits = user < slash && !password.is_empty() && (is_driver || is_argument);
    fits.then_some(slash + 1)
}

/// A user of a host: `ssh bob@host`, `bob@host: Permission denied`, `bob@host's password`.
fn is_account(text: &[u8], start: usize, end: usize) -> bool {
    let line = run_start(text, start, 96, |byte| !b"\n;|".contains(&byte));
    let mut words = part(text, line, start).split(|byte| !byte.is_ascii_alphanumeric());
    words.any(|word| is_one_of(word, ACCOUNT_COMMANDS))
        || starts_with(text, end, b"'s password")
        || starts_with(text, end, b": Permission denied")
}

/// Keeps the domain: it shows which mail system failed, not whose mail.
fn email(scan: &mut Scan<'_>, sign: usize) {
    let text = scan.text;
    let local = run_start(text, sign, 64, |byte| {
        is_name(byte) || b".%+-'".contains(&byte) || byte >= 0x80
    });
    let local = after_colour(text, local);
    let end = run_end(text, sign + 1, 255, |byte| {
        is_name(byte) || b".-".contains(&byte)
    });
    let domain = part(text, sign + 1, end);
    let domain = domain.strip_suffix(b".").unwrap_or(domain);
    let last = domain
        .rsplit(|byte| *byte == b'.')
        .next()
        .unwrap_or_default();
    let start = run_end(text, local, 64, |byte| b".'%-".contains(&byte));
    // `user@host:22` and `git@host:path` are accounts.
    let next = at(text, end + 1);
    let has_path = at(text, end) == b':' && (is_name(next) || b"/~".contains(&next));
    let is_mail = start < sign
        && is_domain(domain)
        && !last.iter().any(u8::is_ascii_digit)
        && !is_one_of(last, NO_DOMAINS)
        && before(text, start) != b'/'
        && !has_path
        && !is_account(text, local, end);
    if is_mail {
        scan.redact(start, sign, EMAIL, Evidence::Structure);
    }
}

/// `host:5432:database:user:password`, a line of a password file. `start..end` is the port,
/// between colons.
pub(crate) fn password_file(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    if end - start > 5 {
        return;
    }
    let field = |from: usize| {
        let end = run_end(text, from, 64, |byte| {
            is_name(byte) || b"-.*".contains(&byte)
        });
        (end > from && at(text, end) == b':').then_some(end)
    };
    let Some(user) = field(end + 1).and_then(|database| field(database + 1)) else {
        return;
    };
    let password = run_end(text, user + 1, 128, |byte| {
        byte > b' ' && !b"\"'<>,;)".contains(&byte)
    });
    // A group of an IPv6 address has up to four hexadecimal digits.
    let is_group = |field: &[u8]| field.len() <= 4 && field.iter().all(u8::is_ascii_hexdigit);
    let has_names = part(text, end + 1, user)
        .split(|byte| *byte == b':')
        .any(|name| !is_group(name));
    if has_names && look(part(text, user + 1, password)).is_made_up() {
        scan.redact(user + 1, password, PASSWORD_FILE, Evidence::Structure);
    }
}
