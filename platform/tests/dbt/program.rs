//! `floe trace-dbt` behaves like the program that it runs: streams, exit codes, signals.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};

use floe_tests::ReceivedSpan;
use serde_json::json;

use crate::setup::{
    PLAY, Setup, TRACE_ID, TRACEPARENT, assert_attributes, error_message, floe, recorded, single,
    text, text_of, with_default_signals,
};

#[test]
fn streams_environment_and_exit_code_are_those_of_dbt() {
    let setup = Setup::new(
        "read line; echo \"got $line\"; printf '\\033[31mred\\033[0m' >&2\n\
         echo \"$TRACEPARENT $DBT_ENV_CUSTOM_ENV_TRACEPARENT $*\" > seen; exit 7",
    );
    let mut command = setup.command(&["--quiet", "run", "--vars", "{a: b}", "-s", "x y"]);
    command.env("TRACEPARENT", TRACEPARENT);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(text_of(&output.stdout), "got hello\n");
    assert_eq!(text_of(&output.stderr), "\x1b[31mred\x1b[0m");
    let root = setup.span("dbt.run");
    assert_eq!(error_message(&root), "dbt exited with code 7");
    let own = format!("00-{TRACE_ID}-{}-01", root.span_id);
    let seen = fs::read_to_string(setup.path("seen")).unwrap();
    assert_eq!(seen, format!("{own} {own} --quiet run --vars {{a: b}} -s x y\n"));
}

/// Runs `dbt build` in a folder with `files`, and with `BAGGAGE` if `baggage` is given. Returns the spans, and the
/// sorted members of the baggage that dbt receives.
fn build_with(baggage: Option<&str>, files: &[(&str, &str)]) -> (Vec<ReceivedSpan>, Vec<String>) {
    let setup = Setup::new(&format!("echo \"$BAGGAGE\" > seen; {PLAY}"));
    for (name, text) in files {
        fs::write(setup.path(name), text).unwrap();
    }
    let mut command = setup.command(&["build"]);
    command.env("EVENTS", recorded("build_ok.jsonl"));
    command.envs(baggage.map(|it| ("BAGGAGE", it)));
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    let spans = setup.spans();
    assert!(spans.iter().any(|span| span.name == "dbt.seed.raw_orders"));
    let mut seen: Vec<_> = fs::read_to_string(setup.path("seen"))
        .unwrap()
        .trim_end()
        .split(',')
        .map(str::to_owned)
        .collect();
    seen.sort_unstable();
    (spans, seen)
}

#[test]
fn all_spans_have_the_identity_of_the_product_and_dbt_gets_it() {
    let identity = |name: &str, mode: &str| json!({ "floe.namespace": "retail", "floe.product.name": name, "floe.product.version": "1.0.0", "floe.mode": mode });
    let (spans, seen) = build_with(None, &[]);
    for span in spans {
        assert_eq!(text(&span, "floe.namespace"), None, "{}", span.name);
    }
    assert_eq!(seen, [""]);

    let product = [
        ("floe.yaml", "name: shop\nversion: 1.0.0\nmodels: []\n"),
        ("manifest.yaml", "name: p\nnamespace: retail\n"),
    ];
    let (spans, seen) = build_with(None, &product);
    for span in spans {
        assert_attributes(&span, &identity("shop", "dev"));
    }
    let expected = [
        "floe.mode=dev",
        "floe.namespace=retail",
        "floe.product.name=shop",
        "floe.product.version=1.0.0",
    ];
    assert_eq!(seen, expected);

    let inherited = "floe.mode=prod,floe.namespace=retail,floe.product.name=orders,floe.product.version=1.0.0,tenant=acme";
    let (spans, seen) = build_with(Some(inherited), &product);
    for span in spans {
        assert_attributes(&span, &identity("orders", "prod"));
        assert_eq!(text(&span, "tenant"), None);
    }
    assert_eq!(seen.join(","), inherited);
}

#[test]
fn nothing_is_changed_when_telemetry_is_disabled() {
    let setup = Setup::new("echo \"${DBT_LOG_PATH-none} $TRACEPARENT $*\"; exit 3");
    let mut command = setup.command(&["run", "--log-path", "logs"]);
    command.env("OTEL_SDK_DISABLED", "true").env("TRACEPARENT", TRACEPARENT);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(text_of(&output.stdout), format!("none {TRACEPARENT} run --log-path logs\n"));
    assert_eq!(setup.spans(), []);
}

pub(crate) fn in_a_node(rest: &str) -> Setup {
    let setup = Setup::new(&format!("{PLAY}\n{rest}"));
    let lines = fs::read_to_string(recorded("build_ok.jsonl")).unwrap();
    let begun: Vec<_> = lines
        .lines()
        .take_while(|line| !line.contains("\"NodeFinished\""))
        .filter(|line| !line.contains("\"ArtifactWritten\""))
        .collect();
    fs::write(setup.path("begun.jsonl"), format!("{}\n", begun.join("\n"))).unwrap();
    setup
}

#[track_caller]
fn assert_canceled(setup: &Setup, root: &str) {
    let spans = setup.spans();
    for name in ["dbt.seed.raw_customers", "dbt.seed.raw_orders"] {
        let node = single(&spans, name);
        assert_eq!(error_message(node), "dbt ended before the node did");
        assert_attributes(
            node,
            &json!({ "dbt.node_outcome": "canceled", "error.type": "canceled" }),
        );
        assert!(text(node, "thread.name").unwrap().starts_with("Thread-"));
        assert!(node.end_unix_nano <= single(&spans, "dbt.build").end_unix_nano);
    }
    assert_eq!(error_message(single(&spans, "dbt.build")), root);
}

#[test]
fn a_killed_dbt_leaves_no_span_open() {
    let setup = in_a_node("kill -KILL $$");
    let mut command = setup.command(&["build"]);
    let status = command.env("EVENTS", "begun.jsonl").status().unwrap();
    assert_eq!(status.signal(), Some(9));
    assert_canceled(&setup, "signal 9 ended dbt");
}

/// Starts `floe`, waits for the line `ready`, and sends a signal to `floe` alone. Returns the process and its other
/// output.
fn interrupted(setup: &Setup, signal: &str) -> (Child, String) {
    let mut command = with_default_signals(&setup.command(&["build"]));
    command.env("EVENTS", "begun.jsonl").current_dir(setup.folder.path()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    send(&child, signal);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    (child, rest)
}

fn send(child: &Child, signal: &str) {
    let id = child.id().to_string();
    let status = Command::new("kill").args([&format!("-{signal}"), &id]).status();
    assert!(status.unwrap().success());
}

#[test]
fn signals_are_forwarded_and_dbt_decides() {
    for signal in ["INT", "TERM", "HUP"] {
        let setup = in_a_node(&format!(
            "trap 'echo stopping; kill -KILL $!; exit 5' {signal}\nsleep 1000 >/dev/null &\necho ready\nwait"
        ));
        let (mut child, rest) = interrupted(&setup, signal);
        assert_eq!((child.wait().unwrap().code(), rest.as_str()), (Some(5), "stopping\n"));
        assert_canceled(&setup, "dbt exited with code 5");
    }
}

#[test]
fn a_signal_that_ends_dbt_ends_floe() {
    let setup = in_a_node("echo ready\nexec sleep 1000");
    let (mut child, _) = interrupted(&setup, "TERM");
    assert_eq!(child.wait().unwrap().signal(), Some(15));
    assert_canceled(&setup, "signal 15 ended dbt");
}

#[test]
fn a_program_that_cannot_be_started_has_the_exit_code_of_a_shell() {
    let setup = Setup::new("exit 0");
    fs::write(setup.path("text"), "no program").unwrap();
    let messages = [
        "cannot run `./nosuch`: there is no such program",
        "cannot run `./text`: permission denied",
    ];
    for (program, code, message) in [("./nosuch", 127, messages[0]), ("./text", 126, messages[1])] {
        let mut command = floe();
        command.args(["trace-dbt", "--", program, "build"]).current_dir(setup.folder.path());
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", setup.receiver.endpoint());
        let output = command.output().unwrap();
        assert_eq!(
            (output.status.code(), text_of(&output.stderr)),
            (Some(code), format!("error: {message}\n"))
        );
    }
    let spans = setup.spans();
    let found: Vec<_> =
        spans.iter().map(|span| (span.name.as_str(), error_message(span))).collect();
    assert_eq!(found, messages.map(|message| ("dbt.build", message)));
}

#[test]
fn a_process_that_dbt_leaves_behind_is_not_waited_for() {
    let setup = Setup::new(
        "exec 3>>\"$DBT_LOG_PATH/dbt.log\"; sleep 1000 <&- >/dev/null 2>&1 &\necho $! > left; exit 0",
    );
    let output = setup.build("build_ok.jsonl");
    let left = fs::read_to_string(setup.path("left")).unwrap();
    let killed = Command::new("kill").arg(left.trim()).status().unwrap();
    assert!(killed.success(), "the process had ended");
    assert_eq!(output.status.code(), Some(0));
}
