//! `floe completions`: the script by which a shell completes command lines.

use clap_complete::Shell;

/// The script for this program, whose command is `all`.
pub(super) fn script(shell: Shell, all: &clap::Command) -> String {
    // The script for bash would propose hidden commands, too.
    let shown = all.get_subcommands().filter(|it| !it.is_hide_set());
    let mut command =
        clap::Command::new("floe").version(env!("CARGO_PKG_VERSION")).subcommands(shown.cloned());
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "floe", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
