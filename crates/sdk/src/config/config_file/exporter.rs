//! The exporters of the three signals.

use std::path::{Path, PathBuf};

use super::part::Part;
use crate::config::auth::check_header_name;
use crate::config::duration::without_limit;
use crate::config::env::{parse_headers, with_scheme};
use crate::config::exporters::ExporterKind;
use crate::config::metrics::{HistogramKind, MetricTemporality};
use crate::config::otlp::{Compression, Headers, OtlpConfig, OtlpOptions, OtlpProtocol, Signal};
use crate::config::{endpoint, secret};

const TEMPORALITIES: [(&str, MetricTemporality); 3] = [
    ("cumulative", MetricTemporality::Cumulative),
    ("delta", MetricTemporality::Delta),
    ("low_memory", MetricTemporality::LowMemory),
];

const ENCODINGS: [(&str, OtlpProtocol); 2] =
    [("protobuf", OtlpProtocol::Http), ("json", OtlpProtocol::HttpJson)];

/// The additional keys of exporters of metrics.
const METRICS: [&str; 2] = ["temporality_preference", "default_histogram_aggregation"];

/// The exporters of a signal, in the order of the file.
pub(super) struct Exporters<'a> {
    signal: Signal,
    pub(super) kinds: Vec<ExporterKind>,
    otlp: &'a mut OtlpConfig,
    /// The settings of the exporters of metrics, by exporter.
    pub(super) aggregations: Vec<(MetricTemporality, HistogramKind)>,
}

impl<'a> Exporters<'a> {
    pub(super) const fn new(signal: Signal, otlp: &'a mut OtlpConfig) -> Self {
        Self { signal, kinds: Vec::new(), otlp, aggregations: Vec::new() }
    }

    /// Adds the exporter of a processor or of a periodic reader.
    pub(super) fn add(&mut self, exporter: &Part<'_>) {
        let registered = ExporterKind::registered_for(self.signal);
        let mut known = vec!["otlp_http", "otlp_grpc", "otlp_file", "console"];
        known.extend(registered.iter().map(|kind| kind.as_str()));
        let Some((name, part)) = exporter.choice(&known) else {
            return;
        };
        match name {
            "otlp_http" | "otlp_grpc" => self.otlp(&part, name == "otlp_http"),
            "otlp_file" => self.stdout(&part),
            "console" => {
                self.expect(&part, &[]);
                self.choose(ExporterKind::Console);
            }
            other => match registered.iter().find(|kind| kind.as_str() == other) {
                Some(kind) => {
                    part.expect(&[]);
                    self.choose(*kind);
                }
                None => part.unknown(&known, other),
            },
        }
    }

    pub(super) fn choose(&mut self, kind: ExporterKind) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    /// Expects these keys, and two more for exporters of metrics.
    fn expect(&mut self, part: &Part<'_>, keys: &[&str]) {
        if self.signal != Signal::Metrics {
            return part.expect(keys);
        }
        let [temporality, histograms] = METRICS;
        part.expect(&[keys, &METRICS].concat());
        let temporality = part.word(temporality, &TEMPORALITIES).unwrap_or_default();
        let histograms = part.word(histograms, &HistogramKind::ALL).unwrap_or_default();
        self.aggregations.push((temporality, histograms));
    }

    fn otlp(&mut self, part: &Part<'_>, is_http: bool) {
        const KEYS: [&str; 7] =
            ["endpoint", "tls", "headers", "headers_list", "compression", "timeout", "encoding"];
        self.expect(part, if is_http { &KEYS } else { &KEYS[..6] });
        let encoding = || part.word("encoding", &ENCODINGS).unwrap_or(OtlpProtocol::Http);
        let mut options = OtlpOptions {
            protocol: Some(if is_http { encoding() } else { OtlpProtocol::Grpc }),
            headers: headers(part),
            timeout_millis: part.value("timeout").map(without_limit),
            compression: part.word("compression", &Compression::ALL),
            ..OtlpOptions::default()
        };
        // Only for gRPC, and by default the connection is encrypted.
        let mut insecure = (!is_http).then_some(false);
        if let Some(tls) = part.get("tls") {
            const KEYS: [&str; 4] = ["ca_file", "cert_file", "key_file", "insecure"];
            tls.expect(if is_http { &KEYS[..3] } else { &KEYS });
            options.certificate = file(&tls, "ca_file");
            options.client_certificate = file(&tls, "cert_file");
            options.client_key = file(&tls, "key_file");
            tls.expect_both(["cert_file", "key_file"]);
            if let Some(value) = &mut insecure {
                tls.set("insecure", value);
            }
        }
        let address = part.get("endpoint").and_then(|at| Some((at.read::<String>()?, at)));
        options.endpoint = Some(match address {
            None if is_http => format!("http://localhost:4318/v1/{}", self.signal.as_str()),
            None => OtlpProtocol::Grpc.default_endpoint().to_owned(),
            Some((text, at)) => {
                let url = with_scheme(&text, insecure).into_owned();
                at.check(endpoint::check(&url));
                url
            }
        });
        if self.kinds.contains(&ExporterKind::Otlp) {
            self.otlp.additional.push((self.signal, options));
        } else {
            *self.otlp.signal_mut(self.signal) = options;
            self.choose(ExporterKind::Otlp);
        }
    }

    fn stdout(&mut self, part: &Part<'_>) {
        if let Err(reason) = ExporterKind::OtlpStdout.registered() {
            return part.ignore(reason);
        }
        let stream = part.get("output_stream");
        let other =
            stream.filter(|stream| stream.read().is_none_or(|name: String| name != "stdout"));
        if let Some(other) = other {
            return other.ignore(
                "expected `stdout`; files need `exporters.directory` in floe-telemetry's format",
            );
        }
        self.expect(part, &["output_stream"]);
        self.choose(ExporterKind::OtlpStdout);
    }
}

/// Returns the path of a file for TLS.
fn file(tls: &Part<'_>, key: &str) -> Option<PathBuf> {
    let part = tls.get(key)?;
    let path: String = part.read()?;
    if !Path::new(&path).is_absolute() {
        part.refuse(format!("expected an absolute path, found `{path}`"));
    }
    Some(path.into())
}

/// Returns the headers. `headers` take precedence over `headers_list`.
fn headers(exporter: &Part<'_>) -> Headers {
    let mut headers = Headers::new();
    let list = exporter.get("headers_list");
    if let Some((text, part)) = list.as_ref().and_then(|part| Some((part.read::<String>()?, part)))
    {
        match parse_headers(&text) {
            Ok((known, None)) => headers = known,
            Ok((_, Some(message))) | Err(message) => part.refuse(message),
        }
    }
    for part in exporter.items("headers") {
        part.expect(&["name", "value"]);
        let name: Option<String> = part.required("name").and_then(|name| name.read());
        // A header whose value is null is ignored.
        if let (Some(name), Some(value)) = (name, part.value::<String>("value")) {
            if let Some(at) = part.get("name") {
                at.check(check_header_name(&name));
            }
            headers.insert(name.to_ascii_lowercase(), value.into());
        }
    }
    // Of the first value that is not accepted, at the place of the list.
    let problem = headers.iter().find_map(|(name, value)| {
        let problem = secret::check_literal(value).err()?;
        Some(format!("the value of `{name}` {problem}"))
    });
    if let (Some(problem), Some(place)) = (problem, exporter.get("headers").or(list)) {
        place.refuse(problem);
    }
    headers
}
