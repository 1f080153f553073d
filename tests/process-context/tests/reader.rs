//! `floe-trace ps` finds the published context of a running process; `check.py` is another reader.

#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![expect(clippy::expect_used, reason = "a test")]

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use floe_trace::ps::{Context, CurrentSpan, OpenSpan, Process, publishing};
use serde_json::{Value, json};

struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    threads: Vec<Value>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_process-context"))
            .args(arguments)
            .env("OTEL_RESOURCE_ATTRIBUTES", "service.name=orders,replicas=3")
            .env("OTEL_LOG_LEVEL", "none")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map(|line| {
            let line = line.expect("the program writes lines");
            serde_json::from_str::<Value>(&line).expect("each line is JSON")
        });

        let mut count = None;
        let mut threads = Vec::new();
        for line in lines {
            match line["threads"].as_u64() {
                Some(of) => count = usize::try_from(of).ok(),
                None => threads.push(line),
            }

            if count == Some(threads.len()) {
                break;
            }
        }

        assert_eq!(count, Some(threads.len()), "the program has ended");
        let stdin = child.stdin.take();
        Self { child, stdin, threads }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

fn opened(running: &Running) -> (Process, Context) {
    let process = Process::open(running.child.id()).expect("a child may be read");
    let context = process.context().expect("a readable context").expect("a published context");
    (process, context)
}

fn described(span: &CurrentSpan) -> Value {
    let line = span.attribute("code.line.number").map(|line| line.parse::<u32>().expect("a line"));
    json!({
        "trace_id": span.trace_id.to_string(),
        "span_id": span.span_id.to_string(),
        "sampled": span.is_sampled,
        "code": [
            span.attribute("floe.span.name"),
            span.attribute("code.function.name"),
            span.attribute("code.file.path"),
            line,
        ],
    })
}

#[test]
fn each_thread_is_in_the_span_that_it_says() {
    let running = Running::start(&[]);
    let id = running.child.id();
    assert!(publishing().expect("the system has /proc").contains(&id));
    let (process, context) = opened(&running);
    assert_eq!(context.resource_attribute("service.name"), Some("orders"));
    assert_eq!(context.resource_attribute("replicas"), Some("3"));
    let (found, open) = process.spans(&context).expect("a child may be read");
    let open = open.expect("a list of open spans");
    assert!(running.threads.len() > 20);
    for line in &running.threads {
        let thread = found.iter().find(|of| u64::from(of.id) == line["thread"]);
        let span = thread.expect("the thread waits").span.as_ref();
        let mut expected = line["found"].clone();
        if let Some(of) = expected.as_object_mut() {
            let flags = of.remove("flags").and_then(|flags| flags.as_u64()).expect("a number");
            of.insert("sampled".to_owned(), json!(flags & 1 == 1));
        }

        assert_eq!(span.map_or(Value::Null, described), expected, "{}", line["name"]);
    }

    assert!(open.is_sorted_by_key(|span| std::cmp::Reverse(span.age)));
    assert!(open[0].age < Duration::from_secs(60));
    for line in &running.threads {
        let of = &line["found"];
        let is_sampled = of["flags"].as_u64().is_some_and(|flags| flags & 1 == 1);
        let is_ours = line["name"].as_str().is_some_and(|name| !name.starts_with("a context "));
        if !is_sampled || !is_ours {
            continue;
        }

        let is_it = |open: &&OpenSpan| described(&open.span)["span_id"] == of["span_id"];
        let listed = open.iter().find(is_it).unwrap_or_else(|| panic!("{line} is not listed"));
        assert_eq!(described(&listed.span)["code"], of["code"]);
        assert!(listed.threads.iter().any(|id| u64::from(*id) == line["thread"]), "{line}");
    }

    // A task that waits for its next poll belongs to no thread. Its span is below that of its caller.
    let named = |name: &str| {
        let is_it = |open: &&OpenSpan| open.span.attribute("floe.span.name") == Some(name);
        open.iter().filter(is_it).collect::<Vec<_>>()
    };

    let waiting: Vec<_> =
        named("request").into_iter().filter(|open| open.threads.is_empty()).collect();
    assert_eq!(waiting.len(), 1, "{open:?}");
    let inner = named("inner")[0];
    let outer = named("outer")[0];
    assert_eq!((inner.parent_id, &inner.threads), (outer.span.span_id, &outer.threads));
    // The end of the program shows that reading has left no thread stopped.
    drop(running);
}

fn is_asleep(process: u32, thread: &Value) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/task/{thread}/stat"));
    stat.expect("the thread waits").contains(") S ")
}

#[test]
fn reading_interrupts_no_system_call() {
    let mut running = Running::start(&["waits"]);
    let id = running.child.id();
    let (process, context) = opened(&running);
    while !running.threads.iter().all(|of| is_asleep(id, &of["thread"])) {
        std::thread::yield_now();
    }

    for _ in 0..20 {
        let (found, _) = process.spans(&context).expect("a child may be read");
        let mut names: Vec<_> =
            found.iter().filter_map(|of| of.span.as_ref()?.attribute("floe.span.name")).collect();
        names.sort_unstable();
        assert_eq!(names, ["polls", "receives"]);
    }

    drop(running.stdin.take());
    assert!(running.child.wait().expect("an ended program").success());
}

#[test]
fn a_span_that_changes_meanwhile_is_found_whole() {
    let running = Running::start(&["changes"]);
    let (process, context) = opened(&running);
    let line = &running.threads[0];
    let mut seen = HashSet::new();
    for _ in 0..2_000 {
        let (found, _) = process.spans(&context).expect("a child may be read");
        let thread = found.iter().find(|of| u64::from(of.id) == line["thread"]);
        let span = thread.expect("a running thread").span.as_ref().expect("a thread in a span");
        assert_eq!(span.trace_id.to_string(), line["found"]["trace_id"]);
        let code = described(span)["code"].to_string();
        if span.span_id.to_string() == line["found"]["span_id"] {
            assert_eq!(code, line["found"]["code"].to_string());
        }

        seen.insert(code);
    }

    // A record with parts of two spans would have another code.
    assert!(seen.len() <= 3, "{seen:?}");
}

#[test]
fn an_unreadable_source_is_an_error_or_nothing() {
    let error = Process::open(u32::MAX).expect_err("there is no such process").to_string();
    assert_eq!(error, format!("cannot read process {}: no running process has this id", u32::MAX));
    let mut silent = Command::new("sleep").arg("1000").spawn().expect("the command `sleep`");
    let process = Process::open(silent.id()).expect("a child may be read");
    assert!(process.context().expect("a readable context").is_none());
    silent.kill().expect("a running process");
    silent.wait().expect("an ended process");
    assert!(process.context().is_err());

    let running = Running::start(&[]);
    let (process, context) = opened(&running);
    drop(running);
    assert!(process.spans(&context).is_err());
}

/// Starts the program of `unanswered.c`, which publishes a context whose page faults nobody answers.
fn unanswered() -> Child {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let program = format!("{folder}/unanswered");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/unanswered.c");
    let compiled = Command::new("cc").args(["-o", &program, source]).status();
    assert!(compiled.expect("the command `cc`").success());
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    output.read_line(&mut line).expect("a line");
    assert_eq!(line, "ready\n", "vm.unprivileged_userfaultfd is 0, and this user is not root");
    child
}

#[test]
#[ignore = "`.ci/services process-context` runs it, as it needs `userfaultfd` and floe-trace"]
fn a_process_whose_page_faults_nobody_answers_is_named_and_the_others_are_listed() {
    let mut silent = unanswered();
    let running = Running::start(&[]);
    let tests = std::env::current_exe().expect("this program has a path");
    let folder = tests.parent().and_then(std::path::Path::parent).expect("a folder of programs");
    let ps = |arguments: &[&str]| {
        let command = Command::new("timeout")
            .args(["--signal=KILL", "40"])
            .arg(folder.join("floe-trace"))
            .arg("ps")
            .args(arguments)
            .output();
        let output = command.expect("the program runs");
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        (output.status.code(), stdout, stderr)
    };

    let reason = format!("cannot read process {}: it did not answer within 10 s", silent.id());
    let (code, stdout, stderr) = ps(&[]);
    assert_eq!((code, stderr), (Some(0), format!("note: {reason}\n")));
    assert!(stdout.contains(&running.child.id().to_string()), "{stdout}");
    let (code, _, stderr) = ps(&[&silent.id().to_string()]);
    assert_eq!((code, stderr), (Some(2), format!("error: {reason}\n")));
    silent.kill().expect("a running process");
    silent.wait().expect("an ended process");
}
