//! Short options of commands: `-p pass`, `-ppass`, `-u user:pass`.
//!
//! `-p` is a port, a path or a password: the command, or a user given before it, decides.

use super::placeholder::is_placeholder;
use super::shape::{is_made_up, is_path};
use super::text::{at, before, is_break, is_name, run_end, run_start, skip_spaces};
use super::value::{self, Site};
use super::{Scan, operand, quote};

/// How much of the line before the option is read.
const LINE_LIMIT: usize = 192;

/// Longest name below.
const LONGEST_COMMAND: usize = 12;

/// What an option of a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// `-psecret`, with nothing between.
    Attached,
    /// This option is always a password.
    Always(u8),
    /// `-w` takes no argument.
    Postgres,
    /// `-u a:b` is a user and a group.
    Group,
    Curl,
}

/// Programs of Net-SNMP: a community, and the two passphrases of its third version.
const SNMP: &[&str] = &[
    "snmpwalk",
    "snmpget",
    "snmpgetnext",
    "snmpset",
    "snmptable",
    "snmptrap",
];

#[rustfmt::skip]
const COMMANDS: &[(Role, &[&str])] = &[
    (Role::Attached, &[
        "mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlsh", "mysqlbinlog", "mariadb",
        "mariadb-dump", "sshpass", "7z", "7za", "7zr", "7zz", "rar", "unrar",
    ]),
    (Role::Always(b'p'), &[
        "sshpass", "mysqlsh", "login", "twine", "beeline", "mongo", "mongosh", "mongodump",
    ]),
    (Role::Always(b'P'), &["sqlcmd", "bcp", "isql", "tsql", "zip", "unzip", "osql"]),
    (Role::Always(b'w'), &[
        "ldapsearch", "ldapadd", "ldapmodify", "ldapwhoami", "ldapdelete", "ldappasswd",
    ]),
    (Role::Always(b'a'), &["redis-cli", "valkey-cli"]),
    (Role::Always(b'k'), &["openssl"]),
    (Role::Always(b'c'), SNMP),
    (Role::Always(b'A'), SNMP),
    (Role::Always(b'X'), SNMP),
    (Role::Postgres, &["psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup", "createdb"]),
    (Role::Group, &[
        "docker", "podman", "nerdctl", "chown", "rsync", "install", "crictl", "buildah",
    ]),
    (Role::Curl, &["curl"]),
];

/// `anchor` is the first letter of the option, or the `s` of `--user` and `--proxy-user`.
pub(super) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    if let Some(slash) = anchor
        .checked_sub(2)
        .filter(|&slash| at(text, slash) == b'/')
    {
        return operand::net_use(scan, slash);
    }
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
    scan.line.read(text, first);
    let line = scan.line;
    let name_end = run_end(text, letter, 24, |byte| {
        is_name(byte) || byte == b'-' && is_long
    });
    let name = &text[letter..name_end];
    let is_user_option = matches!(
        name,
        b"u" | b"U" | b"a" | b"user" | b"username" | b"proxy-user"
    );
    // `curl -su user:password`.
    let is_cluster = !is_long && name.len() <= 6 && name.ends_with(b"u") && line.has(Role::Curl);
    if (is_user_option || is_cluster) && user(scan, name_end, line) || is_long {
        return;
    }
    if name.len() == 1 {
        return password(scan, letter, line);
    }
    let end = run_end(text, letter + 1, LINE_LIMIT, |byte| {
        byte > b' ' && !b"\"',".contains(&byte)
    });
    let attached = &text[letter + 1..end];
    if name[0] == b'p' && line.has(Role::Attached) && !is_placeholder(attached) {
        scan.redact(letter + 1, end);
    } else if name[0] == b'u' && line.has(Role::Curl) {
        // `curl -uuser:password`.
        if let Some(colon) = attached.iter().position(|&byte| byte == b':') {
            scan.redact(letter + 1 + colon + 1, end);
        }
    }
}

/// `-u user:password`; whether there was one.
fn user(scan: &mut Scan<'_>, behind: usize, line: Line) -> bool {
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
        || line.has(Role::Group) && !line.has(Role::Always(b'p'));
    if !harmless {
        scan.redact(start + colon + 1, end);
    }
    !harmless
}

fn password(scan: &mut Scan<'_>, letter: usize, line: Line) {
    let text = scan.text;
    let option = at(text, letter);
    let always = line.has(Role::Always(option));
    let user_before = matches!(option, b'p' | b'P' | b'w') && line.has_user();
    // A separate word is the database, and PostgreSQL's `-w` says that there is no password.
    let is_bare =
        option == b'p' && line.has(Role::Attached) || option == b'w' && line.has(Role::Postgres);
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

/// What the line before an option says: which commands it has. Kept from option to option, so that a
/// line is read once, however many options it has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Line {
    /// Everything before this was read; a word begins here.
    until: usize,
    seen: u32,
}

const HAS_USER: u32 = 1;
const SSH: u32 = 2;
/// The groups of commands follow, in the order of [`COMMANDS`].
const FIRST_GROUP: u32 = 4;

impl Line {
    /// Reads on, up to the option.
    fn read(&mut self, text: &[u8], option: usize) {
        let start = self.until.max(option.saturating_sub(LINE_LIMIT));
        if start > self.until {
            self.seen = 0;
        }
        let mut word = start;
        for index in start..option {
            let byte = text[index];
            if byte.is_ascii_whitespace() || b"\"'[](),;|&`$/".contains(&byte) {
                self.add(&text[word..index]);
                word = index + 1;
            }
            if b"\n;|&".contains(&byte) {
                self.seen = 0;
            }
        }
        self.until = word;
    }

    fn add(&mut self, word: &[u8]) {
        match word {
            [b'-', b'u' | b'U' | b'D', ..] => self.seen |= HAS_USER,
            [b'-', ..] if word.starts_with(b"--user") => self.seen |= HAS_USER,
            [] | [b'-', ..] => {}
            b"ssh" => self.seen |= SSH,
            _ if word.len() <= LONGEST_COMMAND && !word.contains(&b':') => {
                for (place, (_, commands)) in COMMANDS.iter().enumerate() {
                    let begins = |command: &str| command.as_bytes().first() == word.first();
                    if commands
                        .iter()
                        .any(|command| begins(command) && word == command.as_bytes())
                    {
                        self.seen |= FIRST_GROUP << place;
                    }
                }
            }
            _ => {}
        }
    }

    fn has(self, role: Role) -> bool {
        let place = COMMANDS.iter().position(|(known, _)| *known == role);
        place.is_some_and(|place| self.seen & (FIRST_GROUP << place) != 0)
    }

    fn has_user(self) -> bool {
        self.seen & HAS_USER != 0 && self.seen & SSH == 0
    }
}
