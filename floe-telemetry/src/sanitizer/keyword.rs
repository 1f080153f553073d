//! Words that are no key themselves, and say by what they are where a secret is: functions,
//! commands, marks of a format.

use super::text::part;
use super::{Scan, call, homonym, jwk, login, operand, pem, protocol};

/// What a word introduces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Cipher,
    Characters,
    JsonKey,
    Echo,
    Third,
    Logon,
    Putty,
    /// A line of a protocol.
    Identify,
    Acl,
    /// A file of names and passwords.
    UserList,
    /// `addauth digest user:password` of `ZooKeeper`.
    Digest,
    /// `p` behind `u` in a query.
    Parameter,
    /// A function that connects.
    Connection,
    /// A command of PowerShell's.
    Cmdlet,
}

/// What the word introduces, wherever it stands.
pub(super) fn of(word: &[u8]) -> Option<Keyword> {
    let is_cipher = [&b"crypt"[..], b"CRYPT", b"AES.new", b"Fernet"];
    if is_cipher.iter().any(|name| word.ends_with(name)) {
        return Some(Keyword::Cipher);
    }
    Some(match word {
        _ if word.ends_with(b".toCharArray") => Keyword::Characters,
        b"kty" => Keyword::JsonKey,
        b"echo" => Keyword::Echo,
        b"isql" | b"iusql" => Keyword::Third,
        b".logon" | b".LOGON" | b"LOGON" => Keyword::Logon,
        b"p" => Keyword::Parameter,
        b"addauth" => Keyword::Digest,
        b"IDENTIFY" => Keyword::Identify,
        b"ACL" | b"acl" => Keyword::Acl,
        b"userlist.txt" => Keyword::UserList,
        _ if word.starts_with(b"PuTTY-User-Key-File") => Keyword::Putty,
        _ if call::connects(word) => Keyword::Connection,
        _ if homonym::is_command_name(word) => Keyword::Cmdlet,
        _ => return None,
    })
}

/// Looks at what the word from `start` to `end` introduces; whether it is no key.
pub(super) fn scan(scan: &mut Scan<'_>, keyword: Keyword, start: usize, end: usize) -> bool {
    match keyword {
        Keyword::Cipher => operand::cipher(scan, end),
        Keyword::Characters => call::characters(scan, start),
        Keyword::JsonKey => jwk::scan(scan, start),
        Keyword::Echo => operand::echo(scan, end),
        Keyword::Third => operand::third(scan, end),
        Keyword::Logon => operand::logon(scan, end),
        Keyword::Digest => login::digest(scan, end),
        Keyword::Parameter => login::parameter(scan, start, end),
        Keyword::Identify => {
            protocol::words(scan, end);
        }
        Keyword::Acl => protocol::acl(scan, end),
        Keyword::UserList => login::listed(scan, end),
        Keyword::Putty => pem::putty(scan, end),
        Keyword::Connection => {
            let word = part(scan.text, start, end);
            return call::scan(scan, word, end) || homonym::is_cmdlet(scan.text, word, end);
        }
        Keyword::Cmdlet => {
            return homonym::is_cmdlet(scan.text, part(scan.text, start, end), end);
        }
    }
    true
}
