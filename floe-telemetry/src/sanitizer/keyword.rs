//! Words that are no key themselves, and say by what they are where a secret is: functions,
//! commands, marks of a format.

use super::{Scan, call, homonym, jwk, operand, pem};

/// Looks at what the word from `start` to `end` introduces; whether it is no key.
pub(super) fn scan(scan: &mut Scan<'_>, word: &[u8], start: usize, end: usize) -> bool {
    let is_cipher = [&b"crypt"[..], b"CRYPT", b"AES.new", b"Fernet"];
    if is_cipher.iter().any(|name| word.ends_with(name)) {
        operand::cipher(scan, end);
        return true;
    }
    if word.ends_with(b".toCharArray") {
        call::characters(scan, start);
        return true;
    }
    match word {
        b"kty" => jwk::scan(scan, start),
        b"echo" => operand::echo(scan, end),
        b"isql" | b"iusql" => operand::third(scan, end),
        b".logon" | b"LOGON" => operand::logon(scan, end),
        _ if word.starts_with(b"PuTTY-User-Key-File") => pem::putty(scan, end),
        _ => return call::scan(scan, word, end) || homonym::is_cmdlet(scan.text, word, end),
    }
    true
}
