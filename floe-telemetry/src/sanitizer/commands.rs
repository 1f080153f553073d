//! Commands that take a password as an option, and which of them stand in a line.

use super::bytes::Bytes;
use super::word_list::Lengths;

/// How much of the line before the option is read.
pub(super) const LINE_LIMIT: usize = 192;

/// What an option of a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
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
        "useradd", "usermod", "certutil",
    ]),
    (Role::Always(b't'), &["doctl"]),
    (Role::Always(b'N'), &["ssh-keygen"]),
    (Role::Always(b'P'), &["sqlcmd", "bcp", "isql", "tsql", "zip", "unzip", "osql"]),
    (Role::Always(b'w'), &[
        "ldapsearch", "ldapadd", "ldapmodify", "ldapwhoami", "ldapdelete", "ldappasswd", "kadmin",
    ]),
    (Role::Always(b'a'), &["redis-cli", "valkey-cli"]),
    (Role::Always(b'k'), &["openssl"]),
    (Role::Always(b'K'), &["swift"]),
    (Role::Always(b'c'), SNMP),
    (Role::Always(b'A'), SNMP),
    (Role::Always(b'X'), SNMP),
    (Role::Postgres, &["psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup", "createdb"]),
    (Role::Group, &[
        "docker", "podman", "nerdctl", "chown", "rsync", "install", "crictl", "buildah",
    ]),
    (Role::Curl, &["curl"]),
];

/// Few words may be one of them.
static LENGTHS: Lengths = {
    let mut lengths = Lengths::NONE;
    let mut group = 0;
    while group < COMMANDS.len() {
        lengths = lengths.and(COMMANDS[group].1);
        group += 1;
    }
    lengths
};

/// Fewer may be one of a group.
static LENGTHS_OF_GROUPS: [Lengths; COMMANDS.len()] = {
    let mut groups = [Lengths::NONE; COMMANDS.len()];
    let mut group = 0;
    while group < COMMANDS.len() {
        groups[group] = Lengths::NONE.and(COMMANDS[group].1);
        group += 1;
    }
    groups
};

/// What the line before an option says: which commands it has. Kept from option to option, so that a
/// line is read once, however many options it has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Line {
    /// Everything before this was read; a word begins here.
    until: usize,
    seen: u32,
}

/// What ends a word of a line.
const ENDS: Bytes = Bytes::of(b"\"'[](),;|&`$/ \t\n\r\x0c");

const HAS_USER: u32 = 1;
const SSH: u32 = 2;
/// The groups of commands follow, in the order of [`COMMANDS`].
const FIRST_GROUP: u32 = 4;

impl Line {
    /// Reads on, up to the option.
    pub(super) fn read(&mut self, text: &[u8], option: usize) {
        let start = self.until.max(option.saturating_sub(LINE_LIMIT));
        if start > self.until {
            self.seen = 0;
        }
        let mut word = start;
        for index in start..option {
            let byte = text[index];
            if ENDS.has(byte) {
                self.add(&text[word..index]);
                word = index + 1;
            }
            if matches!(byte, b'\n' | b';' | b'|' | b'&') {
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
            _ if LENGTHS.may_have(word) => {
                for (place, (_, commands)) in COMMANDS.iter().enumerate() {
                    let is_one = |command: &&str| word == command.as_bytes();
                    if LENGTHS_OF_GROUPS[place].may_have(word) && commands.iter().any(is_one) {
                        self.seen |= FIRST_GROUP << place;
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn has(self, role: Role) -> bool {
        let place = COMMANDS.iter().position(|(known, _)| *known == role);
        place.is_some_and(|place| self.seen & (FIRST_GROUP << place) != 0)
    }

    pub(super) fn has_user(self) -> bool {
        self.seen & HAS_USER != 0 && self.seen & SSH == 0
    }
}
