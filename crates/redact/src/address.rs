//! Finds e-mail addresses, and credentials in URLs, in other addresses with an `@`, in paths and in password files.
//!
//! People paste passwords into URLs without encoding them, so `@`, `/`, `?`, `#` and `:` do not end the userinfo by
//! themselves: it may extend to a later `@` that a host follows.

use crate::key::{self, Name};
use crate::rules::structures::{ADDRESS_PASSWORD, EMAIL, PASSWORD_FILE, URL_PATH, URL_USERINFO};
use crate::rules::words::{
    ACCOUNT_COMMANDS, ADDRESS_ROLES, ALGORITHM_DOMAINS, ALGORITHMS, DIGESTS, HOOKS, NO_DOMAINS,
    ORACLE_COMMANDS, SECRET_SEGMENTS, SECRET_WORDS,
};
use crate::scan::{Evidence, Reason, Scan};
use crate::score::{
    self, is_credential_word, is_domain, is_no_password, is_placeholder, is_random, look,
};
use crate::text::{
    after_colour, at, before, class, count_steps, is_name, is_one_of, part, rest, run_end,
    run_start, starts_with,
};

/// The maximum length of a URL after `://`, in bytes.
const LONGEST: usize = 4096;

/// Reads a URL. `anchor` is the second byte after the colon of `://` or `:\/\/`. At other anchors, there is no URL.
pub(crate) fn url(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let Some(colon) = anchor.checked_sub(2).filter(|&at| text[at] == b':') else {
        return;
    };
    let is_new = |&start: &usize| start > scan.url_until;
    let Some(start) = after_slashes(text, colon).filter(is_new) else {
        return;
    };
    let head = class!("a-zA-Z0-9_+.:-").start(text, colon, 40);
    let end = end_of_url(text, start, before(text, head));
    let run = part(text, start, end);
    scan.url_until = start;
    let mut authority = start;
    if let Some(sign) = userinfo(run) {
        authority = start + sign + 1;
        scan.url_until = authority;
        let user = &run[..sign];
        let end = start + sign;
        let colon = memchr::memchr(b':', user).map_or(0, |colon| colon + 1);
        let (name, password) = user.split_at(colon);
        if is_plain_user(user) {
            scan.keep(start, end, URL_USERINFO, Reason::Other("a user without a password"));
        } else if is_no_login(name, password, rest(run, sign + 1)) {
            scan.keep(start, end, URL_USERINFO, Reason::Other("a placeholder"));
        } else {
            scan.redact(start, end, URL_USERINFO, Evidence::Structure);
        }
    }
    if authority == start
        && end == text.len()
        && let Some(password) = cut_password(run)
    {
        scan.redact(start + password, end, URL_USERINFO, Evidence::Structure);
    }
    path(scan, authority, end);
}

/// Returns the start of the password in a URL that was cut before its host: `postgres://bob:winter77`.
fn cut_password(run: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', run)?;
    let user = &run[..colon];
    let password = &run[colon + 1..];
    let port = class!("0-9").end(password, 0, 5);
    let is_port = port > 0 && !at(password, port).is_ascii_alphanumeric();
    let is_cut = !user.is_empty() && !is_port && class!("a-zA-Z0-9_-").all(user);
    (is_cut && look(password).is_made_up()).then_some(colon + 1)
}

/// Returns the position after the two slashes that follow a colon; the slashes may be escaped.
fn after_slashes(text: &[u8], colon: usize) -> Option<usize> {
    let slash = |from: usize| {
        let slash = class!("\\").end(text, from, 4);
        (at(text, slash) == b'/').then_some(slash + 1)
    };
    slash(colon + 1).and_then(slash)
}

/// Returns the end of the longest possible URL, at a blank, a quote, an angle bracket or the colon of the next URL.
fn end_of_url(text: &[u8], start: usize, quote: u8) -> usize {
    let limit = text.len().min(start + LONGEST);
    let end = (start..limit)
        .find(|&index| match text[index] {
            0..=b' ' | b'"' | b'<' | b'>' | b'`' | 0x7f => true,
            b'\'' => quote == b'\'' || !is_name(at(text, index + 1)),
            b'\\' => matches!(at(text, index + 1), b'"' | b'n' | b'\''),
            b':' => after_slashes(text, index).is_some(),
            _ => false,
        })
        .unwrap_or(limit);
    count_steps(2 * (end - start));
    end
}

/// Returns the position of the `@` that ends the userinfo. `run` is the text after `://`.
fn userinfo(run: &[u8]) -> Option<usize> {
    let path = memchr::memchr3(b'/', b'?', b'#', run).unwrap_or(run.len());
    let last = memchr::memrchr(b'@', run)?;
    let later = class!("a-zA-Z0-9[/${%").has(at(run, last + 1)).then_some(last);
    let certain = later.filter(|&sign| is_certain_host(&run[sign + 1..]));
    let authority = &run[..path];
    if let Some(sign) = memchr::memrchr(b'@', authority) {
        let has_password = authority[..sign].contains(&b':');
        // A query needs a path, so in `user:a@b?d@host` the text after `?` belongs to the password.
        let is_odd = path < run.len() && run[path] != b'/';
        let is_inside = has_password && (is_odd || !is_certain_host(&authority[sign + 1..]));
        return certain.filter(|_| is_inside).or(Some(sign));
    }
    let colon = memchr::memchr(b':', authority)?;
    let host = &authority[..colon];
    let port = &authority[colon + 1..];
    let is_port = port.len() <= 5 && class!("0-9").all(port);
    if is_port {
        certain.filter(|_| !host.contains(&b'.') && !host.starts_with(b"["))
    } else {
        later
    }
}

/// Whether the text clearly begins with a host: a domain, an IP address, a name with a port, `localhost` or `tcp(…)`.
pub(crate) fn is_certain_host(text: &[u8]) -> bool {
    let name = class!("a-zA-Z0-9_.-").end(text, 0, 255);
    let host = &text[..name];
    let has_port = at(text, name) == b':' && at(text, name + 1).is_ascii_digit();
    at(text, 0) == b'['
        || has_port
        || host.eq_ignore_ascii_case(b"localhost")
        || is_domain(host.strip_suffix(b".").unwrap_or(host))
        || matches!(host, b"tcp" | b"tcp4" | b"tcp6" | b"unix") && at(text, name) == b'('
}

/// Whether the userinfo looks like a user name, not like a password or a token: `git@`, `svc-ingest@`.
fn is_plain_user(userinfo: &[u8]) -> bool {
    let digits = userinfo.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_user = class!("a-zA-Z0-9_.-").all(userinfo);
    userinfo.len() <= 24 && digits <= 3 && is_user && !is_random(userinfo)
}

/// Whether a login has a mask, a variable or a placeholder in place of its password: `user:****@host`,
/// `user:${PASSWORD}@host`, `USER:PASSWORD@HOST`.
pub(crate) fn is_no_login(user: &[u8], password: &[u8], host: &[u8]) -> bool {
    let host = &host[..run_end(host, 0, 255, is_name)];
    let capitals = class!("A-Z_:%");
    let is_template = user.iter().chain(password).all(|byte| capitals.has(*byte))
        && (key::meaning(password).is_some() || !host.is_empty() && capitals.all(host));
    !password.is_empty() && (is_template || is_no_password(password))
}

/// Reads a path without a host, such as `GET /reset-password/…`, from the segment around the anchor on.
pub(crate) fn segment(scan: &mut Scan<'_>, anchor: usize) {
    let inside = class!("a-zA-Z0-9_-");
    let start = inside.start(scan.text, anchor, 64);
    path_from(scan, start, inside.end(scan.text, anchor, 64));
}

/// Redacts the secret segments of a path, from the segment `start..end` on. Each path is read only once.
pub(crate) fn path_from(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    let is_segment = start < end && before(text, start) == b'/' && at(text, end) == b'/';
    if is_segment && start >= scan.paths_until {
        scan.paths_until = class!("a-zA-Z0-9_/.-").end(text, end, usize::MAX);
        path(scan, start - 1, scan.paths_until);
    }
}

/// Redacts tokens of bots, and random segments and UUIDs after a host or segment that announces a secret: `/renew/…`.
pub(crate) fn path(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    let end = start + memchr::memchr2(b'?', b'#', part(text, start, end)).unwrap_or(end - start);
    let mut is_announced = false;
    let mut segment = start;
    while segment < end {
        let next = segment + memchr::memchr(b'/', &text[segment..end]).unwrap_or(end - segment);
        let close = class!(":.)\\").start(text, next, next - segment);
        let word = part(text, segment, close);
        if word.len() > 11 && word.starts_with(b"bot") && word.contains(&b':') {
            scan.redact(segment + 3, close, URL_PATH, Evidence::Structure);
        } else if is_announced && word.len() >= 12 && (is_random(word) || score::is_uuid(word)) {
            scan.redact(segment, close, URL_PATH, Evidence::Structure);
        } else if word.len() <= 64 {
            is_announced |= announces(word, segment > start);
        }
        segment = next + 1;
    }
}

/// Whether a host or a path segment announces that a later segment is secret.
fn announces(word: &[u8], is_segment: bool) -> bool {
    count_steps(HOOKS.ends.len() * word.len());
    let is_hook = HOOKS.iter().any(|hook| {
        word.windows(hook.len()).any(|part| part.eq_ignore_ascii_case(hook.as_bytes()))
    });
    is_hook
        || is_segment
            && (is_one_of(word, SECRET_SEGMENTS)
                || Name::new(word).words().any(|word| is_one_of(word, SECRET_WORDS)))
}

/// The maximum length of the text on each side of an address's `@`, in bytes.
const LIMIT: usize = 256;

/// Reads the address around the `@` at `sign`. Other signs, and the `@` of a URL's userinfo, are ignored.
pub(crate) fn scan(scan: &mut Scan<'_>, sign: usize) {
    let text = scan.text;
    let next = at(text, sign + 1);
    let has_host = next.is_ascii_alphanumeric() || matches!(next, b'[' | b'/');
    if text[sign] != b'@' || sign < scan.url_until || before(text, sign) == b'>' || !has_host {
        return;
    }
    if sign >= scan.signs_until {
        let run = class!("^\"'`<>").start(text, sign, LIMIT);
        let end = class!("^\"'`<>,").end(text, sign, LIMIT);
        // A password may contain `@`, so the last one ends it.
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

/// Returns the start of the password in `user:password@host`, which may follow `dsn=` or `connect(`.
fn credentials(text: &[u8], run: usize, sign: usize) -> Option<usize> {
    let colon = run + memchr::memchr(b':', part(text, run, sign))?;
    let start = class!("a-zA-Z0-9_.+\\-").start(text, colon, 64);
    let user = part(text, start, colon);
    let password = part(text, colon + 1, sign);
    let has_slashes = part(text, run, start) == b"//";
    let is_bare = has_slashes || start == run || b"=([{,;".contains(&before(text, start));
    // The digest of an image follows the `@`, as in `nginx:1.25@sha256:…`.
    let is_digest = DIGESTS.iter().any(|digest| starts_with(text, sign + 1, digest.as_bytes()));
    let fits = is_bare
        && !is_digest
        && user.iter().any(u8::is_ascii_alphabetic)
        && !matches!(password, [] | [b'/' | b'@', ..] | [.., b':'])
        && !is_no_login(user, password, rest(text, sign + 1))
        && !names_a_user(user, password)
        && (has_slashes || is_certain_host(rest(text, sign + 1)));
    fits.then_some(colon + 1)
}

/// Whether the name of a user or an artifact follows the colon, not a password: `from:bob@example.com`,
/// `Accepted:root@host:22`, `com.acme:tool@1.2.3`.
fn names_a_user(role: &[u8], user: &[u8]) -> bool {
    let is_role = is_one_of(role, ADDRESS_ROLES);
    let is_logged = role[0].is_ascii_uppercase() || role.contains(&b'.');
    let may_be_user =
        class!("a-zA-Z0-9_.%+'-").all(user) && !is_credential_word(user) && !is_placeholder(user);
    may_be_user && (is_role || is_logged && !look(user).is_made_up())
}

/// Returns the start of the password in `oracle:thin:user/password@…`, `sqlplus user/password@…` or `user/x7Kq@db:1521`.
fn oracle(text: &[u8], run: usize, sign: usize) -> Option<usize> {
    let slash = run + memchr::memchr(b'/', part(text, run, sign))?;
    let user = class!("a-zA-Z0-9_.$-").start(text, slash, 64);
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

/// Whether `start..end` is an account on a host: `ssh bob@host`, `bob@host: Permission denied`, `bob@host's password`.
fn is_account(text: &[u8], start: usize, end: usize) -> bool {
    let line = run_start(text, start, 96, |byte| !b"\n;|".contains(&byte));
    let mut words = part(text, line, start).split(|byte| !byte.is_ascii_alphanumeric());
    words.any(|word| is_one_of(word, ACCOUNT_COMMANDS))
        || starts_with(text, end, b"'s password")
        || starts_with(text, end, b": Permission denied")
}

/// Redacts the local part of an e-mail address. The domain is kept, because it shows whose mail system failed.
fn email(scan: &mut Scan<'_>, sign: usize) {
    let text = scan.text;
    let local = after_colour(text, class!("a-zA-Z0-9_.%+'-", or_wide).start(text, sign, 64));
    let end = class!("a-zA-Z0-9_.-").end(text, sign + 1, 255);
    let domain = part(text, sign + 1, end);
    let domain = domain.strip_suffix(b".").unwrap_or(domain);
    let last = domain.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let start = class!(".'%-").end(text, local, 64);
    // `user@host:22` and `git@host:path` are accounts and no e-mail addresses.
    let next = at(text, end + 1);
    let has_path = at(text, end) == b':' && (is_name(next) || b"/~".contains(&next));
    // SSH's names of algorithms have the form of addresses: `curve25519-sha256@libssh.org`.
    let is_algorithm = is_one_of(domain, ALGORITHM_DOMAINS)
        && (is_one_of(part(text, start, sign), ALGORITHMS)
            || part(text, start, sign).iter().any(|byte| class!("0-9-").has(*byte)));
    let is_mail = start < sign
        && !is_algorithm
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

/// Reads a line of a password file, `host:5432:database:user:password`. `start..end` is a number between two colons.
pub(crate) fn password_file(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    if end - start > 5 {
        return;
    }
    let field = |from: usize| {
        let end = class!("a-zA-Z0-9_.*-").end(text, from, 64);
        (end > from && at(text, end) == b':').then_some(end)
    };
    let Some(user) = field(end + 1).and_then(|database| field(database + 1)) else {
        return;
    };
    let password = class!("^\"'<>,;)").end(text, user + 1, 128);
    // Fields with up to four hexadecimal digits may be groups of an IPv6 address instead of names.
    let is_group = |field: &[u8]| field.len() <= 4 && class!("0-9a-fA-F").all(field);
    let has_names =
        part(text, end + 1, user).split(|byte| *byte == b':').any(|name| !is_group(name));
    if has_names && look(part(text, user + 1, password)).is_made_up() {
        scan.redact(user + 1, password, PASSWORD_FILE, Evidence::Structure);
    }
}
