//! Decides whether output has colours.

use std::ffi::OsString;

/// Returns whether output has colours: never with `NO_COLOR` (<https://no-color.org>), else always with `FORCE_COLOR`
/// (<https://force-color.org>) other than `0`, else on a terminal unless `TERM` is `dumb`. Empty variables do not
/// count. `variable` reads the environment.
pub fn uses_color(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return false;
    }

    if set("FORCE_COLOR").is_some_and(|value| value != "0") {
        return true;
    }
    is_terminal && set("TERM").is_none_or(|value| value != "dumb")
}
