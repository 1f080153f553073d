//! A child process with a process group of its own, which is killed as a whole.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process_group};

/// A child that leads its own process group. Dropping this value kills the group if the child still runs.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    pub(crate) leader: Child,
}

impl ProcessGroup {
    /// Starts a command as the leader of a new group.
    ///
    /// # Errors
    /// The command cannot be started.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        Ok(Self { leader: command.process_group(0).spawn()? })
    }

    /// Kills the processes of the group. The leader must not have been waited for, or another process of the group must
    /// be alive. Otherwise, another group may have the same id.
    pub(crate) fn kill(&self) {
        // The group may have no process anymore.
        let _ = kill_process_group(Pid::from_child(&self.leader), Signal::KILL);
    }

    /// Sends SIGINT to the processes of the group, before the leader is waited for.
    pub(crate) fn interrupt(&self) {
        let _ = kill_process_group(Pid::from_child(&self.leader), Signal::INT);
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // A leader that has been waited for has ended.
        if matches!(self.leader.try_wait(), Ok(Some(_))) {
            return;
        }
        self.kill();
        let _ = self.leader.kill();
        let _ = self.leader.wait();
    }
}
