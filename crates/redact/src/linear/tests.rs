//! Tests that redaction is linear. They count the steps per byte for texts that repeat the beginnings of rules.

use std::fmt::Write as _;

use crate::Redactor;
use crate::engine::steps_of;
use crate::rules::examples::{Examples, examples};

/// The maximum number of steps per byte. Quadratic rules take several hundreds.
const LIMIT: usize = 256;

const LEN: usize = 8192;

/// Texts that begin many structures and end none, or that need several passes, because a mark reveals a structure.
#[rustfmt::skip]
const SLOW: [&str; 84] = [
    "password \"", "set password = ", "ssh-rsa password=", "Authorization: ", "password \"x7 ", "set password = x7Kq ",
    "ssh-rsa password=x7Kq2 ", "Authorization: x7Kq2Lw9 ", "token:", "password=", "password='x ", "sk-", "(password,", "a@",
    "http://a:b", "eyJ", "eyJ.", "eyJ-", "-----BEGIN RSA PRIVATE KEY-----\n", "\\\\\\\"", "%3d%22", " -p x -u a",
    "password,key\n", "4111 ", "auth(", "token: |\n b ", "tokens: [", "password ", "Bearer ", "AUTH ", "Cookie: ", "Cookie: a=b; ",
    "Authorization: Digest is not ", "secret(\"", "-glpat-ot", "KEY,db{", "psk 'psk 'psk '_ psk ",
    "value: x\nname: password\n", "name: password\nvalue: ", "{\"value\":\"x\",\"name\":\"password\"", "password = <<EOT\n", "password <<",
    "password: # x\n", "password /* ", "invalid value 'x' for '--password ", "'x' as password ", "password, found ", "password: invalid value ",
    "[password]\n", "+ password: |\n+ x\n", "password: map[a:", "%3a%2f%2fa",
    "token={phrase: -", "token={lo=\"K10::server:", "a,password\n", "a,password\nb,", "|password|\n|---|\n", "PASSWORD  A\n",
    "a\tpassword\n\"", "PlainLoginModule required user_a=", "user a on >", "name=\"password\"\n\n", "INSERT (password) VALUES (",
    "{\"kty\":\"oct\",\"k\":\"", "kty=kty{", "map[password:a b ", "<token>\n", "</value><name>password", "*:*:*:a:", "a, password\nb, ",
    "password: Validation x [{", "AUTH\n$3\n", "secret id ", "auth=('bob',{<", "Cookie: lang=\"de\"; @phrase={", "auth=('bob''",
    "password 'x7Kq2Lw9' != ", "(password x7Kq2Lw9", "{\"password\": \"x7Kq2Lw9\", [", "password=x7Kq2Lw9, ", concat!("AKIA", "Q3EGUX2ABCDEFGH7 / "),
    "password='x7Kq2Lw9'\nExpected: ", "password: $argon2id$v=19$m=65536,t=3,p=1$x7Kq2Lw9x7Kq,", "pin%3Dmap[apiKey:{4fs7Kq2Zx9Lm4Vb8 host:db1]>",
];

/// Texts between the pieces of a repeated text.
#[rustfmt::skip]
const JOINTS: [&str; 32] = [
    "", " ", "\n", "=", ":", "\"", "'", "(", "[", "{", "<", ">", ",", ";", "-", "/", "@", "|", "\\n", "\\\"", "%22",
    "%3D", "&quot;", "\u{201c}", "://", "=\"", "={", "='x ", "\u{1b}[1m", "eyJ", "a1B2", "\t- ",
];

/// Pseudo-random numbers, the same in every run.
struct Numbers(u32);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % limit
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// Returns the beginnings of a rule's examples.
fn beginnings(examples: &'static Examples) -> impl Iterator<Item = &'static str> {
    examples.all().flat_map(|example| {
        let lengths = [2, 3, 4, 6, 8, 12, 20, example.len() / 2, example.len()];
        lengths.into_iter().filter_map(|len| example.get(..len))
    })
}

/// Returns a text in which two pieces alternate.
fn repeated(pieces: [&str; 2], joints: [&str; 2]) -> String {
    let unit = [pieces[0], joints[0], pieces[1], joints[1]].concat();
    unit.repeat(LEN.div_ceil(unit.len().max(1)))
}

/// Adds a line about the text to `slow` if the text takes too many steps.
fn check(slow: &mut String, text: &str) {
    let steps = steps_of(text) / text.len().max(1);
    if steps > LIMIT {
        let unit: String = text.chars().take(80).collect();
        let _ = writeln!(slow, "{steps} steps for a byte: {unit:?}");
    }
}

#[test]
fn a_name_does_not_read_the_lines_below_it() {
    for name in ["password\n", "[password]\n", "the password, ", "password "] {
        let steps = steps_of(&format!("{name}{}", "lorem ipsum dolor\n".repeat(10_000)));
        assert!(steps < 4096, "{name:?}: {steps} steps");
    }
}

#[test]
fn long_columns_and_records_take_a_bounded_number_of_steps_for_a_byte() {
    let mega = "x7Kq2Lw9".repeat(1 << 17);
    let fields: String = (0..10_000).fold(String::new(), |mut fields, field| {
        let _ = write!(fields, "\"field{field}\":\"value\",");
        fields
    });
    let [columns, values] = ["password", "x7Kq2Lw9"].map(|cell| vec![cell; 64].join(","));
    let items = vec!["x7Kq2Lw9"; 10_000].join("\", \"");
    let mut slow = String::new();
    for text in [
        format!("user,password\nbob,{mega}\nann,x7"),
        format!("user,password\n{}", "bob,x7Kq2Lw9\n".repeat(1 << 16)),
        format!("{}\n{mega}", "user,password,".repeat(1 << 12)),
        format!("INSERT ({columns}) VALUES {}", format!("({values}),").repeat(1 << 8)),
        format!("{{{fields}\"loc\":[\"password\"],\"input\":\"x7Kq2Lw9\"}}"),
        format!("{{\"pointer\":\"/data/password\",{fields}\"a\":1}}"),
        format!("password: {}\"winter\"{}", "Some(Value { a: ".repeat(10_000), "})".repeat(10_000)),
        format!("map[{}password:a b", "a:b ".repeat(1 << 16)),
        format!("f(\"{items}\", \"{}Q3EGUX2ABCDEFGH7\")", "AKIA"),
        format!("password mismatch: \"{}\"", items.replace(", ", " != ")),
        format!("password in (\"{items}"),
        format!("{}\"x7Kq2Lw9\", \"password\"{}", "[".repeat(5_000), "]".repeat(5_000)),
    ] {
        check(&mut slow, &text);
        let findings = Redactor::new().findings(&text);
        assert!(findings.iter().all(|finding| finding.rule != "unread"));
    }
    assert!(slow.is_empty(), "{slow}");
}

/// Without optimization, each rule is only tested with one separator and one other rule, and the slow texts are shorter.
#[test]
fn every_rule_and_pair_of_rules_takes_a_bounded_number_of_steps_for_a_byte() {
    let mut numbers = Numbers(2026);
    let mut slow = String::new();
    let rows: Vec<Vec<&str>> = examples()
        .iter()
        .map(|examples| beginnings(examples).collect())
        .filter(|pieces: &Vec<_>| !pieces.is_empty())
        .collect();
    for pieces in &rows {
        let joints =
            if cfg!(debug_assertions) { vec![numbers.one(&JOINTS)] } else { JOINTS.to_vec() };
        for joint in joints {
            check(&mut slow, &repeated([numbers.one(pieces), ""], [joint, ""]));
        }
        let others = if cfg!(debug_assertions) {
            vec![numbers.below(rows.len())]
        } else {
            (0..rows.len()).collect()
        };
        for other in others {
            let pieces = [numbers.one(pieces), numbers.one(&rows[other])];
            let joints = [numbers.one(&JOINTS), numbers.one(&JOINTS)];
            check(&mut slow, &repeated(pieces, joints));
        }
    }
    let len = if cfg!(debug_assertions) { 16_384 } else { 65_536 };
    for unit in SLOW {
        check(&mut slow, &unit.repeat(len / unit.len()));
    }
    assert!(slow.is_empty(), "{slow}");
}
