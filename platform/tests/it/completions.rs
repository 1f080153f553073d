//! `floe completions`.

use std::process::Command;

use crate::product::program;

fn script(shell: &str) -> String {
    let output = program(&["completions", shell], &[]);
    output.assert_ok();
    output.stdout
}

/// What bash proposes for the last of these words, as if they were typed.
fn completed(words: &[&str]) -> Vec<String> {
    let typed = "\
source /dev/stdin
[[ $(complete -p floe) =~ -F\\ ([^ ]+) ]] || exit 9
COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))
\"${BASH_REMATCH[1]}\" floe \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"
printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = bash(&[&["-c", typed, "bash"], words].concat(), &script("bash"));
    output.lines().map(str::to_owned).collect()
}

/// Runs bash with this input, and returns what it prints.
fn bash(arguments: &[&str], input: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("floe.bash");
    std::fs::write(&file, input).unwrap();
    let output = Command::new("bash")
        .args(arguments)
        .stdin(std::fs::File::open(&file).unwrap())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_accepts_the_script_and_completes_commands_options_and_values() {
    assert_eq!(bash(&["-n"], &script("bash")), "");
    assert_eq!(completed(&["floe", "comp"]), ["compile", "completions"]);
    // Those that Dagster calls are hidden.
    assert_eq!(completed(&["floe", "b"]), ["backend"]);
    assert_eq!(completed(&["floe", "run", "--man"]), ["--manifest"]);
    assert_eq!(completed(&["floe", "run", "--env", ""]), ["dev", "staging", "prod"]);
}

#[test]
fn each_shell_has_a_script_that_nothing_is_redacted_in() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = script(shell);
        assert!(script.contains("trace-dbt"), "{shell}: {script}");
        assert!(!script.contains("<REDACTED>"), "{shell}: {script}");
    }
    let output = program(&["completions", "ksh"], &[]);
    assert_eq!(output.code, Some(2));
    assert!(output.stderr.contains("bash, elvish, fish, powershell, zsh"), "{}", output.stderr);
}
