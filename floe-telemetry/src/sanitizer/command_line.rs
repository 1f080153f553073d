//! Short options of commands: `-p pass`, `-ppass`, `-u user:pass`.
//!
//! `-p` is a port, a path or a password: the command, or a user given before it, decides.

use super::Scan;
use super::placeholder::is_placeholder;
use super::shape::{is_made_up, is_path};
use super::text::{at, before, is_break, is_name, run_end, run_start, skip_spaces};
use super::value::{self, Site};
use super::{key_value::word_before, quote};

/// How much of the line before the option is read.
const LINE_LIMIT: usize = 192;

/// `-psecret`, with nothing between.
const ATTACHED: &[&str] = &[
    "mysql",
    "mysqldump",
    "mysqladmin",
    "mysqlimport",
    "mysqlsh",
    "mysqlbinlog",
    "mariadb",
    "mariadb-dump",
    "sshpass",
    "7z",
    "7za",
    "7zr",
    "7zz",
    "rar",
    "unrar",
];

/// Their option is always a password.
const ALWAYS: &[(u8, &[&str])] = &[
    (
        b'p',
        &[
            "sshpass",
            "mysqlsh",
            "login",
            "twine",
            "beeline",
            "mongo",
            "mongosh",
            "mongodump",
        ],
    ),
    (
        b'P',
        &["sqlcmd", "bcp", "isql", "tsql", "zip", "unzip", "osql"],
    ),
    (
        b'w',
        &[
            "ldapsearch",
            "ldapadd",
            "ldapmodify",
            "ldapwhoami",
            "ldapdelete",
            "ldappasswd",
        ],
    ),
    (b'a', &["redis-cli", "valkey-cli"]),
    (b'k', &["openssl"]),
];

/// `-w` of these takes no argument.
const POSTGRES: &[&str] = &[
    "psql",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "pg_basebackup",
    "createdb",
];

/// `-u a:b` of these is a user and a group.
const GROUPS: &[&str] = &[
    "docker", "podman", "nerdctl", "chown", "rsync", "install", "crictl", "buildah",
];

/// `anchor` is the first letter of the option, or the `s` of `--user` and `--proxy-user`.
pub(super) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let first = run_start(text, anchor, 24, |byte| {
        byte.is_ascii_alphabetic() || byte == b'-'
    });
    let letter = run_end(text, first, 2, |byte| byte == b'-');
    let is_long = letter - first == 2;
    let lead = before(text, first);
    if letter == first
        || !(lead == 0 || is_break(text, first.saturating_sub(1)) || b"\"'[,(=".contains(&lead))
    {
        return;
    }
    let line = run_start(text, first, LINE_LIMIT, |byte| !b"\n;|&".contains(&byte));
    let words = Words(&text[line..first]);
    let name_end = run_end(text, letter, 24, |byte| {
        is_name(byte) || byte == b'-' && is_long
    });
    let name = &text[letter..name_end];
    let is_user_option = matches!(
        name,
        b"u" | b"U" | b"a" | b"user" | b"username" | b"proxy-user"
    );
    // `curl -su user:password`.
    let is_cluster = !is_long && name.len() <= 6 && name.ends_with(b"u") && words.any(&["curl"]);
    if (is_user_option || is_cluster) && user(scan, name_end, &words) || is_long {
        return;
    }
    if name.len() == 1 {
        return password(scan, letter, &words);
    }
    let end = run_end(text, letter + 1, LINE_LIMIT, |byte| {
        byte > b' ' && !b"\"',".contains(&byte)
    });
    let attached = &text[letter + 1..end];
    if name[0] == b'p' && words.any(ATTACHED) && !is_placeholder(attached) {
        scan.redact(letter + 1, end);
    } else if name[0] == b'u' && words.any(&["curl"]) {
        // `curl -uuser:password`.
        if let Some(colon) = attached.iter().position(|&byte| byte == b':') {
            scan.redact(letter + 1 + colon + 1, end);
        }
    }
}

/// `-u user:password`; whether there was one.
fn user(scan: &mut Scan<'_>, behind: usize, words: &Words<'_>) -> bool {
    let text = scan.text;
    let Some((start, end)) = argument(text, behind) else {
        return false;
    };
    let argument = &text[start..end];
    let Some(colon) = argument.iter().position(|byte| matches!(byte, b':' | b'%')) else {
        return false;
    };
    let password = &argument[colon + 1..];
    let harmless = password.is_empty()
        || password.starts_with(b"/")
        || password.iter().all(u8::is_ascii_digit)
            && argument[..colon].iter().all(u8::is_ascii_digit)
        || is_placeholder(password)
        || words.any(GROUPS) && !words.any(&["login"]);
    if !harmless {
        scan.redact(start + colon + 1, end);
    }
    !harmless
}

fn password(scan: &mut Scan<'_>, letter: usize, words: &Words<'_>) {
    let text = scan.text;
    let option = at(text, letter);
    let always = ALWAYS
        .iter()
        .any(|(name, commands)| *name == option && words.any(commands));
    let user_before = matches!(option, b'p' | b'P' | b'w') && words.has_user();
    // A separate word is the database, and PostgreSQL's `-w` says that there is no password.
    let is_bare = option == b'p' && words.any(ATTACHED) || option == b'w' && words.any(POSTGRES);
    if !always && !user_before {
        return;
    }
    let Some((start, end)) = argument(text, letter + 1) else {
        return;
    };
    let word = &text[start..end];
    let is_number = word
        .iter()
        .all(|byte| byte.is_ascii_digit() || b":.-/".contains(byte));
    let is_port = is_number && (word.len() <= 5 || word.contains(&b':'));
    if is_bare && !always && !is_made_up(word, 6) {
        return;
    }
    if !(is_placeholder(word) || !always && (is_port || is_path(word)) || word.starts_with(b"-")) {
        scan.redact(start, end);
    }
}

/// The argument behind an option, in a shell line or in a printed list of arguments.
fn argument(text: &[u8], behind: usize) -> Option<(usize, usize)> {
    let mark = quote::mark_len(text, behind);
    let comma = run_end(text, behind + mark, 1, |byte| matches!(byte, b',' | b'='));
    let start = skip_spaces(text, comma);
    if start == behind {
        return None;
    }
    let site = Site {
        equals: true,
        doubtful: true,
        ..Site::default()
    };
    let found = value::extent(text, start, site)?;
    let found = value::whole(text, start, found, site);
    Some((found.start, found.end))
}

/// The words of the line before an option.
struct Words<'t>(&'t [u8]);

impl Words<'_> {
    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let is_separator =
            |byte: &u8| byte.is_ascii_whitespace() || b"\"'[](),;|&`$".contains(byte);
        self.0
            .split(is_separator)
            .map(|word| word.rsplit(|byte| *byte == b'/').next().unwrap_or(word))
    }

    fn any(&self, commands: &[&str]) -> bool {
        self.iter()
            .any(|word| commands.iter().any(|command| word == command.as_bytes()))
    }

    fn has_user(&self) -> bool {
        let has_option = self.iter().any(|word| {
            word.starts_with(b"-u")
                || word.starts_with(b"-U")
                || word.starts_with(b"--user")
                || word.starts_with(b"-D")
        });
        has_option && !word_before(self.0, self.0.len(), b"ssh")
    }
}
