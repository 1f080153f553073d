//! The request of a signal, and the response, which has the same form for all signals.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;

pub(super) enum Export {
    Spans(ExportTraceServiceRequest),
    Points(ExportMetricsServiceRequest),
    Logs(ExportLogsServiceRequest),
}

impl Export {
    /// Decodes a request of the signal in the path. Returns `None` if the body is no such request.
    pub(super) fn decode(path: &str, body: &[u8]) -> Option<Self> {
        let path = path.to_lowercase();
        if path.contains("metrics") {
            Message::decode(body).ok().map(Self::Points)
        } else if path.contains("logs") {
            Message::decode(body).ok().map(Self::Logs)
        } else {
            Message::decode(body).ok().map(Self::Spans)
        }
    }
}

/// Encodes a response. Without a message and rejected items, everything is accepted.
pub(super) fn response(rejected: i64, message: String) -> Vec<u8> {
    let is_partial = rejected != 0 || !message.is_empty();
    let partial = ExportTracePartialSuccess { rejected_spans: rejected, error_message: message };
    let partial_success = is_partial.then_some(partial);
    ExportTraceServiceResponse { partial_success }.encode_to_vec()
}
