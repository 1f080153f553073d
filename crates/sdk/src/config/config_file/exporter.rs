//! The exporters of the three signals.

use std::path::{Path, PathBuf};

use super::part::Part;
use crate::config::auth::check_header_name;
use crate::config::batch::without_limit;
use crate::config::env::{parse_headers, with_scheme};
use crate::config::exporters::{ExporterKind, ExportersConfig};
use crate::config::metrics::{HistogramKind, MetricTemporality};
use crate::config::mistake::Mistake;
use crate::config::otlp::{Compression, Headers, OtlpConfig, OtlpOptions, OtlpProtocol, Signal};
use crate::config::{endpoint, secret};

const TEMPORALITIES: [(&str, MetricTemporality); 3] = [
    ("cumulative", MetricTemporality::Cumulative),
    ("delta", MetricTemporality::Delta),
    ("low_memory", MetricTemporality::LowMemory),
];

/// The exporters of a signal, in the order of the file.
pub(super) struct Exporters<'a> {
    signal: Signal,
    pub(super) kinds: Vec<ExporterKind>,
    otlp: &'a mut OtlpConfig,
    /// The directory of `otlp_file`.
    directory: &'a mut PathBuf,
    /// The settings of each exporter of metrics.
    pub(super) aggregations: Vec<(MetricTemporality, HistogramKind)>,
}

impl<'a> Exporters<'a> {
    pub(super) const fn new(
        signal: Signal,
        otlp: &'a mut OtlpConfig,
        directory: &'a mut PathBuf,
    ) -> Self {
        Self { signal, kinds: Vec::new(), otlp, directory, aggregations: Vec::new() }
    }

    pub(super) fn add(&mut self, exporter: &Part<'_>) -> Result<(), Mistake> {
        let mut registered = ExporterKind::of(self.signal);
        registered.retain(|(_, kind)| matches!(kind, ExporterKind::Registered(_)));
        let mut known = vec!["otlp_http", "otlp_grpc", "console", "otlp_file"];
        known.extend(registered.iter().map(|(name, _)| *name));
        let Some((name, part)) = exporter.component(&known)? else {
            return Ok(());
        };
        match registered.iter().find(|(other, _)| *other == name) {
            Some((_, kind)) => self.choose(*kind),
            None if name == "console" => {
                self.aggregation(&part)?;
                self.choose(ExporterKind::Console);
            }
            None if name == "otlp_file" => self.otlp_file(&part)?,
            None => self.otlp(&part, name == "otlp_http")?,
        }
        Ok(())
    }

    pub(super) fn choose(&mut self, kind: ExporterKind) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    /// Reads the keys that only exporters of metrics have.
    fn aggregation(&mut self, part: &Part<'_>) -> Result<(), Mistake> {
        if self.signal == Signal::Metrics {
            let temporality = part.word("temporality_preference", &TEMPORALITIES)?;
            let histograms = part.word("default_histogram_aggregation", &HistogramKind::ALL)?;
            self.aggregations
                .push((temporality.unwrap_or_default(), histograms.unwrap_or_default()));
        }
        Ok(())
    }

    /// Chooses standard output, or a file of the signal. The first path in the configuration determines the directory.
    fn otlp_file(&mut self, part: &Part<'_>) -> Result<(), Mistake> {
        if let Err(reason) = ExporterKind::OtlpFile.registered() {
            part.get("output_stream")?;
            part.ignore(reason);
            return Ok(());
        }
        self.aggregation(part)?;
        let Some(stream) = part.get("output_stream")? else {
            self.choose(ExporterKind::OtlpStdout);
            return Ok(());
        };
        let text: String = stream.read()?;
        if text == "stdout" {
            self.choose(ExporterKind::OtlpStdout);
            return Ok(());
        }
        let path = text.strip_prefix("file://").map(Path::new).filter(|path| path.is_absolute());
        let (Some(path), Some(directory)) = (path, path.and_then(Path::parent)) else {
            let message = format!("expected `stdout` or `file:///path`, found `{text}`");
            return Err(stream.mistake(message));
        };
        if *self.directory == ExportersConfig::default().directory {
            directory.clone_into(self.directory);
        }
        let written = self.directory.join(self.signal.as_str()).with_extension("jsonl");
        if written != path {
            stream.ignore(format!("the lines are written to `{}`", written.display()));
        }
        self.choose(ExporterKind::OtlpFile);
        Ok(())
    }

    /// Notes the places of the settings of an exporter over OTLP.
    fn note(&self, part: &Part<'_>) {
        let section = format!("otlp.{}", self.signal.as_str());
        part.sets(&*section);
        for (keys, field) in FIELDS {
            part.sets_below(keys, format!("{section}.{field}"));
        }
    }

    fn otlp(&mut self, part: &Part<'_>, is_http: bool) -> Result<(), Mistake> {
        if is_http
            && let Some(encoding) = part.get("encoding")?
            && encoding.read::<String>()? != "protobuf"
        {
            encoding.ignore("expected `protobuf`");
        }
        let mut options = OtlpOptions {
            protocol: Some(if is_http { OtlpProtocol::Http } else { OtlpProtocol::Grpc }),
            headers: headers(part)?,
            timeout_millis: part.millis("timeout")?.map(without_limit),
            compression: part.word("compression", Compression::ALL)?,
            ..OtlpOptions::default()
        };
        // `insecure` exists only for gRPC, whose connection is encrypted by default.
        let mut insecure = (!is_http).then_some(false);
        if let Some(tls) = part.get("tls")? {
            options.certificate = file(&tls, "ca_file")?;
            options.client_certificate = file(&tls, "cert_file")?;
            options.client_key = file(&tls, "key_file")?;
            if options.client_certificate.is_some() != options.client_key.is_some() {
                let message = "`cert_file` and `key_file` belong together, expected both or none";
                return Err(tls.mistake(message));
            }
            if !is_http {
                insecure = tls.value("insecure")?.or(insecure);
            }
        }
        let url = |text: String| {
            let url = with_scheme(&text, insecure).into_owned();
            endpoint::check_beside(&url, "`headers`").map(|()| url)
        };
        options.endpoint = Some(match part.parsed("endpoint", url)? {
            Some(url) => url,
            None if is_http => format!("http://localhost:4318/v1/{}", self.signal.as_str()),
            None => OtlpProtocol::Grpc.default_endpoint().to_owned(),
        });
        if self.kinds.contains(&ExporterKind::Otlp) {
            self.otlp.additional.push((self.signal, options));
        } else {
            self.note(part);
            *self.otlp.signal_mut(self.signal) = options;
            self.choose(ExporterKind::Otlp);
        }
        self.aggregation(part)
    }
}

/// The keys of an exporter over OTLP, and the fields that they set.
const FIELDS: [(&[&str], &str); 8] = [
    (&["endpoint"], "endpoint"),
    (&["headers_list"], "headers"),
    (&["headers"], "headers"),
    (&["timeout"], "timeout_millis"),
    (&["compression"], "compression"),
    (&["tls", "ca_file"], "certificate"),
    (&["tls", "cert_file"], "client_certificate"),
    (&["tls", "key_file"], "client_key"),
];

fn file(tls: &Part<'_>, key: &'static str) -> Result<Option<PathBuf>, Mistake> {
    tls.checked(key, |path: &PathBuf| {
        let refused =
            || format!("expected an absolute path, found `{}`", crate::regular_file::shown(path));
        path.is_absolute().then_some(()).ok_or_else(refused)
    })
}

/// Returns the headers. `headers` take precedence over `headers_list`.
fn headers(exporter: &Part<'_>) -> Result<Headers, Mistake> {
    let list = exporter.parsed("headers_list", |text: String| parse_headers(&text))?;
    let mut headers = list.unwrap_or_default();
    for part in exporter.items("headers")? {
        part.required("name")?;
        let name = part.checked("name", |name: &String| check_header_name(name))?;
        // A header without a value is ignored.
        if let (Some(name), Some(value)) = (name, part.value::<String>("value")?) {
            headers.insert(name.to_ascii_lowercase(), value.into());
        }
    }
    for (name, value) in &headers {
        let refused = |problem| exporter.mistake(format!("the value of `{name}` {problem}"));
        secret::check_literal(value).map_err(refused)?;
    }
    Ok(headers)
}
