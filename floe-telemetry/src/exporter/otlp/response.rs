//! What a receiver answers, in the terms of the OTLP specification
//! ([response](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response)).

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

/// Bytes of an answer that are read.
pub(super) const MAX_RESPONSE: usize = 4 * 1024 * 1024;

/// What became of a request.
#[derive(Debug)]
pub(super) enum Answer {
    /// Taken, maybe in part.
    Taken,
    /// To be sent again, not before this time if the receiver names one.
    Again {
        reason: String,
        after: Option<Duration>,
    },
    /// Refused for good.
    Refused(String),
}

/// Reads the message of a receiver that has taken the request.
pub(super) fn taken(body: &[u8]) -> Answer {
    let partial = ExportTraceServiceResponse::decode(body)
        .ok()
        .and_then(|response| response.partial_success);
    match partial {
        // Never sent again: the receiver keeps what it has taken.
        Some(partial) if partial.rejected_spans > 0 => Answer::Refused(format!(
            "the receiver rejected {} spans of a batch: {}",
            partial.rejected_spans, partial.error_message,
        )),
        Some(partial) if !partial.error_message.is_empty() => {
            let message = crate::sanitizer::sanitize_error_message(&partial.error_message);
            tracing::warn!(%message, "the OTLP receiver has a remark");
            Answer::Taken
        }
        _ => Answer::Taken,
    }
}

/// The error and its causes: the outermost says nothing but that there was one.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
