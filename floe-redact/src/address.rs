//! `@` outside of a URL: `user:password@host`, `user/password@host`, an e-mail address.

use crate::finding::Evidence;
use crate::rules::structures::{ADDRESS_PASSWORD, EMAIL, PASSWORD_FILE};
use crate::rules::words::{ADDRESS_ROLES, NO_DOMAINS, ORACLE_COMMANDS};
use crate::scan::Scan;
use crate::score::{Look, is_domain, is_placeholder, look};
use crate::text::{at, before, is_name, is_one_of, part, rest, run_end, run_start, starts_with};

/// How far to both sides of the `@` an address may reach.
const LIMIT: usize = 256;

/// `sign` is an `@` that belongs to no URL.
pub(crate) fn scan(scan: &mut Scan<'_>, sign: usize) {
    let text = scan.text;
    let next = at(text, sign + 1);
    let has_host = next.is_ascii_alphanumeric() || matches!(next, b'[' | b'/');
    if sign < scan.url_until || before(text, sign) == b'>' || !has_host {
        return;
    }
    if sign >= scan.signs_until {
        let run = run_start(text, sign, LIMIT, |byte| {
            byte > b' ' && !b"\"'`<>".contains(&byte)
        });
        let end = run_end(text, sign, LIMIT, |byte| {
            byte > b' ' && !b"\"'`<>,".contains(&byte)
        });
        // A password may contain `@`: the last one with a host behind it ends it.
        let last = memchr::memrchr(b'@', part(text, sign, end)).map_or(sign, |at| sign + at);
        let _ = oracle(scan, run, last) || credentials(scan, run, last);
        scan.signs_until = last + 1;
        if scan.covered >= last {
            return;
        }
    }
    if scan.policy.has_personal_data() {
        email(scan, sign);
    }
}

/// `user:password@host`, perhaps behind `dsn=` or `connect(`.
fn credentials(scan: &mut Scan<'_>, run: usize, sign: usize) -> bool {
    let text = scan.text;
    let Some(colon) = memchr::memchr(b':', part(text, run, sign)) else {
        return false;
    };
    let colon = run + colon;
    let start = run_start(text, colon, 64, |byte| {
        is_name(byte) || b".+-\\".contains(&byte)
    });
    let user = part(text, start, colon);
    let password = part(text, colon + 1, sign);
    let is_bare = start == run || b"=([{,;".contains(&before(text, start));
    let fits = is_bare
        && user.iter().any(u8::is_ascii_alphabetic)
        && !password.is_empty()
        && !password.starts_with(b"/")
        && !password.starts_with(b"@")
        && !password.ends_with(b":")
        && !password.contains(&b'(')
        && !is_placeholder(password)
        && !names_a_user(text, user, colon + 1, sign)
        && is_server(rest(text, sign + 1));
    if fits {
        scan.redact(colon + 1, sign, ADDRESS_PASSWORD, Evidence::Structure);
    }
    fits
}

/// `from:bob@example.com`, `Accepted:root@host:22` and `group:artifact@jar`: a user's name, with a
/// word before it that says so or that is written like a log's.
fn names_a_user(text: &[u8], role: &[u8], start: usize, sign: usize) -> bool {
    let user = part(text, start, sign);
    let is_user = user
        .iter()
        .all(|&byte| is_name(byte) || b".%+-'".contains(&byte));
    let end = run_end(text, sign + 1, 255, |byte| {
        is_name(byte) || b".-".contains(&byte)
    });
    let has_port = at(text, end) == b':' && at(text, end + 1).is_ascii_digit();
    let is_word = matches!(
        look(user),
        Look::Word | Look::Name | Look::Placeholder | Look::Prose | Look::Path | Look::Public
    );
    is_user
        && (is_one_of(role, ADDRESS_ROLES) && !has_port
            || is_word
                && (role[0].is_ascii_uppercase()
                    || role.contains(&b'.')
                    || is_one_of(role, ADDRESS_ROLES)))
}

/// A host that can only be one: a domain, an address, a name with a port, `tcp(…)`.
fn is_server(text: &[u8]) -> bool {
    let end = run_end(text, 0, 255, |byte| {
        is_name(byte) || matches!(byte, b'.' | b'-')
    });
    let host = part(text, 0, end);
    let host = host.strip_suffix(b".").unwrap_or(host);
    let port = run_end(text, end + 1, 6, |byte| byte.is_ascii_digit());
    let has_port = at(text, end) == b':' && port > end + 1 && port < end + 7;
    is_domain(host)
        || host.eq_ignore_ascii_case(b"localhost")
        || at(text, end) == b'(' && matches!(host, b"tcp" | b"unix" | b"tcp4" | b"tcp6")
        || has_port && host.first().is_some_and(u8::is_ascii_alphabetic) && !is_name(at(text, port))
        || at(text, 0) == b'['
}

/// `jdbc:oracle:thin:user/password@…`, `sqlplus user/password@…`
fn oracle(scan: &mut Scan<'_>, run: usize, sign: usize) -> bool {
    let text = scan.text;
    let Some(slash) = memchr::memchr(b'/', part(text, run, sign)) else {
        return false;
    };
    let slash = run + slash;
    let user = run_start(text, slash, 64, |byte| {
        is_name(byte) || matches!(byte, b'-' | b'.' | b'$')
    });
    let is_driver = [&b"thin:"[..], b"oci:", b"oci8:"]
        .iter()
        .any(|driver| text[..user].ends_with(driver));
    let command_end = user.saturating_sub(1);
    let command = run_start(text, command_end, 16, |byte| byte.is_ascii_alphabetic());
    // Options may stand between the command and the login.
    let line = run_start(text, user, 64, |byte| !b"\n;|".contains(&byte));
    let mut words = part(text, line, command_end).split(|byte| *byte == b' ');
    let is_command = user == run
        && (is_one_of(part(text, command, command_end), ORACLE_COMMANDS)
            || words.any(|word| word.starts_with(b"sql") && is_one_of(word, ORACLE_COMMANDS)));
    let is_login = user == run
        && is_server(rest(text, sign + 1))
        && matches!(
            look(part(text, slash + 1, sign)),
            Look::Mixed | Look::Random | Look::LongRandom | Look::Symbolic
        )
        && !part(text, slash + 1, sign).contains(&b'/')
        && !part(text, run, sign).contains(&b':');
    let fits = sign > slash + 1 && user < slash && (is_driver || is_command || is_login);
    if fits {
        scan.redact(slash + 1, sign, ADDRESS_PASSWORD, Evidence::Structure);
    }
    fits
}

/// A user of a host: `ssh bob@host`, `bob@host: Permission denied`, `bob@host's password`.
fn is_account(text: &[u8], start: usize, end: usize) -> bool {
    let line = run_start(text, start, 96, |byte| !b"\n;|".contains(&byte));
    let mut words = part(text, line, start).split(|byte| !byte.is_ascii_alphanumeric());
    words.any(|word| {
        matches!(
            word,
            b"ssh" | b"scp" | b"sftp" | b"rsync" | b"mosh" | b"autossh" | b"node" | b"nodedown"
        )
    }) || starts_with(text, end, b"'s password")
        || starts_with(text, end, b": Permission denied")
}

/// Keeps the domain: it shows which mail system failed, not whose mail.
fn email(scan: &mut Scan<'_>, sign: usize) {
    let text = scan.text;
    let local = run_start(text, sign, 64, |byte| {
        is_name(byte) || b".%+-'".contains(&byte) || byte >= 0x80
    });
    let end = run_end(text, sign + 1, 255, |byte| {
        is_name(byte) || matches!(byte, b'.' | b'-')
    });
    let domain = part(text, sign + 1, end);
    let domain = domain.strip_suffix(b".").unwrap_or(domain);
    let last = domain
        .rsplit(|byte| *byte == b'.')
        .next()
        .unwrap_or_default();
    let start = run_end(text, local, 64, |byte| b".'%-".contains(&byte));
    // A port follows a host: `user@host:22` is an account there.
    let has_port = at(text, end) == b':' && at(text, end + 1).is_ascii_digit();
    let has_path = at(text, end) == b':'
        && (at(text, end + 1) == b'/' || at(text, end + 1) == b'~' || is_name(at(text, end + 1)));
    let is_mail = is_domain(domain)
        && last.iter().all(u8::is_ascii_alphabetic)
        && !is_one_of(last, NO_DOMAINS)
        && start < sign
        && part(text, start, sign) != b"git"
        && !has_port
        && !has_path
        && before(text, start) != b'/'
        && before(text, local) != b':';
    let is_role = before(text, local) == b':'
        && !has_port
        && is_domain(domain)
        && !is_one_of(last, NO_DOMAINS)
        && !has_path
        && {
            let role_end = local - 1;
            let role = run_start(text, role_end, 16, |byte| {
                byte.is_ascii_alphabetic() || byte == b'-'
            });
            let role = part(text, role, role_end);
            role.is_empty()
                || is_one_of(role, ADDRESS_ROLES)
                || !text[..local].contains(&b'.')
                || !role.is_ascii()
        };
    if (is_mail || is_role && start < sign) && !is_account(text, local, end) {
        scan.redact(start, sign, EMAIL, Evidence::Structure);
    }
}

/// `host:5432:database:user:password`, a line of a password file. `start..end` is the port.
pub(crate) fn password_file(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    if before(text, start) != b':' || at(text, end) != b':' || end - start > 5 {
        return;
    }
    let is_field = |byte: u8| is_name(byte) || matches!(byte, b'-' | b'.' | b'*');
    let database = run_end(text, end + 1, 64, is_field);
    let user = run_end(text, database + 1, 64, is_field);
    let password = run_end(text, user + 1, 128, |byte| {
        byte > b' ' && !b"\"'<>,;)".contains(&byte)
    });
    let has_fields = at(text, database) == b':'
        && at(text, user) == b':'
        && database > end + 1
        && user > database + 1;
    let looks = look(part(text, user + 1, password));
    let is_random = matches!(
        looks,
        Look::Mixed | Look::Random | Look::LongRandom | Look::Symbolic | Look::Hash
    );
    let is_names = part(text, end + 1, user)
        .iter()
        .any(u8::is_ascii_alphabetic);
    if has_fields && is_random && is_names {
        scan.redact(user + 1, password, PASSWORD_FILE, Evidence::Structure);
    }
}
