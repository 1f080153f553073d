//! A child process that shares the terminal and the signals of this process.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::process::interrupt;

/// The end of a process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// The process ended with this exit code.
    Code(i32),
    /// This signal ended the process.
    Signal(i32),
}

/// Starts a child process, and forwards signals to it. After [`Running::wait`], a signal ends this process instead.
///
/// # Errors
/// The process cannot be started.
pub fn start(command: &mut Command) -> io::Result<Running> {
    // Signals are caught from here on, so that none ends this process and leaves the child alone.
    let signals = Signals::new(interrupt::not_ignored(&[SIGHUP, SIGINT, SIGQUIT, SIGTERM]));
    let child = command.spawn()?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let target = Arc::new(Mutex::new(pid));
    if let Ok(mut signals) = signals {
        let target = Arc::clone(&target);
        let thread = thread::Builder::new().name("floe-signals".to_owned());
        // Without the thread, the child gets the signals of the terminal only.
        let _ = thread.spawn(move || {
            for signal in signals.forever() {
                let target = target.lock().unwrap_or_else(PoisonError::into_inner);
                match *target {
                    Some(pid) if !is_of_terminal(signal) => forward(pid, signal),
                    Some(_) => {}
                    None => interrupt::end(signal),
                }
            }
        });
    }
    Ok(Running { child, target })
}

/// A started process.
#[derive(Debug)]
pub struct Running {
    child: Child,
    target: Arc<Mutex<Option<Pid>>>,
}

impl Running {
    /// Waits for the process.
    ///
    /// # Errors
    /// The operating system cannot wait for the process.
    pub fn wait(mut self) -> io::Result<Exit> {
        let pid = *self.target.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = pid {
            // The process is not reaped yet, so a signal cannot reach another process with the same id.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(pid), options), Err(Errno::INTR)) {}
        }
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let status = self.child.wait()?;
        Ok(match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, signal) => Exit::Signal(signal.unwrap_or_default()),
        })
    }
}

fn forward(pid: Pid, signal: i32) {
    if let Some(signal) = Signal::from_named_raw(signal) {
        // The child may have ended.
        let _ = kill_process(pid, signal);
    }
}

/// Whether to treat a signal as sent by the terminal: this process is in the foreground, and the signal is not SIGTERM.
/// The terminal sends its signals to all processes in the foreground, so the child has received it.
#[cfg(target_os = "linux")]
fn is_of_terminal(signal: i32) -> bool {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, may contain any character. The fields after it are the state, the
    // parent, the group, the session, the terminal and the terminal's foreground group.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let mut groups = fields.split(' ').skip(2).step_by(3);
    let own = groups.next();
    let foreground = groups.next();
    signal != SIGTERM && own.is_some() && own == foreground
}

#[cfg(not(target_os = "linux"))]
fn is_of_terminal(signal: i32) -> bool {
    use std::io::IsTerminal as _;
    signal != SIGTERM && io::stdin().is_terminal()
}
