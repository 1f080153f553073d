//! Facts about a dbt command before it runs, from its command line, its environment and `dbt_project.yml`.

use std::collections::HashMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use floe_plugins::files::input_file;
use serde::Deserialize;
use serde_json::Value;

use crate::log_file::Settings;
use crate::setting;

const COMMANDS: [&str; 18] = [
    "build",
    "clean",
    "clone",
    "compile",
    "debug",
    "deps",
    "init",
    "lint",
    "list",
    "ls",
    "parse",
    "retry",
    "run",
    "run-operation",
    "seed",
    "show",
    "snapshot",
    "test",
];

/// The commands of dbt that consist of two words.
const PAIRS: [(&str, &str); 3] = [("docs", "generate"), ("docs", "serve"), ("source", "freshness")];

/// dbt's default for the maximum size of its log file, in bytes.
const MAX_BYTES: u64 = 10 << 20;

#[derive(Debug)]
pub(crate) struct Invocation {
    /// The command, for example `build`.
    pub(crate) command: String,
    pub(crate) project_name: Option<String>,
    /// The target of the profile, if an option or a variable sets it.
    pub(crate) target: Option<String>,
    pub(crate) folder: PathBuf,
    pub(crate) log: Settings,
    /// The arguments, without options for the log file.
    pub(crate) arguments: Vec<OsString>,
}

/// The settings in `dbt_project.yml` that `floe` uses.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Project {
    name: Option<String>,
    log_path: Option<String>,
    /// The project's defaults for options of dbt.
    flags: HashMap<String, Value>,
}

impl Invocation {
    /// Reads the arguments of a program: dbt, or a program that runs dbt.
    pub(crate) fn new(program: &OsStr, arguments: &[OsString]) -> Self {
        Self::with_environment(program, arguments, |name| env::var_os(name))
    }

    fn with_environment(
        program: &OsStr,
        arguments: &[OsString],
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Self {
        let (before, own) = arguments.split_at(start_of_dbt(program, arguments));
        // The setting `log_path` is the option `--log-path`, the variable `DBT_LOG_PATH`, and a flag of the project.
        let given = |name: &str| {
            let option = format!("--{}", name.replace('_', "-"));
            let short = if name == "target" { "-t" } else { &option };
            let option = value(own, &[&option, short]).map(OsStr::to_owned);
            option.or_else(|| setting::get(&name.to_uppercase(), &variable))
        };
        let folder = given("project_dir").map(PathBuf::from).or_else(nearest_project);
        let folder = absolute(folder.unwrap_or_default());
        let project = Project::read(&folder);
        let text = |name: &str| given(name).map(|it| it.to_string_lossy().into_owned());
        let word = |name: &str| {
            text(name).or_else(|| match project.flags.get(name)? {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            })
        };
        let either =
            |names: [&str; 2]| names.into_iter().find_map(word).map(|it| it.to_lowercase());
        let (base, log_folder) = if let Some(path) = given("log_path") {
            let path = absolute(path.into());
            (path.clone(), path)
        } else {
            let inner = word("log_path").or_else(|| project.log_path.clone());
            (folder.clone(), folder.join(inner.as_deref().unwrap_or("logs")))
        };
        let max_bytes = word("log_file_max_bytes").and_then(|it| it.parse().ok());
        let log = Settings {
            base,
            folder: log_folder,
            is_json: either(["log_format_file", "log_format"]).as_deref() == Some("json"),
            level: either(["log_level_file", "log_level"]).unwrap_or_else(|| "debug".to_owned()),
            max_bytes: max_bytes.unwrap_or(MAX_BYTES),
        };
        Self {
            command: command(own),
            target: text("target"),
            project_name: project.name,
            folder,
            log,
            arguments: [before, &without_log_options(own)].concat(),
        }
    }
}

/// Returns the index of the first argument of dbt. In `uv run dbt build`, only the words after `dbt` are its arguments.
fn start_of_dbt(program: &OsStr, arguments: &[OsString]) -> usize {
    let is_dbt = |word: &OsStr| {
        Path::new(word).file_stem().is_some_and(|stem| stem == "dbt" || stem == "dbtf")
    };
    let first = arguments.iter().position(|word| is_dbt(word));
    if is_dbt(program) { 0 } else { first.map_or(0, |at| at + 1) }
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

impl Project {
    /// Reads `dbt_project.yml`. Mistakes in the file are ignored, because dbt itself reports them.
    fn read(folder: &Path) -> Self {
        let text = input_file::read(&folder.join("dbt_project.yml")).unwrap_or_default();
        floe_telemetry::config::yaml::read(&text).unwrap_or_default()
    }
}

/// Returns the nearest folder with a project, or else the current folder, as dbt does.
fn nearest_project() -> Option<PathBuf> {
    let current = env::current_dir().ok()?;
    let folders = current.ancestors();
    let mut with_project = folders.filter(|folder| folder.join("dbt_project.yml").is_file());
    with_project.next().map(Path::to_owned).or(Some(current))
}

/// Returns the command of a command line of dbt.
pub(crate) fn command_of(line: &str) -> String {
    let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
    command(&words)
}

/// Returns the first word that is a command and not the value of an option; `command` if there is none.
fn command(arguments: &[OsString]) -> String {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let is_value = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        before.is_some_and(|word| word.starts_with("--") && VALUED.contains(&word.as_ref()))
    };
    for (at, word) in words.iter().enumerate().filter(|(at, _)| !is_value(*at)) {
        let next = words.get(at + 1).map(AsRef::as_ref);
        if let Some((first, second)) =
            PAIRS.iter().find(|(first, second)| word == first && next == Some(*second))
        {
            return format!("{first} {second}");
        }
        if COMMANDS.contains(&word.as_ref()) {
            return word.clone().into_owned();
        }
    }
    "command".to_owned()
}

/// Options with a value that may precede a command.
const VALUED: [&str; 11] = [
    "--log-file-max-bytes",
    "--log-format",
    "--log-format-file",
    "--log-level",
    "--log-level-file",
    "--log-path",
    "--printer-width",
    "--profile",
    "--profiles-dir",
    "--project-dir",
    "--target",
];

/// Options for the path, the format, the level and the size of the log file.
const LOG_OPTIONS: [&str; 4] =
    ["--log-file-max-bytes", "--log-format-file", "--log-level-file", "--log-path"];

/// Returns the value of an option; if the option is repeated, the last one.
fn value<'a>(arguments: &'a [OsString], names: &[&str]) -> Option<&'a OsStr> {
    let mut found = None;
    for (at, word) in arguments.iter().enumerate() {
        if names.iter().any(|name| word == name) {
            found = arguments.get(at + 1).map(OsString::as_os_str);
        } else if let Some((name, value)) = word.to_str().and_then(|word| word.split_once('='))
            && names.contains(&name)
        {
            found = Some(OsStr::new(value));
        }
    }
    found
}

fn without_log_options(arguments: &[OsString]) -> Vec<OsString> {
    let mut kept = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let name = text.split('=').next().unwrap_or_default();
        if !LOG_OPTIONS.contains(&name) {
            kept.push(word.clone());
        } else if !text.contains('=') {
            words.next();
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::ffi::{OsStr, OsString};
    use std::path::Path;

    use super::Invocation;

    fn invocation(words: &str, variables: &[(&str, &str)]) -> Invocation {
        let mut words = words.split(' ').map(OsString::from);
        let program = words.next().unwrap_or_default();
        let arguments: Vec<_> = words.collect();
        Invocation::with_environment(&program, &arguments, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_command_is_found_behind_other_programs_and_options() {
        for (words, expected) in [
            ("dbt build", "build"),
            ("dbt --no-version-check build --select run", "build"),
            ("/opt/venv/bin/dbt --profiles-dir run test", "test"),
            ("uv run dbt seed", "seed"),
            ("poetry run dbt source freshness", "source freshness"),
            ("dbt docs generate", "docs generate"),
            ("dbt run-operation build", "run-operation"),
            ("dbt --version", "command"),
            ("make all", "command"),
        ] {
            assert_eq!(invocation(words, &[]).command, expected, "{words}");
        }
    }

    #[test]
    fn options_of_the_log_file_are_taken_out_and_kept_for_the_file() {
        let words =
            "uv run --log-path x dbt build --log-path /var/log/dbt --log-format-file=json -s a";
        let variables = [("DBT_LOG_LEVEL_FILE", "INFO"), ("DBT_ENGINE_LOG_LEVEL_FILE", "WARN")];
        let invocation = invocation(words, &variables);
        let expected = ["run", "--log-path", "x", "dbt", "build", "-s", "a"].map(OsStr::new);
        assert_eq!(invocation.arguments, expected);
        assert_eq!(invocation.log.folder, Path::new("/var/log/dbt"));
        assert!(invocation.log.is_json);
        assert_eq!(invocation.log.level, "warn");
    }

    #[test]
    fn the_project_names_itself_and_its_log_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("dbt_project.yml");
        std::fs::write(
            file,
            "name: shop\nlog-path: var/log\n\
             models: {shop: {+enabled: true}}\n\
             flags: {log_format: json, target: other, send_anonymous_usage_stats: false}\n",
        )
        .expect("a file");
        let words = format!("dbt run -t prod --project-dir {}", folder.path().display());
        let invocation = invocation(&words, &[("DBT_TARGET", "dev")]);
        assert_eq!(invocation.project_name.as_deref(), Some("shop"));
        assert_eq!(invocation.target.as_deref(), Some("prod"));
        assert_eq!(invocation.log.folder, folder.path().join("var/log"));
        assert!(invocation.log.is_json);
    }
}
