//! Every message of the macros occurs in a UI case.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Files without messages of their own: tests, and lists of names that messages quote.
const NO_MESSAGES: [&str; 6] =
    ["documented.rs", "golden", "tests.rs", "tests/", "src/messages.rs", "symbol.rs"];

/// Messages that no input causes, because the compiler parses the item first, and a text that is
/// documentation.
const INTERNAL: [&str; 6] = [
    "errors were never checked",
    "expected an `impl` block with its methods in braces",
    "expected the function's body in braces",
    "The key of `{name}`",
    "it was matched",
    "only texts are compared",
];

#[test]
fn every_message_occurs_in_a_case() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let stderr: Vec<_> = files(&here.join("tests"), "stderr").iter().map(read).collect();
    let sources = files(&here.join("../floe-telemetry-macros/src").canonicalize().unwrap(), "rs");
    let messages: Vec<_> = sources
        .iter()
        .filter(|path| !NO_MESSAGES.iter().any(|word| path.to_string_lossy().contains(word)))
        .flat_map(|path| messages(&read(path)))
        .collect();
    assert!(messages.len() > 40, "no longer all messages are found: {messages:#?}");
    let missing: Vec<_> = messages
        .iter()
        .filter(|message| {
            !stderr.iter().flat_map(|text| text.lines()).any(|line| contains(line, message))
        })
        .collect();
    assert!(missing.is_empty(), "no case has the message {missing:#?}");
    assert!(stderr.iter().any(|text| text.contains(NOTHING)));
    assert!(stderr.len() >= 60, "{} cases", stderr.len());
}

/// It would quote the line where the component `rust-src` is installed, and name the place alone elsewhere.
#[test]
fn no_message_points_into_the_standard_library() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pointing: Vec<_> =
        files(here, "stderr").into_iter().filter(|path| read(path).contains("$RUST/")).collect();
    assert!(pointing.is_empty(), "{pointing:#?}");
}

/// The message if there is no accepted value, which is the only one with a part of one word.
const NOTHING: &str = "expected none";

/// The string literals with two words, or with code in backticks, outside of comments and tests.
fn messages(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |code, line| {
            code + line.split(" // ").next().unwrap_or_default() + "\n"
        });
    let mut texts = Vec::new();
    let mut rest = code.replace("'\"'", "");
    while let Some(start) = rest.find('"') {
        let mut text = String::new();
        let mut chars = rest[start + 1..].char_indices();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    end = start + 2 + at;
                    break;
                }
                '\\' => match chars.next() {
                    Some((_, '\n')) => text.push('\n'),
                    Some((_, c)) => text.push(c),
                    None => {}
                },
                c => text.push(c),
            }
        }
        rest = rest[end..].to_owned();
        let text = text.lines().map(str::trim_start).collect::<String>();
        if is_prose(&text) && !INTERNAL.iter().any(|other| text.starts_with(other)) {
            texts.push(text);
        }
    }
    texts
}

/// Whether a text is a message; all other texts are names or parts of names.
fn is_prose(text: &str) -> bool {
    let words = text.split(' ').filter(|word| word.contains(char::is_alphabetic));
    words.count() > 1 || text.contains('`')
}

/// Whether `line` contains the parts of `message` between its placeholders, in this order.
fn contains(line: &str, message: &str) -> bool {
    let mut line = line;
    message.split(['{', '}']).step_by(2).all(|part| match line.find(part) {
        Some(at) => {
            line = &line[at + part.len()..];
            true
        }
        None => false,
    })
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.extension() {
            _ if path.is_dir() => files(&path, extension),
            Some(found) if found == extension => vec![path],
            _ => Vec::new(),
        })
        .collect()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}
