//! The command `redact`.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use clap::Args;
use floe_redact::Redactor;

use super::{Failure, print};

/// The maximum length of a text, in bytes.
const LONGEST: u64 = 64 << 20;

/// The text to redact, and the form of the output.
#[derive(Debug, Args)]
pub(crate) struct Redact {
    /// The file with the text, or `-` for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Print one line for each candidate instead of the text: its bytes, its rule, and why it is redacted or kept
    #[arg(long)]
    explain: bool,
}

impl Redact {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let text = self.read()?;
        let redactor = Redactor::new();
        if self.explain { print(redactor.explain(&text)) } else { print(redactor.redact(&text)) }
    }

    /// Reads the whole text, because a secret may be on a later line than its name.
    fn read(&self) -> Result<String, Failure> {
        let name = self.file.display();
        let failed = |error: io::Error| Failure(format!("{name}: cannot be read: {error}"));
        let input: Box<dyn Read> = if self.file.as_os_str() == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(&self.file).map_err(failed)?)
        };
        let mut bytes = Vec::new();
        input.take(LONGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > LONGEST {
            return Err(Failure(format!("{name}: expected at most 64 MiB, found more")));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
