//! Finds e-mail addresses, and credentials in URLs, in other addresses with an `@`, in paths and in password files.
//!
//! People paste passwords into URLs without encoding them, so `@`, `/`, `?`, `#` and `:` do not end the userinfo by
//! themselves: it may extend to a later `@` that a host follows.

use crate::key::{self, Name};
use crate::lexer::hex;
use crate::rules::list::words;
use crate::rules::structures::{ADDRESS_PASSWORD, EMAIL, PASSWORD_FILE, URL_PATH, URL_USERINFO};
use crate::rules::words::{
    ACCOUNT_COMMANDS, ADDRESS_ROLES, ALGORITHM_DOMAINS, ALGORITHMS, DIGESTS, HOOKS, NO_DOMAINS,
    ORACLE_COMMANDS, SECRET_SEGMENTS, SECRET_WORDS,
};
use crate::scan::{Evidence, Scan};
use crate::score::{
    self, is_credential_word, is_domain, is_made_up, is_no_password, is_random, look,
};
use crate::text::{
    after_colour, at, before, class, count_steps, is_name, part, rest, run_end, run_start,
    starts_with,
};

/// The maximum length of a URL after `://`, in bytes.
const LONGEST: usize = 4096;

/// The scheme whose parameters follow a `;`, and whose values may contain an `@`.
const SQL_SERVER: &[u8] = b"jdbc:sqlserver";

/// Reads a URL. `anchor` is the second byte after the colon of `://` or `:\/\/`. At other anchors, there is no URL.
pub(crate) fn url(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let Some(colon) = anchor.checked_sub(2).filter(|&at| text[at] == b':') else {
        return;
    };
    let Some(start) = after_slashes(text, colon) else {
        return;
    };
    let head = class!("a-zA-Z0-9_+.:-").start(text, colon, 40);
    let scheme = part(text, colon.saturating_sub(SQL_SERVER.len()), colon);
    if scheme.eq_ignore_ascii_case(SQL_SERVER) {
        return;
    }
    let end = end_of_url(text, start, before(text, head));
    let run = part(text, start, end);
    let authority = login(scan, run, |place| start + place);
    let is_cut = authority == start && end == text.len();
    if let Some(password) = cut_password(run).filter(|_| is_cut) {
        scan.redact(start + password, end, URL_USERINFO, Evidence::Structure);
    }
    path(scan, authority, end);
}

/// Redacts the userinfo of a URL. `run` is the text after `://`, and `place` returns the position in the text of each of
/// its bytes. Returns the position after the userinfo.
fn login(scan: &mut Scan<'_>, run: &[u8], place: impl Fn(usize) -> usize) -> usize {
    let start = place(0);
    let Some(sign) = userinfo(run) else {
        return start;
    };
    let user = &run[..sign];
    let end = place(sign);
    let colon = memchr::memchr(b':', user).map_or(0, |colon| colon + 1);
    if is_plain_user(user) {
        scan.keep(start, end, URL_USERINFO, "a user without a password");
    } else if is_no_login(&user[..colon], &user[colon..], rest(run, sign + 1)) {
        scan.keep(start, end, URL_USERINFO, "a placeholder");
    } else {
        scan.redact(start, end, URL_USERINFO, Evidence::Structure);
    }
    let authority = place(sign + 1);
    scan.cover(authority);
    authority
}

/// `://` in a URL that is part of another URL.
const ENCODED: &[u8] = b"%3a%2f%2f";

/// Reads a URL with percent-encoded signs, as in `next=https%3A%2F%2Fbob%3Aab12cd%40host`. `anchor` is the last digit of
/// `%3A%2F%2F`.
pub(crate) fn encoded(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let Some(colon) = anchor.checked_sub(7).filter(|&at| starts_with(text, at, ENCODED)) else {
        return;
    };
    let start = colon + ENCODED.len();
    let limit = text.len().min(start + LONGEST);
    let class = class!("a-zA-Z0-9_.~%!*()+$-");
    let mut run = Vec::new();
    let mut places = Vec::new();
    let mut place = start;
    while place < limit && class.has(text[place]) && !starts_with(text, place, ENCODED) {
        let code = hex(text, place + 1).filter(|_| text[place] == b'%');
        run.push(code.unwrap_or(text[place]));
        places.push(place);
        place += if code.is_some() { 3 } else { 1 };
    }
    places.push(place);
    count_steps(2 * (place - start));
    login(scan, &run, |at| places[at]);
}

/// Returns the start of the password in a URL that was cut before its host: `postgres://bob:winter77`.
fn cut_password(run: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', run)?;
    let user = &run[..colon];
    let password = &run[colon + 1..];
    let port = class!("0-9").end(password, 0, 5);
    let is_password = port == 0 || at(password, port).is_ascii_alphanumeric();
    let is_cut = is_password && class!("a-zA-Z0-9_-").only(user);

    (is_cut && is_made_up(password)).then_some(colon + 1)
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
        // A query needs a path, so in `user:a@b?d@host` the text after `?` belongs to the password.
        let is_end =
            matches!(run[path..], [] | [b'/', ..]) && is_certain_host(&authority[sign + 1..]);
        let has_password = authority[..sign].contains(&b':');
        return certain.filter(|_| has_password && !is_end).or(Some(sign));
    }

    let colon = memchr::memchr(b':', authority)?;
    let host = &authority[..colon];
    let port = &authority[colon + 1..];
    match port.len() {
        0..=5 if class!("0-9").all(port) => {
            let is_host = matches!(host, [b'[', ..]) || host.contains(&b'.');
            certain.filter(|_| !is_host)
        }
        _ => later,
    }
}

/// Whether the text clearly begins with a host: a domain, an IP address, a name with a port, `localhost` or `tcp(…)`.
fn is_certain_host(text: &[u8]) -> bool {
    let name = class!("a-zA-Z0-9_.-").end(text, 0, 255);
    let host = &text[..name];
    match (host, &text[name..]) {
        ([], [b'[', ..])
        | (_, [b':', b'0'..=b'9', ..])
        | (b"tcp" | b"tcp4" | b"tcp6" | b"unix", [b'(', ..]) => true,
        _ if host.eq_ignore_ascii_case(b"localhost") => true,
        _ => is_domain(host.strip_suffix(b".").unwrap_or(host)),
    }
}

/// Whether the userinfo looks like a user name, not like a password or a token: `git@`, `svc-ingest@`.
fn is_plain_user(userinfo: &[u8]) -> bool {
    let digits = userinfo.iter().filter(|byte| byte.is_ascii_digit()).count();
    match (userinfo.len(), digits) {
        (0..=24, 0..=3) => class!("a-zA-Z0-9_.-").all(userinfo) && !is_random(userinfo),
        _ => false,
    }
}

/// Whether a login has a mask, a variable or a placeholder in place of its password: `user:****@host`,
/// `user:${PASSWORD}@host`, `USER:PASSWORD@HOST`.
pub(crate) fn is_no_login(user: &[u8], password: &[u8], host: &[u8]) -> bool {
    let host = &host[..run_end(host, 0, 255, is_name)];
    let capitals = class!("A-Z_:%");
    match password {
        [] => false,
        _ if is_no_password(password) => true,
        _ if [user, password].iter().any(|name| !capitals.all(name)) => false,
        _ => capitals.only(host) || key::meaning(password).is_some(),
    }
}

/// Reads a path without a host, such as `GET /reset-password/…`, from the segment around the anchor on. Each path is
/// read only once.
pub(crate) fn segment(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let inside = class!("a-zA-Z0-9_-");
    let start = inside.start(text, anchor, 64);
    let end = inside.end(text, anchor, 64);
    let is_segment = (before(text, start), at(text, end)) == (b'/', b'/');
    if is_segment && start < end && start >= scan.progress.paths {
        scan.progress.paths = class!("a-zA-Z0-9_/.-").end(text, end, usize::MAX);
        path(scan, start - 1, scan.progress.paths);
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
        let secret = match word {
            [b'b', b'o', b't', token @ ..] if token.len() > 8 && token.contains(&b':') => 3,
            _ if is_announced && is_one_time(word) => 0,
            _ => word.len(),
        };
        if secret < word.len() {
            scan.redact(segment + secret, close, URL_PATH, Evidence::Structure);
        } else if word.len() <= 64 {
            is_announced |= announces(word, segment > start);
        }
        segment = next + 1;
    }
}

/// Whether a path segment may be the token of a one-time link.
fn is_one_time(word: &[u8]) -> bool {
    word.len() >= 12 && (score::is_uuid(word) || is_random(word))
}

/// Whether a host or a path segment announces that a later segment is secret.
fn announces(word: &[u8], is_segment: bool) -> bool {
    count_steps(HOOKS.ends.len() * word.len());
    let is_hook = HOOKS.iter().any(|hook| {
        word.windows(hook.len()).any(|part| part.eq_ignore_ascii_case(hook.as_bytes()))
    });
    match is_segment {
        _ if is_hook => true,
        true if SECRET_SEGMENTS.has(word) => true,
        true => Name::new(word).words().any(|word| SECRET_WORDS.has(word)),
        false => false,
    }
}

/// The maximum length of the text on each side of an address's `@`, in bytes.
const LIMIT: usize = 256;

/// Reads the address around the `@` at `sign`. Other signs, and the `@` of a URL's userinfo, are ignored.
pub(crate) fn scan(scan: &mut Scan<'_>, sign: usize) {
    let text = scan.text;
    if text[sign] == b':' && before(text, sign) == b'*' {
        password_file(scan, sign - 1, sign);
        return;
    }
    let has_host = class!("a-zA-Z0-9[/").has(at(text, sign + 1));
    let is_address = match (before(text, sign), text[sign]) {
        (b'>', _) => false,
        (_, b'@') => has_host,
        _ => false,
    };
    if !is_address {
        return;
    }
    // A password may contain `@`, so the last one ends it.
    let end = class!("^\"'`<>,").end(text, sign + 1, LIMIT);
    if memchr::memchr(b'@', part(text, sign + 1, end)).is_none() {
        let run = class!("^\"'`<>").start(text, sign, 2 * LIMIT);
        let password = oracle(text, run, sign).or_else(|| credentials(text, run, sign));
        if let Some(start) = password {
            scan.redact(start, sign, ADDRESS_PASSWORD, Evidence::Structure);
            return;
        }
    }
    email(scan, sign);
}

/// Returns the start of the password in `user:password@host`, which may follow `dsn=` or `connect(`.
fn credentials(text: &[u8], run: usize, sign: usize) -> Option<usize> {
    let colon = run + memchr::memchr(b':', part(text, run, sign))?;
    let start = class!("a-zA-Z0-9_.+\\-").start(text, colon, 64);
    let user = part(text, start, colon);
    let password = part(text, colon + 1, sign);
    let has_slashes = part(text, run, start) == b"//";
    let is_bare = start == run || class!("=([{,;").has(before(text, start));
    let host = rest(text, sign + 1);
    // The digest of an image follows the `@`, as in `nginx:1.25@sha256:…`.
    let is_digest = DIGESTS.begins(host);

    let fits = match password {
        [] | [b'/' | b'@', ..] | [.., b':'] => false,
        _ if is_digest || !class!("a-zA-Z").any(user) => false,
        _ if is_no_login(user, password, host) => false,
        _ if words!("tcp(, unix(").begins(host) => is_bare,
        _ if names_a_user(user, password) => false,
        _ if has_slashes => true,
        _ => is_bare && (is_certain_host(host) || is_random(password)),
    };
    fits.then_some(colon + 1)
}

/// Whether the name of a user or an artifact follows the colon, not a password: `from:bob@example.com`,
/// `Accepted:root@host:22`, `com.acme:tool@1.2.3`.
fn names_a_user(role: &[u8], user: &[u8]) -> bool {
    let is_logged = role[0].is_ascii_uppercase() || role.contains(&b'.');
    if !class!("a-zA-Z0-9_.%+'-").all(user) || is_credential_word(user) {
        return false;
    }
    match look(user) {
        look if look.is_placeholder() => false,
        _ if ADDRESS_ROLES.has(role) => true,
        look => is_logged && !look.is_made_up(),
    }
}

/// Returns the start of the password in `oracle:thin:user/password@…`, `sqlplus user/password@…` or `user/x7Kq@db:1521`.
fn oracle(text: &[u8], run: usize, sign: usize) -> Option<usize> {
    let slash = run + memchr::memchr(b'/', part(text, run, sign))?;
    let user = class!("a-zA-Z0-9_.$-").start(text, slash, 64);
    let mut drivers = words!("thin:, oci:, oci8:").iter();
    let is_driver = drivers.any(|driver| text[..user].ends_with(driver.as_bytes()));
    // Options may be between the command and the login.
    let line = run_start(text, user, 64, |byte| !b"\n;|".contains(&byte));
    let mut words = part(text, line, user).split(|byte| *byte == b' ');
    let password = part(text, slash + 1, sign);
    let host = rest(text, sign + 1);
    let is_login = !class!("/:").any(password)
        && is_made_up(password)
        && is_certain_host(host.strip_prefix(b"//").unwrap_or(host));

    let fits = match password {
        [] => false,
        _ if user == slash => false,
        _ if is_driver => true,
        _ if user != run => false,
        _ => is_login || words.any(|word| ORACLE_COMMANDS.has(word)),
    };
    fits.then_some(slash + 1)
}

/// Whether `start..end` is an account on a host: `ssh bob@host`, `bob@host: Permission denied`, `bob@host's password`.
fn is_account(text: &[u8], start: usize, end: usize) -> bool {
    let line = run_start(text, start, 96, |byte| !b"\n;|".contains(&byte));
    let mut words = part(text, line, start).split(|byte| !byte.is_ascii_alphanumeric());
    let answers = words!("'s password, : Permission denied");

    answers.begins(rest(text, end)) || words.any(|word| ACCOUNT_COMMANDS.has(word))
}

/// Redacts the local part of an e-mail address. The domain is kept, because it shows whose mail system failed.
fn email(scan: &mut Scan<'_>, sign: usize) {
    let text = scan.text;
    let local = after_colour(text, class!("a-zA-Z0-9_.%+'-", or_wide).start(text, sign, 64));
    let end = class!("a-zA-Z0-9_.-").end(text, sign + 1, 255);
    let host = part(text, sign + 1, end);
    let domain = host.strip_suffix(b".").unwrap_or(host);
    let last = domain.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let start = class!(".'%-").end(text, local, 64);
    // A list of logins: `bob@example.com:…`
    let secret = class!("^ \"'<>,;/:").end(text, end + 1, 128);
    let is_login = at(text, end) == b':'
        && is_made_up(part(text, end + 1, secret))
        && !b"/:".contains(&at(text, secret))
        && is_domain(domain)
        && !is_account(text, local, end);
    if is_login {
        scan.redact(end + 1, secret, ADDRESS_PASSWORD, Evidence::Structure);
    }
    // `user@host:22` and `git@host:path` are accounts and no e-mail addresses.
    let next = at(text, end + 1);
    let has_path = at(text, end) == b':' && (is_name(next) || b"/~".contains(&next));
    // SSH's names of algorithms have the form of addresses: `curve25519-sha256@libssh.org`.
    let name = part(text, start, sign);
    let is_algorithm =
        ALGORITHM_DOMAINS.has(domain) && (class!("0-9-").any(name) || ALGORITHMS.has(name));

    let is_mail = match before(text, start) {
        b'/' => false,
        _ if name.is_empty() || has_path || is_algorithm => false,
        _ if class!("0-9").any(last) || NO_DOMAINS.has(last) => false,
        _ => is_domain(domain) && !is_account(text, local, end),
    };
    if is_mail && scan.policy.has_personal_data() {
        scan.redact(start, sign, EMAIL, Evidence::Structure);
    }
}

/// Reads a line of a password file, `host:5432:database:user:password`. `start..number` is a number or a star between
/// two colons.
pub(crate) fn password_file(scan: &mut Scan<'_>, start: usize, number: usize) {
    let text = scan.text;
    if number - start > 5 {
        return;
    }
    let field = |from: usize| {
        let end = class!("a-zA-Z0-9_.*-").end(text, from, 64);
        (end > from && at(text, end) == b':').then_some(end)
    };
    let Some(user) = field(number + 1).and_then(|database| field(database + 1)) else {
        return;
    };
    let end = class!("^\"'<>,;)").end(text, user + 1, 128);
    let password = part(text, user + 1, end);
    // Fields with up to four hexadecimal digits may be groups of an IPv6 address instead of names.
    let is_group = |field: &[u8]| class!("0-9a-fA-F").fits(field, ..=4);
    let has_names =
        part(text, number + 1, user).split(|byte| *byte == b':').any(|name| !is_group(name));
    // A password with a field of another line is none.
    if has_names && memchr::memmem::find(password, b":*:").is_none() && is_made_up(password) {
        scan.redact(user + 1, end, PASSWORD_FILE, Evidence::Structure);
    }
}
