//! A process that reads dbt's pipe after this process was killed, and removes the pipe's folder when dbt has ended.
//! Without a reader of the pipe, dbt would print an error for each event.

use std::io::{self, PipeWriter, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::io::{FdFlags, fcntl_setfd};

/// The script opens the pipe before dbt starts. A line on standard input means that `floe` ends normally, and the end
/// of standard input means that `floe` was killed. Standard error is the read end of another pipe, which ends when dbt
/// ends.
const SCRIPT: &str = r#"
exec 3<>"$1" || exit
echo; exec >/dev/null
read -r _ && exit
cat <&3 & log=$!
read -r _ <&2
rm -rf -- "$2"
kill "$log"
"#;

#[derive(Debug)]
pub(crate) struct Standby {
    process: Child,
    stdin: Option<ChildStdin>,
    /// The write end of the pipe that ends when dbt ends, because dbt inherits it.
    _dbt: PipeWriter,
}

impl Standby {
    pub(crate) fn start(pipe: &Path, folder: &Path) -> io::Result<Self> {
        let (of_dbt, dbt) = io::pipe()?;
        let mut process = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "floe-standby"])
            .args([pipe, folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(of_dbt)
            // Signals of the terminal are for dbt alone.
            .process_group(0)
            .spawn()?;
        let stdin = process.stdin.take();
        if let Some(mut ready) = process.stdout.take() {
            // If the process has already ended, dbt runs without a standby.
            let _ = ready.read(&mut [0]);
        }
        fcntl_setfd(&dbt, FdFlags::empty())?;
        Ok(Self { process, stdin, _dbt: dbt })
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        if let Some(mut stdin) = self.stdin.take() {
            let _ = stdin.write_all(b"\n");
        }
        let _ = self.process.wait();
    }
}
