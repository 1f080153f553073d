//! Lineage of real dbt, compared with that of `dbt-ol`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{fs, thread};

use floe_tests::{ReceivedSpan, Receiver};
use serde_json::Value as Json;

use crate::command::{BUILD, WINDOW, assert_results, build_in_trace, dbt, project, real};
use crate::setup::{text, text_of};

/// A backend for lineage that reads events with the classes of openlineage-python, and prints them.
struct OpenLineage {
    server: Child,
    /// Reads what the server prints, until it ends.
    printed: Option<thread::JoinHandle<String>>,
    url: String,
}

impl Drop for OpenLineage {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl OpenLineage {
    fn start(path: &str) -> Self {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/openlineage_server.py");
        let python = Path::new(path.split(':').next().unwrap()).join("python");
        let mut server = Command::new(python).arg(script).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap());
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        let url = format!("http://127.0.0.1:{}", port.trim());
        let printed = thread::spawn(move || {
            let mut text = String::new();
            lines.read_to_string(&mut text).unwrap();
            text
        });
        Self { server, printed: Some(printed), url }
    }

    /// The events so far.
    fn events(mut self) -> Vec<Json> {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
        let text = self.printed.take().unwrap().join().unwrap();
        let event = |line: &str| serde_json::from_str::<Json>(line).unwrap()["event"].clone();
        text.lines().map(event).collect()
    }
}

/// What `dbt-ol` writes for the same command.
fn events_of_dbt_ol(path: &str, words: &[&str]) -> Vec<Json> {
    let folder = project();
    let file = folder.path().join("events.jsonl");
    let mut dbt_ol = Command::new("dbt-ol");
    dbt_ol
        .args(["build", "--consume-structured-logs"])
        .args(words)
        .args(WINDOW)
        .env("PATH", path)
        .env("DBT_PROFILES_DIR", ".")
        .env("OPENLINEAGE__TRANSPORT__TYPE", "file")
        .env("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH", &file)
        .env("OPENLINEAGE__TRANSPORT__APPEND", "true")
        .current_dir(folder.path());
    let output = dbt_ol.output().unwrap();
    let text = fs::read_to_string(&file);
    let text = text.unwrap_or_else(|_| panic!("{}", text_of(&output.stderr)));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The events by the names of their jobs and their states, without those of single statements. A model that is
/// built in batches has more than one in `dbt-ol`.
fn by_job(events: Vec<Json>) -> BTreeMap<(String, String), Json> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let of_nodes = events.into_iter().filter(|it| !text(&it["job"]["name"]).contains(".sql."));
    of_nodes
        .map(|event| ((text(&event["job"]["name"]), text(&event["eventType"])), event))
        .collect()
}

/// The names of facets, without those of `others`.
fn facets(value: &Json, others: &[&str]) -> Vec<String> {
    let facets = value.as_object().into_iter().flatten();
    let names = facets.map(|(name, _)| name.clone());
    names.filter(|name| !others.contains(&name.as_str())).collect()
}

/// The namespace, the name, the columns and the checks of data.
fn data(value: &Json) -> Vec<(String, Json, Json)> {
    let parts = |text: &Json| text.as_str().unwrap_or_default().to_owned();
    let fields = |data: &Json| -> Json {
        let fields = data["facets"]["schema"]["fields"].as_array();
        let mut fields: Vec<_> = fields
            .into_iter()
            .flatten()
            .map(|field| serde_json::json!([field["name"], field["type"]]))
            .collect();
        fields.sort_by_key(Json::to_string);
        fields.into()
    };
    let checks = |data: &Json| -> Json {
        let [own, of_dbt_ol] =
            ["inputFacets", "facets"].map(|facets| &data[facets]["dataQualityAssertions"]);
        let found = if own.is_null() { of_dbt_ol } else { own };
        let checks = found["assertions"].as_array().into_iter().flatten();
        let keys = ["assertion", "name", "success", "column", "severity", "actual"];
        checks.map(|check| Json::from_iter(keys.map(|key| (key, check[key].clone())))).collect()
    };
    let mut data: Vec<_> = value
        .as_array()
        .into_iter()
        .flatten()
        .map(|data| {
            let name = format!("{} {}", parts(&data["namespace"]), parts(&data["name"]));
            (name, fields(data), checks(data))
        })
        .collect();
    data.sort_by(|one, other| one.0.cmp(&other.0));
    data
}

/// What differs between an event of `dbt-ol` and ours. `docs/lineage.md` lists what is left out here.
fn differences(theirs: &Json, ours: &Json) -> Vec<String> {
    let job = theirs["job"]["name"].as_str().unwrap();
    let [is_test, is_unit_test] = ["test.", "unit_test."].map(|it| job.starts_with(it));
    let mut wrong = Vec::new();
    let mut compare = |what: &str, theirs: Json, ours: Json| {
        if theirs != ours {
            wrong.push(format!("{job}: {what}: {theirs} and {ours}"));
        }
    };
    let both =
        |pointer: &str| [theirs, ours].map(|it| it.pointer(pointer).cloned().unwrap_or_default());
    for pointer in [
        "/job/namespace",
        "/schemaURL",
        "/job/facets/jobType/integration",
        "/job/facets/jobType/processingType",
        "/run/facets/parent/job/namespace",
        "/run/facets/parent/job/name",
        "/run/facets/parent/root/job/namespace",
        "/run/facets/parent/root/job/name",
        "/run/facets/processing_engine/name",
        "/run/facets/processing_engine/version",
        "/run/facets/dbt_run/project_name",
        "/run/facets/dbt_run/profile_name",
        "/run/facets/dbt_run/dbt_runtime",
    ] {
        let [theirs, ours] = both(pointer);
        compare(pointer, theirs, ours);
    }
    if !is_unit_test {
        for pointer in ["/job/facets/jobType/jobType", "/job/facets/dbt_node"] {
            let [mut theirs, mut ours] = both(pointer);
            for facet in [&mut theirs, &mut ours] {
                if let Some(fields) = facet.as_object_mut() {
                    fields.retain(|key, value| !key.starts_with('_') && !value.is_null());
                }
            }
            compare(pointer, theirs, ours);
        }
        let [of_theirs, of_ours] = [theirs, ours].map(|event| data(&event["inputs"]));
        compare("inputs", serde_json::json!(of_theirs), serde_json::json!(of_ours));
    }
    if !is_test {
        let [of_theirs, of_ours] = [theirs, ours].map(|event| data(&event["outputs"]));
        compare("outputs", serde_json::json!(of_theirs), serde_json::json!(of_ours));
    }
    let of_run = |event: &Json, others: &[&str]| facets(&event["run"]["facets"], others).into();
    compare(
        "facets of the run",
        of_run(theirs, &["dbt_version", "extractionError", "test"]),
        of_run(ours, &["traceCorrelation"]),
    );
    wrong
}

#[test]
fn real_dbt_matches_its_own_results_and_the_lineage_of_dbt_ol() {
    compare_with_dbt_ol("{}", 0);
}

#[test]
fn real_dbt_that_fails_matches_its_own_results_and_the_lineage_of_dbt_ol() {
    compare_with_dbt_ol("{broken: true}", 1);
}

#[expect(clippy::print_stdout, reason = "a figure for the log of CI")]
fn compare_with_dbt_ol(vars: &str, code: i32) {
    let path = real();
    let receiver = Receiver::grpc();
    let openlineage = OpenLineage::start(&path);
    let (folder, variables) = (project(), ["--vars", vars]);
    let words = [&BUILD[..], &variables, &WINDOW].concat();
    let mut build = dbt(&path, folder.path(), Some(&receiver), &words);
    build.env("OPENLINEAGE_URL", &openlineage.url);
    let theirs = thread::scope(|scope| {
        let theirs = scope.spawn(|| events_of_dbt_ol(&path, &variables));
        build_in_trace(build, code);
        theirs.join().unwrap()
    });
    assert_results(folder.path(), &receiver);
    let (ours, spans) = (openlineage.events(), receiver.spans());
    for event in &ours {
        let run_id = event["run"]["runId"].as_str();
        let of_trace = &event["run"]["facets"]["traceCorrelation"];
        let is_of_event =
            |span: &&ReceivedSpan| Some(span.span_id.as_str()) == of_trace["span_id"].as_str();
        let span = spans.iter().find(is_of_event);
        let span = span.unwrap_or_else(|| panic!("no span: {event:#}"));
        assert_eq!(text(span, "lineage.run_id").as_deref(), run_id, "{event:#}");
        assert_eq!(of_trace["trace_id"], span.trace_id.as_str());
    }
    let (theirs, ours) = (by_job(theirs), by_job(ours));
    let jobs =
        |events: &BTreeMap<(String, String), Json>| events.keys().cloned().collect::<Vec<_>>();
    assert_eq!(jobs(&theirs), jobs(&ours));
    let wrong: Vec<_> =
        theirs.iter().flat_map(|(job, event)| differences(event, &ours[job])).collect();
    assert_eq!(wrong, [""; 0]);
    println!("lineage events as in dbt-ol: {}", theirs.len());
    let ours = ours.into_values().collect::<Json>().to_string();
    assert!(!ours.contains("jane@example.com"));
}
