//! `floe redact`: standard input without its secrets.

use std::io::{self, BufRead, BufWriter, ErrorKind, Write};

use clap::{Args, ValueEnum};
use floe_plugins::error::Error;
use floe_redact::{Level, Redactor, RedactorBuilder, UnusableKey, Writer};
use regex::Regex;

/// What is redacted, and what is printed.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print instead why each candidate was redacted or kept, without the secrets
    #[arg(long)]
    explain: bool,
    /// How much is redacted
    #[arg(long, value_enum, default_value_t)]
    level: Kinds,
    /// Redact every value of this key, too: `customer_ref` also applies to `oldCustomerRef`
    #[arg(long = "key", value_name = "NAME", value_parser = key)]
    keys: Vec<String>,
    /// Keep the values of this key, unless they have the format of a secret
    #[arg(long = "allowed-key", value_name = "NAME", value_parser = key)]
    allowed_keys: Vec<String>,
    /// Redact what this regular expression matches in a line, too
    #[arg(long = "pattern", value_name = "REGEX", value_parser = pattern)]
    patterns: Vec<Regex>,
}

/// A level of redaction.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Kinds {
    /// Credentials only
    Credentials,
    /// Also personal data whose format can be checked
    #[default]
    CredentialsAndPii,
    /// Also every value of an ambiguous key, such as `session`
    Strict,
}

impl Arguments {
    fn redactor(&self) -> Result<Redactor, UnusableKey> {
        let mut builder = Redactor::builder().level(match self.level {
            Kinds::Credentials => Level::Credentials,
            Kinds::CredentialsAndPii => Level::CredentialsAndPii,
            Kinds::Strict => Level::Strict,
        });
        for key in &self.keys {
            builder = builder.key(key)?;
        }
        for key in &self.allowed_keys {
            builder = builder.allowed_key(key);
        }
        for pattern in &self.patterns {
            let pattern = pattern.clone();
            builder = builder.pattern(move |text, from| {
                let found = pattern.find_at(text, from)?;
                Some(found.range())
            });
        }
        Ok(builder.build())
    }
}

fn key(name: &str) -> Result<String, UnusableKey> {
    if RedactorBuilder::is_usable_key(name) { Ok(name.to_owned()) } else { Err(UnusableKey) }
}

fn pattern(text: &str) -> Result<Regex, String> {
    let pattern = Regex::new(text).map_err(|error| error.to_string())?;
    if pattern.is_match("") {
        let expected = "expected a pattern that matches at least one character";
        return Err(format!("{expected}, found one that matches the empty text"));
    }
    Ok(pattern)
}

/// Copies standard input to standard output without credentials and personal data, or writes why each
/// candidate was redacted or kept. A closed pipe is not an error: its reader has enough output.
///
/// # Errors
/// Standard input cannot be read, or standard output cannot be written.
pub(super) fn redact(arguments: &Arguments) -> Result<(), Error> {
    let output = BufWriter::new(io::stdout().lock());
    // The keys were checked when the command line was parsed.
    let redactor = arguments.redactor().unwrap_or_default();
    let writer =
        if arguments.explain { redactor.explainer(output) } else { redactor.writer(output) };
    match copy(io::stdin().lock(), writer) {
        Err(Error::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn copy<W: Write>(mut input: impl BufRead, mut writer: Writer<W>) -> Result<(), Error> {
    loop {
        let read = match input.fill_buf() {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::StandardInput(error)),
        };
        if read.is_empty() {
            return writer.flush().map_err(Error::Output);
        }
        writer.write_all(read).map_err(Error::Output)?;
        // Complete lines do not wait for more input.
        writer.get_mut().flush().map_err(Error::Output)?;
        let len = read.len();
        input.consume(len);
    }
}
