//! `bob@example.com:password`, as lists of logins have it.

use super::host::is_domain;
use super::shape::is_made_up;
use super::text::{at, is_name, part, run_end, run_start};
use super::{Rule, Scan};

/// `sign` is the `@`. Not `bob@host:folder` of a copy.
pub(super) fn scan(scan: &mut Scan<'_>, sign: usize) {
    let text = scan.text;
    let host = run_end(text, sign + 1, 255, |byte| {
        is_name(byte) || matches!(byte, b'.' | b'-')
    });
    if at(text, host) != b':' || !is_domain(part(text, sign + 1, host)) {
        return;
    }
    let end = run_end(text, host + 1, 64, |byte| {
        byte > b' ' && !b"\"',;/".contains(&byte)
    });
    let word = part(text, host + 1, end);
    let has_letter = word.iter().any(u8::is_ascii_alphabetic);
    if !has_letter || !is_made_up(word, 6) || b"/:".contains(&at(text, end)) {
        return;
    }
    let line = run_start(text, sign, 96, |byte| byte != b'\n');
    let copies = [&b"scp"[..], b"ssh", b"rsync", b"git", b"hg", b"sftp"];
    let is_copy = part(text, line, sign)
        .split(|byte| *byte == b' ')
        .any(|word| copies.contains(&word));
    if !is_copy {
        scan.rule = Rule::UrlUserinfo;
        scan.redact_unless_done(host + 1, end);
    }
}
