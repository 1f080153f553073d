//! The environment variables that change a configuration.
//!
//! An invalid value of a variable that decides only how well telemetry is sent is ignored with one warning that contains
//! the name of the variable and the accepted values, as the
//! [specification](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/) requires. If the
//! variable decides where, to whom, with what trust or how much is sent, its signal is left out, see `decisive`. So the
//! environment never makes a valid configuration invalid.

mod misspelled;
pub(super) mod names;
pub(super) mod parse;
mod warnings;
mod without_effect;

use std::borrow::Cow;
use std::env::{self, VarError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::parse::{BOOLEANS, millis, number, word};
pub(crate) use self::warnings::{say_held, warn};
use super::batch::{AT_ONCE, BatchProcessorConfig, MAX_QUEUE_SIZE, without_limit};
use super::detection::ResourceDetector;
use super::exceptions::ExceptionSignal;
use super::exporters::ExporterKind;
use super::filter::{parse_filter, parse_levels};
use super::limits::MAX_SPAN_COUNT;
use super::logging::{LogExportConfig, LogOutput, LoggingConfig, check_span_attribute};
use super::metrics::{HistogramKind, MetricTemporality, check_host};
use super::otlp::{Compression, Headers, OtlpProtocol, Signal};
use super::panics::PanicOutput;
use super::propagator::Propagator;
use super::refusals::{Decisive, XrayRequest};
use super::resource::{DEPLOYMENT_ENVIRONMENT, MAX_NAME, ResourceAttributes, check_name};
use super::sampling::{NOT_PARENT_BASED, Sampler};
use super::secret;
use super::source::Source;
use super::telemetry::TelemetryConfig;
use super::{auth, endpoint};
use crate::environment;
use crate::error::Error;
use crate::internal_log;
use crate::redaction::authority_start;
use crate::suggest::one_of;

/// The maximum number of entries of a list. It is bounded, because each entry is compared with all previous ones.
const MAX_ENTRIES: usize = 1024;

/// The number of invalid entries of a list that are reported.
const MAX_REFUSED: usize = 8;

const CONFIG_FILE: &str = "OTEL_CONFIG_FILE";

pub(super) const OTEL_SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

const OTEL_PROPAGATORS: &str = "OTEL_PROPAGATORS";

/// X-Ray's format in this variable, which a program adds in code.
const XRAY: &str = "xray";

const TRACES: Option<Signal> = Some(Signal::Traces);

/// The variable with the path of a document in this crate's format.
const DOCUMENT: &str = "FLOE_CONFIG_FILE";

impl TelemetryConfig {
    /// Returns the document in the file of `FLOE_CONFIG_FILE`, or the defaults, with the changes from the environment.
    /// If neither names the service, its name is that of the Lambda function, or else `unknown_service:` and the name of
    /// the executable.
    /// [The manual](https://docs.rs/floe-telemetry/latest/floe_telemetry/_manual/configuration/index.html#variables) lists the variables.
    ///
    /// # Errors
    ///
    /// Fails if the file of `FLOE_CONFIG_FILE` or `OTEL_CONFIG_FILE` cannot be read or is not valid, or if both
    /// variables are set.
    pub fn from_env() -> Result<Self, Error> {
        let read = Self::read_all();
        say_held(read.as_ref().is_ok_and(Self::is_quiet));
        read
    }

    /// Reads the configuration like [`from_env`](Self::from_env), and holds its warnings.
    pub(crate) fn read_all() -> Result<Self, Error> {
        let mut config = match path(DOCUMENT) {
            Some(_) if config_file().is_some() => {
                return Err(Error::config(format!(
                    "expected `{DOCUMENT}` or `{CONFIG_FILE}`, found both: each is a complete configuration"
                )));
            }
            Some(path) => Self::read_document(&path).map_err(of_variable(DOCUMENT))?,
            None => Self::unnamed(),
        };
        config.read_env()?;
        Ok(config)
    }

    /// Applies the environment variables, which replace earlier values: the supported `OTEL_*` variables of the
    /// specification, `FLOE_RESOURCE_DETECTORS`, `FLOE_LOG_*`, `FLOE_SPAN_FILTER` and `FLOE_PANIC_OUTPUT`. If
    /// `OTEL_CONFIG_FILE` is set, the file replaces the other `OTEL_*` variables, see
    /// `from_config_file`.
    ///
    /// Invalid variables and entries of lists are ignored, with one warning for each variable through `tracing`, or on
    /// standard error without a `tracing` subscriber. Misspelled variables are reported in the same way, and with
    /// [`exporters.quiet_without_endpoint`](super::ExportersConfig::quiet_without_endpoint) only names that resemble an endpoint. If an invalid
    /// variable decides where, to whom, with what trust or how much is sent, the provider leaves its signal out, unless
    /// code sets the field afterwards; a line on standard error then names the variable to change.
    ///
    /// # Errors
    ///
    /// Fails if an earlier value or the file of `OTEL_CONFIG_FILE` cannot be used. The configuration is then unchanged.
    pub fn apply_env(&mut self) -> Result<(), Error> {
        let read = self.read_env();
        say_held(self.is_quiet());
        read
    }

    fn read_env(&mut self) -> Result<(), Error> {
        self.validate()?;
        self.note_code();
        take("OTEL_LOG_LEVEL", word(&internal_log::LOG_LEVELS));
        is_explained();
        let prefixes: &[&str] = if let Some(path) = config_file() {
            self.apply_config_file(&path).map_err(of_variable(CONFIG_FILE))?;
            &["FLOE", "RUST"]
        } else {
            self.apply_standard();
            &["OTEL", "OTLP", "SERVICE", "FLOE", "RUST"]
        };
        detection(self);
        logging(self);
        span_filter(self);
        panics(self);
        // The variable belongs to instrumentation, so no file of OpenTelemetry's format replaces it.
        let name = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN";
        self.set(name, |it| &mut it.exceptions, word(ExceptionSignal::ALL));
        misspelled::warn(prefixes, self);
        self.remember();
        Ok(())
    }

    /// Applies the variables that the file of `OTEL_CONFIG_FILE` replaces.
    fn apply_standard(&mut self) {
        if take("OTEL_SDK_DISABLED", word(&BOOLEANS)) == Some(true) {
            self.enabled = false;
            self.note("OTEL_SDK_DISABLED");
        }
        resource(self);
        sampling(self);
        propagators(self);
        metrics(self);
        limits(self);
        batches(names::BSP, self, |it| &mut it.batch_processor);
        batches(names::BLRP, self, |it| &mut it.log_batch_processor);
        otlp(None, self);
        for signal in Signal::ALL {
            otlp(Some(signal), self);
        }
        exporters(self);
        without_effect::warn();
    }
}

impl TelemetryConfig {
    /// Returns the settings to change after an error of a signal's exporter: the one that the error names, or else the
    /// one that requests the exporter. `None` if neither a variable nor the file of `OTEL_CONFIG_FILE` is the source.
    pub(crate) fn asked_by(&self, signal: Signal, error: &Error) -> Option<String> {
        let source = |path: &str| self.sources.of(path).0;
        let exporter = source(&format!("exporters.{}", signal.as_str()));
        let endpoint = source(&self.path_of(signal, "endpoint"));
        let protocol = source(&self.path_of(signal, "protocol"));
        let all = match error.setting() {
            None if exporter == Source::Default => vec![endpoint],
            None => vec![exporter],
            // An address that nobody has set is the one of the protocol, which the port would select.
            Some("PROTOCOL") if matches!(endpoint, Source::Default | Source::Variable(_)) => {
                let all = "OTEL_EXPORTER_OTLP_PROTOCOL";
                let is_asked =
                    [&exporter, &endpoint, &protocol].iter().any(|it| it.variable().is_some());
                vec![
                    endpoint,
                    protocol,
                    if is_asked { Source::Variable(all) } else { Source::Default },
                ]
            }
            Some("PROTOCOL") => vec![endpoint],
            Some(setting) => vec![source(&self.path_of(signal, &setting.to_ascii_lowercase()))],
        };
        if let Some(file) = all.iter().find(|it| it.is_config_file()) {
            return Some(format!("`{CONFIG_FILE}`, {file}"));
        }
        let mut names: Vec<_> = all.iter().filter_map(Source::variable).collect();
        names.dedup();
        (!names.is_empty()).then(|| one_of(&names))
    }

    /// Returns the signal if it has a setting of OTLP of its own; `None` if the setting for all signals applies.
    fn with_own(&self, signal: Signal, field: &str) -> Option<Signal> {
        let own = names::path(Some(signal), field);
        (self.sources.of(&own).0 != Source::Default).then_some(signal)
    }

    fn path_of(&self, signal: Signal, field: &str) -> String {
        names::path(self.with_own(signal, field), field)
    }

    /// Returns the name of a setting of the OTLP exporter for messages: its key, which is `of_file` in OpenTelemetry's file,
    /// with its place in the file that has set it, or else its variable, which `value` follows, with the key.
    #[doc(hidden)]
    pub fn name_of(&self, signal: Signal, field: &str, value: &str, of_file: &str) -> String {
        let own = self.with_own(signal, field);
        let path = names::path(own, field);
        let key = match own {
            _ if self.is_of_file() => of_file,
            None if field == "headers" => "authentication",
            _ => &path,
        };
        let (source, _) = self.sources.of(&path);
        let variable = names::otlp(own, &field.to_ascii_uppercase());
        match variable {
            _ if source.is_in_file() && value.is_empty() => format!("`{key}` ({source})"),
            Some(variable) if !self.is_of_file() => format!("`{variable}{value}` (`{key}`)"),
            _ => format!("`{key}`"),
        }
    }

    /// Whether a file of OpenTelemetry's format is the configuration.
    #[doc(hidden)]
    pub fn is_of_file(&self) -> bool {
        let (source, ignored) = self.sources.of("otlp");
        source.is_config_file() || ignored.into_iter().any(Source::is_config_file)
    }

    /// Returns the file of a document that is the configuration.
    pub(crate) fn document(&self) -> Option<Arc<str>> {
        match self.sources.of("resource_attributes.service_name") {
            (Source::Document(file, _), _) => file,
            (_, ignored) => ignored.into_iter().find_map(|it| match it {
                Source::Document(file, _) => file.clone(),
                _ => None,
            }),
        }
    }

    /// Sets a field to the value of a variable that decides only how well telemetry is sent, unless it is not set or invalid.
    /// Returns whether the field was set.
    fn set<T>(
        &mut self,
        name: &'static str,
        field: impl FnOnce(&mut Self) -> &mut T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> bool {
        let value = take(name, parse);
        let is_set = value.is_some();
        if let Some(value) = value {
            *field(self) = value;
            self.note(name);
        }
        is_set
    }

    /// Sets a field that may be unset.
    fn fill<T>(
        &mut self,
        name: &'static str,
        field: impl FnOnce(&mut Self) -> &mut Option<T>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) {
        self.set(name, field, |text| parse(text).map(Some));
    }

    /// Notes that a variable has set its field.
    fn note(&mut self, name: &'static str) {
        if let Some(path) = names::path_of(name) {
            self.sources.note(path, Source::Variable(name));
        }
    }

    /// Applies the variables for the filters and lines of `tracing` and for the output of panics, but only to settings
    /// that have their default values.
    pub(crate) fn apply_filters(&mut self) {
        self.note_code();
        let before = self.sources.clone();
        let own = self.logging.clone();
        let default = LoggingConfig::default();
        logging(self);
        let logging = &mut self.logging;
        for (path, is_own) in [
            ("log_level", keep(&mut logging.log_level, own.log_level, &default.log_level)),
            ("json_output", keep(&mut logging.json_output, own.json_output, &default.json_output)),
            ("output", keep(&mut logging.output, own.output, &default.output)),
            ("export", keep(&mut logging.export, own.export, &default.export)),
            (
                "span_attributes",
                keep(&mut logging.span_attributes, own.span_attributes, &default.span_attributes),
            ),
        ] {
            if is_own {
                let path = format!("logging.{path}");
                let (source, _) = before.of(&path);
                self.sources.note(path, source);
            }
        }
        if self.sampling.rules.is_empty() {
            span_filter(self);
        }
        if self.panic_output == PanicOutput::default() {
            panics(self);
        }
        self.remember();
    }
}

/// Restores the program's own value unless it is the default. Returns whether it is not.
fn keep<T: PartialEq>(field: &mut T, own: T, default: &T) -> bool {
    let is_own = own != *default;
    if is_own {
        *field = own;
    }
    is_own
}

/// Without the feature `yaml`, each configuration file is an error.
#[cfg(not(feature = "yaml"))]
impl TelemetryConfig {
    fn read_document(path: &Path) -> Result<Self, Error> {
        Err(Error::config(super::needed(&context(path), "yaml")))
    }

    fn apply_config_file(&mut self, path: &Path) -> Result<(), Error> {
        *self = Self::read_document(path)?;
        Ok(())
    }
}

impl TelemetryConfig {
    /// Returns the defaults for a service that nobody has named.
    pub(super) fn unnamed() -> Self {
        let mut config = Self::new(default_service_name());
        config.remember();
        config
    }

    /// Returns the configuration that replaces a file which cannot be used: nothing is recorded.
    pub(crate) fn in_place_of_file() -> Self {
        let mut config = Self::unnamed();
        config.enabled = false;
        let variable = if config_file().is_some() { CONFIG_FILE } else { DOCUMENT };
        config.sources.note("enabled", Source::Variable(variable));
        config.remember();
        config
    }
}

fn default_service_name() -> String {
    // The executable of each function is called `bootstrap`.
    let function = environment::variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    if !function.is_empty() {
        return function.chars().take(MAX_NAME).collect();
    }
    let path = env::current_exe().ok();
    let name = path.as_ref().and_then(|path| path.file_name());
    unknown_service(name.map(|name| name.to_string_lossy()).as_deref())
}

/// Returns the [default](https://opentelemetry.io/docs/specs/semconv/resource/#service) name of a service,
/// truncated to the maximum length of a name.
fn unknown_service(executable: Option<&str>) -> String {
    let name = match executable {
        Some(name) if !name.is_empty() => format!("unknown_service:{name}"),
        _ => "unknown_service".to_owned(),
    };
    name.chars().take(MAX_NAME).collect()
}

/// Returns the beginning of an error message about a file.
pub(crate) fn context(path: &Path) -> String {
    format!("the configuration file `{}`", path.display())
}

fn of_variable(name: &str) -> impl FnOnce(Error) -> Error {
    move |error| error.within(&format!("`{name}`"))
}

pub(crate) fn config_file() -> Option<PathBuf> {
    path(CONFIG_FILE)
}

/// Returns the path in a variable, unless it is blank.
fn path(variable: &'static str) -> Option<PathBuf> {
    misspelled::know(variable);
    let path = environment::variable_os(variable)?;
    let path = path.to_str().map_or_else(|| path.clone().into(), |path| PathBuf::from(path.trim()));
    Some(path).filter(|path| !path.as_os_str().is_empty())
}

/// Returns whether `OTEL_SDK_DISABLED` disables telemetry. The variable has no effect with a configuration file.
pub(crate) fn is_disabled() -> bool {
    config_file().is_none() && take("OTEL_SDK_DISABLED", word(&BOOLEANS)).unwrap_or(false)
}

/// Whether `FLOE_EXPLAIN_CONFIG` asks for the effective configuration.
pub(crate) fn is_explained() -> bool {
    take("FLOE_EXPLAIN_CONFIG", word(&BOOLEANS)).unwrap_or(false)
}

/// Returns whether a variable is set and not blank, even if its value is invalid.
pub(crate) fn is_set(name: &str) -> bool {
    environment::variable(name).is_ok_and(|text| !text.trim().is_empty())
}

/// Whether `FLOE_LOG_LEVEL` has valid levels, which override `RUST_LOG`.
#[cfg(feature = "subscriber")]
pub(crate) fn has_log_levels() -> bool {
    take("FLOE_LOG_LEVEL", parse_levels).is_some()
}

#[cfg(feature = "subscriber")]
pub(crate) fn rust_log() -> Option<Vec<super::filter::Directive>> {
    let directives = take_list("RUST_LOG", super::filter::directive);
    say_held(false);
    directives.filter(|directives| !directives.is_empty())
}

/// Warns about a variable.
fn warn_about(name: &str, message: &str, consequence: &str) {
    warnings::hold(format!("{name}: {message}; {consequence}"), false);
}

/// Returns the text of a variable. `None` if it is not set or blank, which the specification treats as not set.
///
/// # Errors
///
/// The text is not UTF-8.
fn text_of(name: &'static str) -> Result<Option<String>, String> {
    misspelled::know(name);
    match environment::variable(name) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err("the value is not UTF-8, expected UTF-8".to_owned()),
    }
}

fn ignored(name: &str, message: &str) {
    warn_about(name, message, "the variable is ignored");
}

/// Returns the value of a variable. `None` if it is not set.
///
/// # Errors
///
/// The value is invalid.
fn parsed<T>(
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    text_of(name)?.map(|text| parse(&text)).transpose()
}

/// Returns the value of a variable that decides only how well telemetry is sent. `None` if it is not set or invalid.
fn take<T>(name: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
    parsed(name, parse).unwrap_or_else(|message| {
        ignored(name, &message);
        None
    })
}

impl TelemetryConfig {
    /// Returns the value of a variable that decides where, to whom, with what trust or how much is sent. `None` if it is
    /// not set, or invalid and therefore refused.
    fn decided<T>(
        &mut self,
        (setting, signal): (Decisive, Option<Signal>),
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = parsed(name, parse).unwrap_or_else(|message| {
            self.refuse((setting, signal), name, &message);
            None
        });
        if value.is_some() {
            self.note(name);
        }
        value
    }
}

/// Returns the valid entries of a comma-separated list. `None` if the variable is not set, or has only invalid entries.
fn take_list<T>(name: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Option<Vec<T>> {
    take_partly(name, |text| parse_list(text, parse))
}

/// Returns the valid part of a variable's value, and warns about the rest.
fn take_partly<T>(
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<(T, Vec<String>), String>,
) -> Option<T> {
    let (value, refused) = take(name, parse)?;
    for message in refused {
        warn_about(name, &message, "the entry is ignored");
    }
    Some(value)
}

/// Returns the valid entries of a comma-separated list, and the problems of the first invalid ones. Fails if
/// there are only invalid entries.
fn parse_list<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<(Vec<T>, Vec<String>), String> {
    let mut entries = Vec::new();
    let refused = for_each_entry(text, &mut |entry| {
        entries.push(parse(entry)?);
        Ok(())
    })?;
    entries.truncate(MAX_ENTRIES);
    Ok((entries, refused))
}

/// Takes the entries of a list until one too many is valid, and returns the problems of the first invalid ones.
fn for_each_entry(
    text: &str,
    take: &mut dyn FnMut(&str) -> Result<(), String>,
) -> Result<Vec<String>, String> {
    let mut valid = 0;
    let mut refused = Vec::new();
    let is_single = parse::entries(text).nth(1).is_none();
    for (entry, number) in parse::entries(text).zip(1..) {
        match take(entry) {
            Ok(()) if valid == MAX_ENTRIES => {
                refused.push(format!("expected at most {MAX_ENTRIES} entries, found more"));
                break;
            }
            Ok(()) => valid += 1,
            Err(message) if is_single => return Err(message),
            Err(message) if refused.len() < MAX_REFUSED => {
                refused.push(format!("entry {number}: {message}"));
            }
            Err(_) => {}
        }
    }
    if valid == 0 && !refused.is_empty() {
        return Err(refused.join("; "));
    }
    Ok(refused)
}

/// Keeps the first of equal entries.
pub(super) fn unique<T: PartialEq>(entries: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut unique = Vec::new();
    for entry in entries {
        if !unique.contains(&entry) {
            unique.push(entry);
        }
    }
    unique
}

/// Applies the attributes of the resource and the name of the service
/// ([resource](https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable)).
fn resource(config: &mut TelemetryConfig) {
    const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
    let resource = &mut config.resource_attributes;
    let paths = take_partly(ATTRIBUTES, |text| {
        if let Some(problem) = parse::suspicion(text) {
            warn_about(ATTRIBUTES, &problem, "the value is used as it is");
        }
        let ((), refused) = parse_resource_attributes(text, resource)?;
        let paths =
            parse::pairs(text)?.iter().map(|(key, _)| ResourceAttributes::path(key)).collect();
        Ok((paths, refused))
    });
    let paths: Vec<String> = paths.unwrap_or_default();
    for path in paths {
        config.sources.note(path, Source::Variable(ATTRIBUTES));
    }
    service_name(config);
}

pub(super) fn service_name(config: &mut TelemetryConfig) {
    const NAME: &str = OTEL_SERVICE_NAME;
    config.set(
        NAME,
        |it| &mut it.resource_attributes.service_name,
        |text| {
            if let Err(message) = check_name(text) {
                warn_about(NAME, &message, "the rest of the name is ignored");
            } else if let Some(problem) = parse::unfinished(text) {
                warn_about(NAME, &problem, "the name is used as it is");
            }
            Ok(text.chars().take(MAX_NAME).collect())
        },
    );
}

/// Adds attributes to the resource, and returns the problems of the attributes that are ignored.
///
/// # Errors
///
/// The list cannot be decoded, and is ignored as a whole.
pub fn parse_resource_attributes(
    text: &str,
    resource: &mut ResourceAttributes,
) -> Result<((), Vec<String>), String> {
    let pairs = parse::pairs(text)?;
    let value_of = |key| pairs.iter().rfind(|(other, _)| other == key);
    if let Some((_, environment)) = value_of(DEPLOYMENT_ENVIRONMENT) {
        // This key is deprecated; `deployment.environment.name` takes precedence below.
        resource.deployment_environment = Some(environment.clone());
    }
    let mut refused = Vec::new();
    for (key, value) in pairs {
        if let Err(message) = resource.set(key.clone(), value) {
            refused.push(format!("{key}: {message}"));
        }
    }
    refused.truncate(MAX_REFUSED);
    Ok(((), refused))
}

/// Applies the resource detectors: their names, `all` or `none`.
fn detection(config: &mut TelemetryConfig) {
    let every = ResourceDetector::every().into_iter();
    let mut words: Vec<_> = every.map(|(name, detector)| (name, vec![detector])).collect();
    words.push(("all", ResourceDetector::all()));
    words.push(("none", Vec::new()));
    let detectors = take_list("FLOE_RESOURCE_DETECTORS", |text| {
        let detectors = word(&words)(text)?;
        for detector in &detectors {
            detector.registered()?;
        }
        Ok(detectors)
    });
    if let Some(detectors) = detectors {
        config.detectors = unique(detectors.into_iter().flatten());
        config.note("FLOE_RESOURCE_DETECTORS");
    }
}

fn logging(config: &mut TelemetryConfig) {
    config.set(
        "FLOE_LOG_LEVEL",
        |it| &mut it.logging.log_level,
        |text| parse_levels(text).map(|_| text.to_owned()),
    );
    let words =
        [&BOOLEANS[..], &[("1", true), ("0", false), ("yes", true), ("no", false)]].concat();
    config.set("FLOE_LOG_JSON", |it| &mut it.logging.json_output, word(&words));
    config.set("FLOE_LOG_OUTPUT", |it| &mut it.logging.output, word(LogOutput::ALL));
    let records = (Decisive::Records, Some(Signal::Logs));
    if let Some(export) = config.decided(records, "FLOE_LOG_EXPORT", LogExportConfig::parse) {
        config.logging.export = export;
    }
    let patterns = take_list("FLOE_LOG_SPAN_ATTRIBUTES", |pattern| {
        check_span_attribute(pattern).map(|()| pattern.to_owned())
    });
    if let Some(patterns) = patterns {
        config.logging.span_attributes = unique(patterns);
        config.note("FLOE_LOG_SPAN_ATTRIBUTES");
    }
}

fn span_filter(config: &mut TelemetryConfig) {
    let filter = config.decided((Decisive::Filter, TRACES), "FLOE_SPAN_FILTER", parse_filter);
    if filter.is_some() {
        config.sampling.filter = filter;
    }
}

/// Applies the output of panics. An invalid value may have asked for redaction.
fn panics(config: &mut TelemetryConfig) {
    const NAME: &str = "FLOE_PANIC_OUTPUT";
    let output = parsed(NAME, word(PanicOutput::ALL)).unwrap_or_else(|message| {
        warn_about(NAME, &message, "messages of panics are redacted");
        Some(PanicOutput::Redacted)
    });
    if let Some(output) = output {
        config.panic_output = output;
        config.note(NAME);
    }
}

fn sampling(config: &mut TelemetryConfig) {
    const ARG: &str = "OTEL_TRACES_SAMPLER_ARG";
    let setting = (Decisive::Sampler, TRACES);
    let needs_parent_based = config.sampling.has_tail();
    let sampler = config.decided(setting, "OTEL_TRACES_SAMPLER", |text| {
        let sampler = word(Sampler::ALL)(text)?;
        if needs_parent_based && !sampler.is_parent_based() {
            return Err(format!("found `{text}`: {NOT_PARENT_BASED}"));
        }
        Ok(sampler)
    });
    if sampler.is_some() {
        config.sampling.sampler = sampler;
        config.sampling.sampler_arg = None;
    }
    if sampler.is_some_and(Sampler::has_ratio) {
        let ratio = config.decided(setting, ARG, parse::ratio);
        config.sampling.sampler_arg = ratio;
        return;
    }
    // The specification uses the argument only with a sampler.
    take(ARG, |_| -> Result<(), String> {
        let sampler = sampler.map_or("none", Sampler::as_str);
        let held = config.sampling_ratio();
        Err(format!(
            "expected `traceidratio` or `parentbased_traceidratio` in `OTEL_TRACES_SAMPLER`, found {sampler}; the ratio is {held}"
        ))
    });
}

fn propagators(config: &mut TelemetryConfig) {
    const NAME: &str = OTEL_PROPAGATORS;
    let words = Propagator::words();
    let known = word(&words);
    let format = |text: &str| {
        if text.eq_ignore_ascii_case(XRAY) { Ok(Err(XRAY)) } else { known(text).map(Ok) }
    };
    let Some(listed) = take_list(NAME, format).map(unique) else {
        return;
    };
    let mut chosen: Vec<_> = listed.iter().filter_map(|it| it.ok()).collect();
    if chosen.len() > 1 && chosen.contains(&None) {
        chosen.retain(Option::is_some);
        let message = "expected `none` alone, found `none` together with another format";
        warn_about(NAME, message, "the entry is ignored");
    }
    if chosen.len() < listed.len() {
        let is_alone = chosen.is_empty();
        config.sources.xray = if is_alone { XrayRequest::Alone } else { XrayRequest::BesideOthers };
    }
    if !chosen.is_empty() {
        config.propagators = chosen.into_iter().flatten().collect();
        config.note(NAME);
    }
}

impl TelemetryConfig {
    /// Obeys a variable that asks for X-Ray's format, or warns that the program has not added it.
    pub(crate) fn settle_xray(&mut self, is_added: bool) {
        let request = std::mem::take(&mut self.sources.xray);
        if request == XrayRequest::Alone && is_added && self.propagators == Propagator::DEFAULT {
            self.propagators.clear();
        }
        if request != XrayRequest::None && !is_added {
            warn_about(
                OTEL_PROPAGATORS,
                "expected `.with_propagator(floe_telemetry_aws::XrayPropagator::new())` in code for `xray`, found none",
                "the entry is ignored",
            );
        }
    }
}

/// Applies the exporters of each signal. Unknown ones are left out, also if no other one remains.
fn exporters(config: &mut TelemetryConfig) {
    for (name, signal) in names::EXPORTERS.into_iter().zip(Signal::ALL) {
        let known = |text: &str| {
            let kind = word(&ExporterKind::of(signal))(text)?;
            kind.registered().map(|_| kind)
        };
        let listed = parsed(name, |text| parse_list(text, known)).map(Option::unzip);
        let (mut chosen, mut refused) = match listed {
            Ok((None, _)) => continue,
            Ok((chosen, refused)) => {
                (unique(chosen.unwrap_or_default()), refused.unwrap_or_default())
            }
            Err(message) => (Vec::new(), vec![message]),
        };
        if chosen.len() > 1 && chosen.contains(&ExporterKind::None) {
            let message = "expected `none` alone, found `none` together with another exporter";
            refused.push(message.to_owned());
            chosen.clear();
        }
        if chosen.is_empty() && !refused.is_empty() {
            chosen.push(ExporterKind::None);
        }
        *config.exporters.of_mut(signal) = Some(chosen);
        config.note(name);
        if !refused.is_empty() {
            config.refuse((Decisive::Exporters, Some(signal)), name, &refused.join("; "));
        }
    }
}

fn metrics(config: &mut TelemetryConfig) {
    config.set(
        "OTEL_METRIC_EXPORT_INTERVAL",
        |it| &mut it.metrics.export_interval_millis,
        |text| millis(text, 1),
    );
    config.set("OTEL_METRIC_EXPORT_TIMEOUT", |it| &mut it.metrics.export_timeout_millis, timeout);
    config.set(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        |it| &mut it.metrics.temporality,
        word(MetricTemporality::ALL),
    );
    config.set(
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        |it| &mut it.metrics.histograms,
        word(&HistogramKind::ALL),
    );
    config.set(
        "OTEL_EXPORTER_PROMETHEUS_HOST",
        |it| &mut it.metrics.prometheus.host,
        |host| match check_host(host) {
            Ok(()) => Ok(host.to_owned()),
            Err(message) => Err(format!("found `{host}`, {message}")),
        },
    );
    config.set(
        "OTEL_EXPORTER_PROMETHEUS_PORT",
        |it| &mut it.metrics.prometheus.port,
        number(1, u16::MAX.into()),
    );
}

/// Applies the limits. The variables for spans take precedence over the general ones.
fn limits(config: &mut TelemetryConfig) {
    for name in ["OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"] {
        config.set(name, |it| &mut it.limits.attribute_count, number(0, MAX_SPAN_COUNT.into()));
    }
    for name in ["OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT"] {
        config.fill(name, |it| &mut it.limits.attribute_value_length, number(0, u64::MAX));
    }
}

/// Applies the queue and the batches of a signal
/// ([batch processors](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor)).
fn batches<const DELAY: u64>(
    [queue, batch, pause, longest]: names::Batches,
    config: &mut TelemetryConfig,
    of: fn(&mut TelemetryConfig) -> &mut BatchProcessorConfig<DELAY>,
) {
    config.set(queue, |it| &mut of(it).max_queue_size, number(1, MAX_QUEUE_SIZE as u64));
    let is_set = config.set(batch, |it| &mut of(it).max_export_batch_size, number(1, u64::MAX));
    let own = of(config);
    let found = own.max_export_batch_size;
    let most = own.max_queue_size;
    own.max_export_batch_size = found.min(most);
    if found > most && is_set {
        let message =
            format!("expected at most the size of the queue, which is {most}, found `{found}`");
        warn_about(batch, &message, "the size of the queue is used");
    }
    if found > most
        && !is_set
        && let Some(path) = names::path_of(batch)
    {
        config.sources.note(path, Source::Variable(queue));
    }
    config.set(pause, |it| &mut of(it).schedule_delay_millis, delay);
    config.set(longest, |it| &mut of(it).export_timeout_millis, timeout);
}

/// Parses the delay of a batch in milliseconds. 0 becomes the shortest delay.
fn delay(text: &str) -> Result<u64, String> {
    let millis = millis(text, 0)?;
    Ok(millis.max(AT_ONCE))
}

/// Parses a timeout in milliseconds, in which 0 means no limit.
fn timeout(text: &str) -> Result<u64, String> {
    let millis = millis(text, 0)?;
    Ok(without_limit(millis))
}

fn protocol(name: &str, text: &str) -> Result<OtlpProtocol, String> {
    if text == "http/json" {
        let message = "expected `http/protobuf`, found `http/json`";
        warn_about(name, message, "requests are in protobuf");
        // Receivers of OTLP over HTTP decode protobuf, too.
        return Ok(OtlpProtocol::Http);
    }
    word(&OtlpProtocol::ALL)(text)
}

/// Applies the settings of the OTLP exporter, for one signal or for all
/// ([specification](https://opentelemetry.io/docs/specs/otel/protocol/exporter/)).
fn otlp(signal: Option<Signal>, config: &mut TelemetryConfig) {
    let name = |setting: &str| names::otlp(signal, setting).unwrap_or_default();

    let protocol = config.decided((Decisive::Protocol, signal), name("PROTOCOL"), |text| {
        protocol(name("PROTOCOL"), text)
    });
    let endpoint = endpoint(signal, config);
    match signal {
        None => {
            config.otlp_protocol = protocol.or(config.otlp_protocol);
            if endpoint.is_some() {
                config.otlp_endpoint = endpoint;
                "otlp".clone_into(&mut config.backend);
                config.sources.note("backend", Source::Variable(name("ENDPOINT")));
            }
        }
        Some(signal) => {
            let own = config.otlp.signal_mut(signal);
            own.protocol = protocol.or(own.protocol);
            own.endpoint = endpoint.or(own.endpoint.take());
        }
    }
    let headers = config.decided((Decisive::Headers, signal), name("HEADERS"), |text| {
        let problem = parse::unfinished_entry(text).or_else(|| parse::wrong_escape(text));
        if let Some(problem) = problem {
            warn_about(name("HEADERS"), &problem, "the value is used as it is");
        }
        parse_headers(text)
    });
    if let Some(headers) = headers {
        config.otlp.options_mut(signal).headers = headers;
    }
    config.fill(name("TIMEOUT"), |it| &mut it.otlp.options_mut(signal).timeout_millis, timeout);
    let compression = word(Compression::ALL);
    config.fill(
        name("COMPRESSION"),
        |it| &mut it.otlp.options_mut(signal).compression,
        compression,
    );
    // The exporter reads the files, and is left out if it cannot.
    let mut file = |setting| {
        let file = path(name(setting));
        file.inspect(|_| config.note(name(setting)))
    };
    let [certificate, client, key] =
        ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"].map(&mut file);
    let options = config.otlp.options_mut(signal);
    options.certificate = certificate.or(options.certificate.take());
    let certificate = client.or(options.client_certificate.clone());
    let key = key.or(options.client_key.clone());
    let alone = match (&certificate, &key) {
        (Some(_), None) => "CLIENT_CERTIFICATE",
        (None, Some(_)) => "CLIENT_KEY",
        _ => {
            (options.client_certificate, options.client_key) = (certificate, key);
            return;
        }
    };
    let message = "the certificate of a client and its key belong together, expected both or none";
    config.refuse((Decisive::Client, signal), name(alone), message);
}

/// Returns the endpoint of a signal or of all. `INSECURE` selects the scheme of an endpoint without one, and has no other
/// effect.
fn endpoint(signal: Option<Signal>, config: &mut TelemetryConfig) -> Option<String> {
    let name = |setting: &str| names::otlp(signal, setting).unwrap_or_default();
    let all = "OTEL_EXPORTER_OTLP_INSECURE";
    let of = |name| parsed(name, word(&BOOLEANS)).map_err(|message| (name, message));
    let insecure =
        of(name("INSECURE")).and_then(|own| own.map_or_else(|| of(all), |own| Ok(Some(own))));
    let text = text_of(name("ENDPOINT"));
    let insecure = match (insecure, &text) {
        (Ok(insecure), _) => insecure,
        (Err((name, message)), Ok(Some(text))) if authority_start(text).is_none() => {
            config.refuse((Decisive::Endpoint, signal), name, &message);
            return None;
        }
        (Err((invalid, message)), _) => {
            // The variable for all signals has been reported before.
            if invalid == name("INSECURE") {
                ignored(invalid, &message);
            }
            None
        }
    };
    config.decided((Decisive::Endpoint, signal), name("ENDPOINT"), |text| {
        let url = with_scheme(text, insecure);
        endpoint::check(&url)?;
        Ok(url.into_owned())
    })
}

/// Adds the scheme that `insecure` selects to an endpoint without a scheme.
pub(super) fn with_scheme(endpoint: &str, insecure: Option<bool>) -> Cow<'_, str> {
    match insecure {
        Some(insecure) if authority_start(endpoint).is_none() => {
            let scheme = if insecure { "http" } else { "https" };
            Cow::Owned(format!("{scheme}://{endpoint}"))
        }
        _ => endpoint::in_lower_case(endpoint),
    }
}

/// Parses a list of headers. Values may be credentials, so no message quotes them.
///
/// # Errors
///
/// A header is not valid. A request without it could reach another tenant.
pub fn parse_headers(text: &str) -> Result<Headers, String> {
    let header = |text: &str| {
        let (name, value) = parse::pair(text)?;
        auth::check_header_name(&name)?;
        check_header_value(&name, &value)?;
        Ok((name, value.into()))
    };
    let headers = whole(parse_list(text, header))?;
    // One by one, because `collect` brings a sort of its own into the program.
    let mut by_name = Headers::new();
    by_name.extend(headers);
    Ok(by_name)
}

/// Returns the value, or an error if any part of it is invalid.
pub(super) fn whole<T>(parsed: Result<(T, Vec<String>), String>) -> Result<T, String> {
    let (value, refused) = parsed?;
    if refused.is_empty() { Ok(value) } else { Err(refused.join("; ")) }
}

fn check_header_value(name: &str, value: &str) -> Result<(), String> {
    if value.trim_matches('=').is_empty() {
        // The text before `=` may be a credential in base64, which ends with `=` or `==`, so it is not quoted.
        return Err("expected `name=value`, found a header without a value".to_owned());
    }
    secret::check(Some(&value.into()))
        .map_err(|problem| format!("the value of `{name}` {problem}"))?;
    if value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Ok(());
    }
    Err(format!(
        "the value of `{name}` has characters that no header can carry, expected printable ASCII"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_bounded() {
        let numbers: Vec<_> = (0..2000).map(|number| number.to_string()).collect();
        let (entries, refused) =
            parse_list(&numbers.join(","), |text| Ok(text.to_owned())).unwrap();
        assert_eq!(entries, numbers[..1024]);
        assert_eq!(refused, ["expected at most 1024 entries, found more"]);
    }

    #[test]
    fn a_service_without_a_name_is_called_after_its_executable() {
        assert_eq!(unknown_service(Some("orders")), "unknown_service:orders");
        assert_eq!(unknown_service(None), "unknown_service");
        assert_eq!(unknown_service(Some(&"x".repeat(300))).len(), 128);
    }
}
