//! A request to both services is one trace in their exports.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A running service, which prints its exports.
struct Service {
    name: &'static str,
    process: Child,
    address: String,
    output: Lines<BufReader<ChildStdout>>,
    /// Kept open until the end, because the service writes its log there.
    _log: Lines<BufReader<ChildStderr>>,
}

impl Service {
    fn start(name: &'static str, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_two-services"))
            .args(arguments)
            .env_clear()
            .env("OTEL_SERVICE_NAME", name)
            .env("OTEL_TRACES_EXPORTER", "otlp/stdout")
            .env("OTEL_METRICS_EXPORTER", "otlp/stdout")
            .env("OTEL_LOGS_EXPORTER", "none")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut lines = log.by_ref().map(Result::unwrap);
        let address = lines.find_map(|line| {
            let (_, rest) = line.split_once("listening on ")?;
            Some(rest.split_once('"')?.0.to_owned())
        });

        Self { name, process, address: address.unwrap(), output, _log: log }
    }

    /// Ends the service like Ctrl-C. Returns its spans and the names of its metrics.
    fn stop(mut self) -> (Vec<Span>, Vec<String>) {
        let id = self.process.id().to_string();
        let kill = Command::new("kill").args(["-INT", &id]).status();
        assert!(kill.unwrap().success());

        let parsed = self.output.map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        let lines: Vec<Value> = parsed.collect();
        assert!(self.process.wait().unwrap().success());
        let spans = items(&lines, ["resourceSpans", "scopeSpans", "spans"]);
        let metrics = items(&lines, ["resourceMetrics", "scopeMetrics", "metrics"]);
        let spans = spans.into_iter().map(|json| Span { service: self.name, json });
        let names = metrics.into_iter().map(|json| text(&json, "name").to_owned());
        (spans.collect(), names.collect())
    }
}

/// Returns the items of nested lists. `path` has the key of each list.
fn items(lines: &[Value], path: [&str; 3]) -> Vec<Value> {
    let mut found = lines.to_vec();
    for key in path {
        let lists = found.iter().filter_map(|it| it[key].as_array());
        found = lists.flatten().cloned().collect();
    }
    found
}

fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_default()
}

struct Span {
    service: &'static str,
    json: Value,
}

impl Span {
    fn attribute(&self, key: &str) -> &Value {
        let attributes = self.json["attributes"].as_array().unwrap();
        let attribute = attributes.iter().find(|it| it["key"] == key);
        attribute.map_or(&Value::Null, |it| &it["value"])
    }
}

/// Draws the spans below `parent` as a tree, each with its service and its name.
fn tree(spans: &[Span], parent: &str, depth: usize) -> String {
    let below = spans.iter().filter(|it| text(&it.json, "parentSpanId") == parent);
    let lines = below.map(|span| {
        let name = text(&span.json, "name");
        let below = tree(spans, text(&span.json, "spanId"), depth + 1);
        format!("{:indent$}{}: {name}\n{below}", "", span.service, indent = 2 * depth)
    });

    lines.collect()
}

fn request(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn a_request_to_both_services_is_one_trace() {
    let stock = Service::start("stock", &["127.0.0.1:0"]);
    let shop = Service::start("shop", &["127.0.0.1:0", &format!("http://{}", stock.address)]);
    assert!(request(&shop.address, "/healthz").ends_with("ok\n"));
    let found = request(&shop.address, "/orders/42");
    assert!(found.ends_with("3 pairs of shoes\n"), "{found}");
    let (mut spans, shop_metrics) = shop.stop();
    let (of_stock, stock_metrics) = stock.stop();
    spans.extend(of_stock);

    let expected = "\
shop: GET /orders/{id}
  shop: order
    shop: GET /pairs/{id}
      stock: GET /pairs/{id}
        stock: pairs
          stock: SELECT shoes
";
    assert_eq!(tree(&spans, "", 0), expected);
    let trace_id = text(&spans[0].json, "traceId");
    assert!(spans.iter().all(|span| text(&span.json, "traceId") == trace_id));
    assert!(found.contains(&format!("x-trace-id: {trace_id}\r\n")), "{found}");
    let query = spans.iter().find(|span| span.json["name"] == "SELECT shoes").unwrap();
    assert_eq!(query.json["kind"], 3, "client");
    for (key, value) in [
        ("db.system.name", "sqlite"),
        ("db.namespace", "stock"),
        ("db.query.text", "SELECT pairs FROM shoes WHERE id = ?"),
    ] {
        assert_eq!(query.attribute(key)["stringValue"], value, "{key}");
    }

    for (name, metrics) in [
        ("http.server.request.duration", &shop_metrics),
        ("http.client.request.duration", &shop_metrics),
        ("http.server.request.duration", &stock_metrics),
        ("db.client.operation.duration", &stock_metrics),
    ] {
        assert!(metrics.iter().any(|it| it == name), "{name} of {metrics:?}");
    }
}
