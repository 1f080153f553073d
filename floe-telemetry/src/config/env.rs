//! The only place that reads the environment.

use std::env;

#[cfg(feature = "_otlp")]
use percent_encoding::percent_decode_str;

use super::{BatchSpanProcessorConfig, OtlpProtocol, TelemetryConfig};
use crate::error::Error;

/// A variable that is set and not blank; the specification treats blank as unset.
fn variable(name: &str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value.trim().to_owned())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Error::config(format!("{name}: the value is not UTF-8")))
        }
    }
}

/// The first of the variables that is set, with its name.
fn first_of(names: [&'static str; 2]) -> Result<Option<(&'static str, String)>, Error> {
    for name in names {
        if let Some(value) = variable(name)? {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

/// `OTEL_SDK_DISABLED=true`, in any case, switches everything off; any other value does not
/// ([specification](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)).
pub(crate) fn is_disabled() -> Result<bool, Error> {
    Ok(variable("OTEL_SDK_DISABLED")?.is_some_and(|value| value.eq_ignore_ascii_case("true")))
}

/// The headers that are sent with OTLP, `key=value,key=value` in the form of W3C baggage.
#[cfg(feature = "_otlp")]
pub(crate) fn otlp_headers() -> Result<Vec<(String, String)>, Error> {
    let Some((name, text)) = first_of([
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        "OTEL_EXPORTER_OTLP_HEADERS",
    ])?
    else {
        return Ok(Vec::new());
    };
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| {
            // The pair may be a credential, so the message does not repeat it.
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                Error::config(format!(
                    "{name}: an entry has no `=`: accepted is `key=value,key=value`"
                ))
            })?;
            let value = percent_decode_str(value.trim()).decode_utf8_lossy();
            Ok((key.trim().to_owned(), value.into_owned()))
        })
        .collect()
}

/// A variable that carries context. What is not text carries none.
pub(crate) fn context_variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Whether colours are unwanted (<https://no-color.org>), or the terminal has none.
pub(crate) fn wants_no_color() -> bool {
    env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|value| value == "dumb")
}

impl TelemetryConfig {
    /// The defaults, changed by the environment:
    ///
    /// | variable | meaning | default |
    /// |---|---|---|
    /// | `OTEL_SDK_DISABLED` | `true` switches everything off | `false` |
    /// | `OTEL_SERVICE_NAME` | `service.name` | `floe-platform` |
    /// | `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | where OTLP is sent; the second wins | none: no OTLP |
    /// | `OTEL_EXPORTER_OTLP_PROTOCOL`, `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` | `grpc` or `http/protobuf`; the second wins | `grpc` |
    /// | `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_TRACES_HEADERS` | headers, `key=value,key=value` | none |
    /// | `OTEL_BSP_MAX_QUEUE_SIZE` | `batch_processor.max_queue_size` | 2048 |
    /// | `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` | `batch_processor.max_export_batch_size` | 512 |
    /// | `OTEL_BSP_SCHEDULE_DELAY` | milliseconds | 5000 |
    /// | `OTEL_BSP_EXPORT_TIMEOUT` | milliseconds | 30000 |
    ///
    /// # Errors
    ///
    /// A variable has a value that is not accepted.
    pub fn from_env() -> Result<Self, Error> {
        let mut config = Self::new("floe-platform");
        config.apply_env()?;
        Ok(config)
    }

    /// Lets the variables of [`from_env`](Self::from_env) win over what is set so far.
    ///
    /// # Errors
    ///
    /// A variable has a value that is not accepted. Nothing is changed then.
    pub fn apply_env(&mut self) -> Result<(), Error> {
        let mut config = self.clone();
        if is_disabled()? {
            config.enabled = false;
        }
        if let Some(name) = variable("OTEL_SERVICE_NAME")? {
            config.resource_attributes.service_name = name;
            let checked = config.resource_attributes.validate();
            checked.map_err(|error| error.within("OTEL_SERVICE_NAME"))?;
        }
        if let Some((name, endpoint)) = first_of([
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
        ])? {
            super::validate_endpoint(name, &endpoint)?;
            config.otlp_endpoint = endpoint;
            "otlp".clone_into(&mut config.backend);
        }
        if let Some((name, protocol)) = first_of([
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_PROTOCOL",
        ])? {
            config.otlp_protocol = self::protocol(name, &protocol)?;
        }
        batch(&mut config.batch_processor)?;
        config.validate()?;
        *self = config;
        Ok(())
    }
}

fn protocol(name: &str, value: &str) -> Result<OtlpProtocol, Error> {
    match value {
        "grpc" => Ok(OtlpProtocol::Grpc),
        "http/protobuf" => Ok(OtlpProtocol::Http),
        other => Err(Error::config(format!(
            "{name}: unknown protocol `{other}`: accepted are `grpc` and `http/protobuf`"
        ))),
    }
}

fn batch(config: &mut BatchSpanProcessorConfig) -> Result<(), Error> {
    number("OTEL_BSP_MAX_QUEUE_SIZE", &mut config.max_queue_size)?;
    number(
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        &mut config.max_export_batch_size,
    )?;
    number("OTEL_BSP_SCHEDULE_DELAY", &mut config.schedule_delay_millis)?;
    number("OTEL_BSP_EXPORT_TIMEOUT", &mut config.export_timeout_millis)?;
    config
        .validate()
        .map_err(|error| error.within("OTEL_BSP_*"))
}

fn number<T: std::str::FromStr>(name: &str, into: &mut T) -> Result<(), Error> {
    if let Some(value) = variable(name)? {
        *into = value.parse().map_err(|_| {
            Error::config(format!(
                "{name}: found `{value}`: accepted is a whole number"
            ))
        })?;
    }
    Ok(())
}
