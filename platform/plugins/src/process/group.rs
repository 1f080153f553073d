//! A child process and the processes that it starts, which are killed together when their owner drops them.

use std::io;
use std::process::{Child, Command};

/// A child that leads a process group of its own. The group is killed when it is dropped while the child runs.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    pub(crate) leader: Child,
}

impl ProcessGroup {
    /// Starts a command as the leader of a new group. Other systems than Unix have no process groups.
    ///
    /// # Errors
    /// The command cannot be started.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let leader = command.spawn()?;
        Ok(Self { leader })
    }

    /// Kills the processes of the group. One of them runs, or the leader was not waited for: otherwise the
    /// number of the group may be another's.
    pub(crate) fn kill(&self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            // There may be no process in it anymore.
            let _ = kill_process_group(Pid::from_child(&self.leader), Signal::KILL);
        }
    }

    /// Sends SIGINT to the processes of the group, which is not waited for yet.
    pub(crate) fn interrupt(&self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            let _ = kill_process_group(Pid::from_child(&self.leader), Signal::INT);
        }
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
