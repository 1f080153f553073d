//! The signal of exceptions.

use super::named::choice;

choice! {
    /// The signal that reports an exception: an error that a function returns or `record_exception` records, or a panic.
    ///
    /// OpenTelemetry's conventions name the values and the variable
    /// ([exceptions](https://opentelemetry.io/docs/specs/semconv/exceptions/)). Without an exporter of log records,
    /// exceptions are events of their spans, whatever the value is.
    ///
    /// ```
    /// use floe_telemetry::TelemetryConfig;
    /// use floe_telemetry::config::ExceptionSignal;
    ///
    /// let mut config = TelemetryConfig::new("orders");
    /// config.exceptions = ExceptionSignal::Logs;
    /// ```
    #[derive(Default)]
    ExceptionSignal {
        /// An event of the span (default).
        #[default]
        SpanEvents = "span_events",
        /// A log record. A function whose error comes from a function below it writes none.
        Logs = "logs",
        /// Both.
        LogsAndSpanEvents = "logs/dup",
    }
}
