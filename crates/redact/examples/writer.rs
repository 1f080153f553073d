//! Redacts each line that the program writes, on its way to standard error.

use std::io::{self, Write};

use floe_redact::Redactor;

fn main() -> io::Result<()> {
    let mut log = Redactor::new().writer(io::stderr());
    writeln!(log, "cannot connect to postgres://loader:hunter2@db.example.com/orders")?;
    writeln!(
        log,
        "\u{1b}[3mtoken\u{1b}[0m\u{1b}[2m=\u{1b}[0m8lMkZiFcvX \u{1b}[3mtask\u{1b}[0m\u{1b}[2m=\u{1b}[0m42"
    )
}
