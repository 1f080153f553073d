//! The exporters of the three signals.

use std::path::{Path, PathBuf};

use super::properties::{Findings, Properties, Value};
use crate::config::auth::check_header_name;
use crate::config::env::{needs, parse_headers, with_scheme};
use crate::config::exporters::{ExporterKind, ExportersConfig};
use crate::config::metrics::{HistogramKind, MetricTemporality};
use crate::config::otlp::{
    Compression, Headers, OtlpConfig, OtlpDestination, OtlpOptions, OtlpProtocol, Signal,
};
use crate::config::{endpoint, secret};

/// The keys of an exporter over OTLP that all of them have.
const OTLP: [&str; 6] = [
    "endpoint",
    "tls",
    "headers",
    "headers_list",
    "compression",
    "timeout",
];

/// The keys that exporters of metrics have in addition.
const METRICS: [&str; 2] = ["temporality_preference", "default_histogram_aggregation"];

/// What a timeout of 0, which is no limit, becomes: 24 days, in milliseconds.
pub(super) const NO_LIMIT: u64 = 2_147_483_647;

/// The exporters of a signal, in the order of the file.
pub(super) struct Exporters<'a> {
    pub(super) signal: Signal,
    pub(super) kinds: Vec<ExporterKind>,
    pub(super) otlp: &'a mut OtlpConfig,
    pub(super) config: &'a mut ExportersConfig,
    /// The settings of the exporters of metrics, by exporter.
    pub(super) aggregations: Vec<(MetricTemporality, HistogramKind)>,
}

impl<'a> Exporters<'a> {
    pub(super) const fn new(
        signal: Signal,
        otlp: &'a mut OtlpConfig,
        config: &'a mut ExportersConfig,
    ) -> Self {
        Self {
            signal,
            kinds: Vec::new(),
            otlp,
            config,
            aggregations: Vec::new(),
        }
    }

    /// Adds the exporter of a processor or of a periodic reader.
    pub(super) fn add(&mut self, exporter: &Value<'_>, found: &mut Findings<'_>) {
        let registered = ExporterKind::registered_for(self.signal);
        let mut known = vec!["otlp_http", "otlp_grpc", "otlp_file", "console"];
        known.extend(registered.iter().map(|kind| kind.as_str()));
        let Some((name, value)) = exporter.choice(&known, found) else {
            return;
        };
        match name {
            "otlp_http" => self.otlp(&value, OtlpProtocol::Http, found),
            "otlp_grpc" => self.otlp(&value, OtlpProtocol::Grpc, found),
            "otlp_file" => self.file(&value, found),
            _ if let Some(kind) = registered.iter().find(|kind| kind.as_str() == name) => {
                value.properties(&[], found);
                self.choose(*kind);
            }
            _ => {
                let properties = value.properties(&self.with_metrics(&[]), found);
                self.aggregation(&properties, found);
                self.choose(ExporterKind::Console);
            }
        }
    }

    pub(super) fn choose(&mut self, kind: ExporterKind) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    fn with_metrics(&self, keys: &[&'static str]) -> Vec<&'static str> {
        let metrics: &[&str] = match self.signal {
            Signal::Metrics => &METRICS,
            _ => &[],
        };
        [keys, metrics].concat()
    }

    fn otlp(&mut self, value: &Value<'_>, protocol: OtlpProtocol, found: &mut Findings<'_>) {
        let mut known = self.with_metrics(&OTLP);
        let is_http = protocol == OtlpProtocol::Http;
        if is_http {
            known.push("encoding");
        }
        let properties = value.properties(&known, found);
        let (name, feature, is_enabled) = if is_http {
            ("otlp_http", "otlp-http", cfg!(feature = "otlp-http"))
        } else {
            ("otlp_grpc", "otlp-grpc", cfg!(feature = "otlp-grpc"))
        };
        value.check(needs(name, feature, is_enabled), found);
        let mut options = OtlpOptions {
            protocol: Some(protocol),
            ..OtlpOptions::default()
        };
        let tls = properties.set("tls");
        if let Some(encoding) = properties.set("encoding") {
            let words = [
                ("protobuf", OtlpProtocol::Http),
                ("json", OtlpProtocol::HttpJson),
            ];
            options.protocol = encoding.word(&words, found).or(options.protocol);
        }
        let insecure = tls.and_then(|tls| tls_files(&tls, is_http, &mut options, found));
        // Only for gRPC, and by default the connection is encrypted.
        let insecure = (!is_http).then(|| insecure.unwrap_or(false));
        options.endpoint = Some(match properties.set("endpoint") {
            None if is_http => format!("http://localhost:4318/v1/{}", self.signal.as_str()),
            None => OtlpProtocol::Grpc.default_endpoint().to_owned(),
            Some(endpoint) => {
                let text: String = endpoint.read(found).unwrap_or_default();
                let url = with_scheme(&text, insecure).into_owned();
                let checked = endpoint::check(&url).and_then(|()| {
                    let is_plain = !url.starts_with("https://");
                    needs(&text, "otlp-tls", is_plain || cfg!(feature = "otlp-tls"))
                });
                endpoint.check(checked, found);
                url
            }
        });
        options.headers = headers(&properties, found);
        options.timeout_millis = properties.get("timeout").and_then(|timeout| {
            let millis = timeout.number(0, found)?;
            Some(if millis == 0 { NO_LIMIT } else { millis })
        });
        options.compression = properties.get("compression").and_then(|compression| {
            let known = compression.word(&Compression::ALL, found)?;
            let is_enabled = known != Compression::Zstd || cfg!(feature = "otlp-zstd");
            compression.check(needs("zstd", "otlp-zstd", is_enabled), found);
            Some(known)
        });
        self.aggregation(&properties, found);
        let signal = self.signal;
        if self.kinds.contains(&ExporterKind::Otlp) {
            self.otlp
                .additional
                .push(OtlpDestination { signal, options });
        } else {
            *self.otlp.signal_mut(signal) = options;
            self.choose(ExporterKind::Otlp);
        }
    }

    fn file(&mut self, value: &Value<'_>, found: &mut Findings<'_>) {
        let properties = value.properties(&self.with_metrics(&["output_stream"]), found);
        value.check(ExporterKind::OtlpFile.registered().map(drop), found);
        self.aggregation(&properties, found);
        let Some(stream) = properties.set("output_stream") else {
            return self.choose(ExporterKind::OtlpStdout);
        };
        let text: String = stream.read(found).unwrap_or_default();
        match text.strip_prefix("file://").map(Path::new) {
            _ if text == "stdout" => self.choose(ExporterKind::OtlpStdout),
            Some(path) if path.is_absolute() && path.file_name().is_some() => {
                let signal = self.signal;
                let file = self.config.file.path_mut(signal);
                if self.kinds.contains(&ExporterKind::OtlpFile) && file.as_deref() != Some(path) {
                    let message = "not supported, accepted is one file for each signal";
                    return stream.refuse(found, message);
                }
                *file = Some(path.to_owned());
                self.choose(ExporterKind::OtlpFile);
            }
            _ => stream.refuse(
                found,
                format!("found `{text}`, accepted are `stdout` and `file:///path/of/file.jsonl`"),
            ),
        }
    }

    /// Reads the temporality and the histograms of an exporter of metrics.
    fn aggregation(&mut self, properties: &Properties<'_>, found: &mut Findings<'_>) {
        if self.signal != Signal::Metrics {
            return;
        }
        let temporalities = [
            ("cumulative", MetricTemporality::Cumulative),
            ("delta", MetricTemporality::Delta),
            ("low_memory", MetricTemporality::LowMemory),
        ];
        let [temporality, histograms] = METRICS.map(|key| properties.get(key));
        let temporality = temporality.and_then(|value| value.word(&temporalities, found));
        let histograms = histograms.and_then(|value| value.word(&HistogramKind::ALL, found));
        self.aggregations.push((
            temporality.unwrap_or_default(),
            histograms.unwrap_or_default(),
        ));
    }
}

/// Reads the files of TLS. Returns whether a connection to an endpoint without a scheme is not encrypted.
fn tls_files(
    value: &Value<'_>,
    is_http: bool,
    options: &mut OtlpOptions,
    found: &mut Findings<'_>,
) -> Option<bool> {
    let known = ["ca_file", "key_file", "cert_file", "insecure"];
    let properties = value.properties(&known[..if is_http { 3 } else { 4 }], found);
    for (key, field) in [
        ("ca_file", &mut options.certificate),
        ("cert_file", &mut options.client_certificate),
        ("key_file", &mut options.client_key),
    ] {
        let Some(file) = properties.set(key) else {
            continue;
        };
        let path: String = file.read(found).unwrap_or_default();
        if !Path::new(&path).is_absolute() {
            file.refuse(
                found,
                format!("found `{path}`, accepted is an absolute path"),
            );
        }
        file.check(needs(key, "otlp-tls", cfg!(feature = "otlp-tls")), found);
        *field = Some(PathBuf::from(path));
    }
    if options.client_certificate.is_some() != options.client_key.is_some() {
        value.refuse(
            found,
            "`cert_file` and `key_file` belong together, accepted are both or none",
        );
    }
    properties.read("insecure", found)
}

/// Returns the headers. Those of `headers` replace those of `headers_list`.
fn headers(properties: &Properties<'_>, found: &mut Findings<'_>) -> Headers {
    let mut headers = Headers::new();
    if let Some(list) = properties.set("headers_list") {
        let text: String = list.read(found).unwrap_or_default();
        match parse_headers(&text) {
            Ok((known, None)) => headers = known,
            Ok((_, Some(message))) | Err(message) => list.refuse(found, message),
        }
    }
    for pair in properties.items("headers", found) {
        let entry = pair.properties(&["name", "value"], found);
        let name = entry.required("name", &pair, found);
        let (Some(name), Some(value)) = (name, entry.set("value")) else {
            // A header whose value is null is ignored.
            continue;
        };
        let text: String = name.read(found).unwrap_or_default();
        name.check(check_header_name(&text), found);
        let content: String = value.read(found).unwrap_or_default();
        headers.insert(text.to_ascii_lowercase(), content.into());
    }
    // Of the first value that is not accepted, at the place of the list.
    let problem = headers.iter().find_map(|(name, value)| {
        let problem = secret::check_literal(value).err()?;
        Some(format!("the value of `{name}` {problem}"))
    });
    let list = properties
        .set("headers")
        .or_else(|| properties.set("headers_list"));
    if let (Some(problem), Some(list)) = (problem, list) {
        list.refuse(found, problem);
    }
    headers
}
