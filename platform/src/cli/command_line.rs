//! Command lines of this program for a shell.

use std::borrow::Cow;
use std::env;
use std::ffi::OsStr;

/// The command line that calls this program in the same way, with these words.
pub(super) fn call<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> String {
    let program = env::args_os().next().unwrap_or_else(|| "floe".into());
    let mut line = quoted(&program.to_string_lossy()).into_owned();
    for word in words {
        line.push(' ');
        line.push_str(&quoted(&word.to_string_lossy()));
    }
    line
}

/// This command line, with these words at its end.
pub(super) fn again(words: &[&str]) -> String {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let arguments = arguments.iter().map(|it| &**it);
    call(arguments.chain(words.iter().map(OsStr::new)))
}

/// A word, quoted for a POSIX shell.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |character: char| {
        character.is_alphanumeric()
            || matches!(character, '_' | '-' | '.' | '/' | ':' | '=' | ',' | '+' | '@' | '%')
    };
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_word_as_it_was() {
        assert_eq!(quoted("demo/größe-360.v1"), "demo/größe-360.v1");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's \"$x\""), r#"'it'\''s "$x"'"#);
        assert_eq!(quoted(""), "''");
    }
}
