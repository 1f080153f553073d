//! E-mail addresses, and names of users and hosts that only look like one.

use super::host::is_domain;
use super::text::{at, is_break, is_name, part, run_end, run_start, starts_with};
use super::{Rule, Scan};

/// Last labels of names that are no domain: files, units, hosts of one's own network.
const NO_DOMAINS: &[&str] = &[
    "png",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "webp",
    "css",
    "js",
    "service",
    "socket",
    "timer",
    "target",
    "slice",
    "mount",
    "local",
    "internal",
    "lan",
    "cluster",
    "localdomain",
    "txt",
    "csv",
    "json",
    "log",
    "xml",
    "yaml",
    "yml",
    "toml",
    "gz",
    "html",
    "parquet",
];

/// `bob@host: Permission denied`: what OpenSSH says of a login.
fn is_refused(text: &[u8], end: usize) -> bool {
    [
        &b": Permission denied"[..],
        b": Connection ",
        b"'s password",
    ]
    .iter()
    .any(|what| starts_with(text, end, what))
}

/// Programs whose nodes and remotes are named like mailboxes: `rabbit@host`.
fn is_program(local: &[u8], domain: &[u8]) -> bool {
    let nodes = [&b"rabbit"[..], b"ejabberd", b"couchdb", b"emqx", b"vernemq"];
    local == b"git" || !domain.contains(&b'.') && nodes.contains(&local)
}

/// `ssh -p 22 user@host`.
fn follows_shell_command(text: &[u8], user: usize) -> bool {
    let line = run_start(text, user, 96, |byte| !b"\n;|&".contains(&byte));
    let mut words = part(text, line, user).split(|byte| *byte == b' ');
    words.any(|word| {
        [
            &b"ssh"[..],
            b"scp",
            b"rsync",
            b"sftp",
            b"mosh",
            b"plink",
            b"pscp",
            b"psftp",
        ]
        .contains(&word)
    })
}

/// Keeps the domain: it tells which mail system failed, not whose mail.
pub(super) fn scan(scan: &mut Scan<'_>, sign: usize) {
    let text = scan.text;
    let local = run_start(text, sign, 64, |byte| {
        is_name(byte) || b".%+-'".contains(&byte)
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
    if !is_domain(domain) || !last.iter().all(u8::is_ascii_alphabetic) {
        return;
    }
    let foreign = NO_DOMAINS
        .iter()
        .any(|name| last.eq_ignore_ascii_case(name.as_bytes()));
    let start = run_end(text, local, 64, |byte| b".'%-".contains(&byte));
    // `user@host:path`, `user@host:~$`.
    let has_path = at(text, end) == b':' && !is_break(text, end + 1);
    // `kinit bob@EXAMPLE.ORG`, `krbtgt/EXAMPLE.ORG@EXAMPLE.ORG` name a realm of Kerberos.
    let is_realm = !domain.iter().any(u8::is_ascii_lowercase)
        && part(text, start.min(sign), sign)
            .iter()
            .any(u8::is_ascii_lowercase);
    let is_realm = is_realm || part(text, start.min(sign), sign) == domain;
    if !foreign
        && !is_realm
        && !has_path
        && !is_refused(text, end)
        && start < sign
        && !is_program(part(text, start, sign), domain)
        && !follows_shell_command(text, start)
    {
        scan.rule = Rule::Email;
        scan.redact(start, sign);
    }
}
