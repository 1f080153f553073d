//! The exporters of the three signals.

use std::path::{Path, PathBuf};

use floe_yaml::Node;
use serde::Deserialize;

use super::findings::{Choice, Findings, Positive, Word, below};
use crate::config::auth::check_header_name;
use crate::config::duration::without_limit;
use crate::config::env::{parse_headers, with_scheme};
use crate::config::exporters::ExporterKind;
use crate::config::metrics::{HistogramKind, MetricTemporality};
use crate::config::otlp::{
    Compression, Headers, OtlpConfig, OtlpOptions, OtlpProtocol, REQUEST_BYTES, Signal,
};
use crate::config::{endpoint, secret};

/// An exporter: its name, and the settings, which are read when the name is known.
pub(super) type Exporter = Choice<Node>;

/// An exporter of another crate, which this file cannot configure.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NoSettings {}

/// `otlp_http` and `otlp_grpc`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Otlp {
    endpoint: Option<String>,
    tls: Option<Tls>,
    headers: Option<Vec<Header>>,
    headers_list: Option<String>,
    compression: Option<Word<Compression>>,
    timeout: Option<u64>,
    encoding: Option<Word<Encoding>>,
    max_request_size: Option<u64>,
    max_response_size: Option<Positive>,
    temporality_preference: Option<Word<Temporality>>,
    default_histogram_aggregation: Option<Word<Histograms>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tls {
    ca_file: Option<String>,
    key_file: Option<String>,
    cert_file: Option<String>,
    insecure: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    name: String,
    value: Option<String>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Encoding {
    Protobuf,
    Json,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Temporality {
    Cumulative,
    Delta,
    LowMemory,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Histograms {
    ExplicitBucketHistogram,
    Base2ExponentialBucketHistogram,
}

/// `otlp_file`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OtlpFile {
    output_stream: Option<String>,
    temporality_preference: Option<Word<Temporality>>,
    default_histogram_aggregation: Option<Word<Histograms>>,
}

/// `console`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Console {
    temporality_preference: Option<Word<Temporality>>,
    default_histogram_aggregation: Option<Word<Histograms>>,
}

/// The most bytes of an answer, which is the specification's default.
const RESPONSE_BYTES: u64 = 4 * 1024 * 1024;

/// The most bytes of a request, which has to have a limit. 0 is none in this format.
fn request_bytes(size: u64, path: &str, found: &mut Findings<'_>) -> usize {
    let (least, most) = REQUEST_BYTES.into_inner();
    match usize::try_from(size) {
        Ok(size) if REQUEST_BYTES.contains(&size) => size,
        Ok(size @ 1..) if size < least => {
            found.ignore(path, &format!("requests have at least {least} bytes"));
            least
        }
        _ => {
            found.ignore(path, &format!("requests have at most {most} bytes"));
            most
        }
    }
}

/// The keys that only exporters of metrics have.
const METRICS: [&str; 2] = ["temporality_preference", "default_histogram_aggregation"];

/// The exporters of a signal, in the order of the file.
pub(super) struct Exporters<'a> {
    pub(super) signal: Signal,
    pub(super) kinds: Vec<ExporterKind>,
    pub(super) otlp: &'a mut OtlpConfig,
    /// The settings of the exporters of metrics, by exporter.
    pub(super) aggregations: Vec<(MetricTemporality, HistogramKind)>,
}

impl<'a> Exporters<'a> {
    pub(super) const fn new(signal: Signal, otlp: &'a mut OtlpConfig) -> Self {
        Self { signal, kinds: Vec::new(), otlp, aggregations: Vec::new() }
    }

    /// Adds the exporter of a processor or of a periodic reader.
    pub(super) fn add(&mut self, exporter: &Exporter, path: &str, found: &mut Findings<'_>) {
        let registered = ExporterKind::registered_for(self.signal);
        let mut known = vec!["otlp_http", "otlp_grpc", "otlp_file", "console"];
        known.extend(registered.iter().map(|kind| kind.as_str()));
        let Some((kind, settings, path)) = found.choice(exporter, path, &known) else {
            return;
        };
        if self.signal != Signal::Metrics {
            found.ignore_keys(&path, &METRICS, "only exporters of metrics have it");
        }
        match kind {
            "otlp_http" | "otlp_grpc" => {
                if let Some(otlp) = found.read(settings, &path) {
                    self.otlp(otlp, kind, &path, found);
                }
            }
            "otlp_file" => {
                if let Some(file) = found.read(settings, &path) {
                    self.file(file, &path, found);
                }
            }
            "console" => {
                let Console { temporality_preference, default_histogram_aggregation } =
                    found.read(settings, &path).unwrap_or_default();
                self.aggregation(temporality_preference, default_histogram_aggregation);
                self.choose(ExporterKind::Console);
            }
            other => match registered.iter().find(|kind| kind.as_str() == other) {
                Some(kind) => {
                    let _ = found.read::<NoSettings>(settings, &path);
                    self.choose(*kind);
                }
                None => found.unknown_component(&path, other, &known),
            },
        }
    }

    pub(super) fn choose(&mut self, kind: ExporterKind) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    fn otlp(&mut self, otlp: Otlp, kind: &str, path: &str, found: &mut Findings<'_>) {
        let at = |key: &str| below(path, key);
        let is_http = kind == "otlp_http";
        let protocol = if is_http {
            found.ignore_keys(&at("tls"), &["insecure"], "only `otlp_grpc` has it");
            OtlpProtocol::Http
        } else {
            found.ignore_keys(path, &["encoding"], "only `otlp_http` has it");
            OtlpProtocol::Grpc
        };
        let mut options = OtlpOptions {
            protocol: Some(protocol),
            headers: headers(&otlp, path, found),
            timeout_millis: otlp.timeout.map(without_limit),
            max_request_bytes: otlp
                .max_request_size
                .map(|size| request_bytes(size, &at("max_request_size"), found)),
            ..OtlpOptions::default()
        };
        if otlp.encoding.is_some_and(|Word(encoding)| encoding == Encoding::Json) {
            options.protocol = Some(OtlpProtocol::HttpJson);
        }
        let insecure = otlp.tls.and_then(|tls| tls.read(&at("tls"), &mut options, found));
        // Only for gRPC, and by default the connection is encrypted.
        let insecure = (!is_http).then(|| insecure.unwrap_or(false));
        options.endpoint = Some(match otlp.endpoint {
            None if is_http => format!("http://localhost:4318/v1/{}", self.signal.as_str()),
            None => OtlpProtocol::Grpc.default_endpoint().to_owned(),
            Some(text) => {
                let url = with_scheme(&text, insecure).into_owned();
                found.check(&at("endpoint"), endpoint::check(&url));
                url
            }
        });
        options.compression = otlp.compression.map(|Word(compression)| compression);
        self.aggregation(otlp.temporality_preference, otlp.default_histogram_aggregation);
        if otlp.max_response_size.is_some_and(|size| size.0 != RESPONSE_BYTES) {
            let reason = format!("answers have at most {RESPONSE_BYTES} bytes");
            found.ignore(&at("max_response_size"), &reason);
        }
        let signal = self.signal;
        let first = self.otlp.signal(signal).max_request_bytes;
        if self.kinds.contains(&ExporterKind::Otlp) && options.max_request_bytes != first {
            let reason = "the size of the first receiver is that of all";
            found.ignore(&at("max_request_size"), reason);
        }
        if self.kinds.contains(&ExporterKind::Otlp) {
            self.otlp.additional.push((signal, options));
        } else {
            *self.otlp.signal_mut(signal) = options;
            self.choose(ExporterKind::Otlp);
        }
    }

    fn file(&mut self, file: OtlpFile, path: &str, found: &mut Findings<'_>) {
        if let Err(reason) = ExporterKind::OtlpStdout.registered() {
            return found.ignore(path, &reason);
        }
        let text = file.output_stream.as_deref().unwrap_or("stdout");
        if text != "stdout" {
            let reason = format!(
                "expected `stdout`, found `{text}`; a document of ours has `exporters.directory`"
            );
            return found.ignore(&below(path, "output_stream"), &reason);
        }
        self.aggregation(file.temporality_preference, file.default_histogram_aggregation);
        self.choose(ExporterKind::OtlpStdout);
    }

    /// Adds the temporality and the histograms of an exporter of metrics.
    fn aggregation(
        &mut self,
        temporality: Option<Word<Temporality>>,
        histograms: Option<Word<Histograms>>,
    ) {
        let temporality = temporality.map(|Word(temporality)| match temporality {
            Temporality::Cumulative => MetricTemporality::Cumulative,
            Temporality::Delta => MetricTemporality::Delta,
            Temporality::LowMemory => MetricTemporality::LowMemory,
        });
        let histograms = histograms.map(|Word(histograms)| match histograms {
            Histograms::ExplicitBucketHistogram => HistogramKind::Explicit,
            Histograms::Base2ExponentialBucketHistogram => HistogramKind::Exponential,
        });
        self.aggregations.push((temporality.unwrap_or_default(), histograms.unwrap_or_default()));
    }
}

impl Tls {
    /// Adds the files. Returns whether a connection to an endpoint without a scheme is not encrypted.
    fn read(self, path: &str, options: &mut OtlpOptions, found: &mut Findings<'_>) -> Option<bool> {
        for (key, file, field) in [
            ("ca_file", self.ca_file, &mut options.certificate),
            ("cert_file", self.cert_file, &mut options.client_certificate),
            ("key_file", self.key_file, &mut options.client_key),
        ] {
            let Some(file) = file else {
                continue;
            };
            let path = below(path, key);
            if !Path::new(&file).is_absolute() {
                found.refuse(&path, format!("expected an absolute path, found `{file}`"));
            }
            *field = Some(PathBuf::from(file));
        }
        if options.client_certificate.is_some() != options.client_key.is_some() {
            let message = "`cert_file` and `key_file` belong together, expected both or none";
            found.refuse(path, message);
        }
        self.insecure
    }
}

/// Returns the headers. Those of `headers` replace those of `headers_list`.
fn headers(otlp: &Otlp, path: &str, found: &mut Findings<'_>) -> Headers {
    let (pairs, list) = (below(path, "headers"), below(path, "headers_list"));
    let mut headers = Headers::new();
    if let Some(text) = &otlp.headers_list {
        match parse_headers(text) {
            Ok((known, None)) => headers = known,
            Ok((_, Some(message))) | Err(message) => found.refuse(&list, message),
        }
    }
    for (path, header) in found.items(otlp.headers.as_ref().map(Vec::from_iter), &pairs) {
        // A header whose value is null is ignored.
        if let Some(value) = &header.value {
            found.check(&below(&path, "name"), check_header_name(&header.name));
            headers.insert(header.name.to_ascii_lowercase(), value.clone().into());
        }
    }
    // Of the first value that is not accepted, at the place of the list.
    let problem = headers.iter().find_map(|(name, value)| {
        let problem = secret::check_literal(value).err()?;
        Some(format!("the value of `{name}` {problem}"))
    });
    if let Some(problem) = problem {
        let place = if otlp.headers.is_some() { &pairs } else { &list };
        found.refuse(place, problem);
    }
    headers
}
