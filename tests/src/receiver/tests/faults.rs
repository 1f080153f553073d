//! Responses other than success, timeouts, and the shutdown of a receiver.

use std::io::{ErrorKind, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use prost::Message as _;
use tonic::Code;

use super::fixture::{expected, request};
use super::{POST, PROTOBUF, SOON, answer, export, export_within, send};
use crate::{Receiver, Response};

/// Long enough for a response to arrive if there were one.
const A_WHILE: Duration = Duration::from_millis(200);

fn throttled() -> Response {
    Response::Http { status: 503, headers: vec![("retry-after".to_owned(), "7".to_owned())] }
}

/// The panic message of `action`.
fn panic_message(action: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(action)).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[test]
fn an_http_status_is_returned_until_it_is_changed() {
    let receiver = Receiver::http();
    receiver.respond(throttled());
    let body = request().encode_to_vec();
    for _ in 0..2 {
        let text = answer(&receiver, POST, PROTOBUF, &body);
        assert!(text.starts_with("HTTP/1.1 503 "), "{text}");
        assert!(text.contains("retry-after: 7\r\n"), "{text}");
    }
    assert_eq!(receiver.spans(), []);

    receiver.respond(Response::Ok);
    answer(&receiver, POST, PROTOBUF, &body);
    assert_eq!(receiver.spans(), expected());
    assert_eq!(receiver.requests().len(), 3);
}

#[test]
fn a_grpc_code_or_an_http_status_is_returned_over_grpc() {
    let receiver = Receiver::grpc();
    receiver.respond(Response::Grpc { code: Code::ResourceExhausted, message: "later".to_owned() });
    let status = export(&receiver).unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::ResourceExhausted, "later"));

    receiver.respond(throttled());
    assert_eq!(export(&receiver).unwrap_err().code(), Code::Unavailable);
    assert_eq!(receiver.spans(), []);
    assert_eq!(receiver.requests().len(), 2);
}

#[test]
fn an_impossible_response_is_rejected_immediately() {
    let receiver = Receiver::http();
    let code = Response::Grpc { code: Code::Internal, message: String::new() };
    let message = panic_message(|| receiver.respond(code));
    assert!(message.contains("cannot answer Grpc"), "{message}");
    let status = Response::Http { status: 7, headers: vec![] };
    panic_message(|| receiver.respond(status));
}

#[test]
fn hang_accepts_over_http_and_does_not_answer() {
    let receiver = Receiver::http();
    receiver.respond(Response::Hang);
    let mut stream = send(&receiver, POST, PROTOBUF, &request().encode_to_vec());
    receiver.wait_for_requests(1, SOON);

    stream.set_read_timeout(Some(A_WHILE)).unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    assert_eq!(receiver.spans(), []);

    // The receiver closes the connection when it is dropped.
    drop(receiver);
    stream.set_read_timeout(Some(SOON)).unwrap();
    let ended = stream.read(&mut [0]);
    assert!(
        matches!(&ended, Ok(0)) || ended.as_ref().unwrap_err().kind() == ErrorKind::ConnectionReset,
        "{ended:?}"
    );
}

#[test]
fn hang_accepts_over_grpc_and_does_not_answer() {
    let receiver = Receiver::grpc();
    receiver.respond(Response::Hang);
    let status = export_within(&receiver, A_WHILE).unwrap_err();
    // The client reports its own timeout.
    assert_eq!(status.code(), Code::Cancelled);
    assert_eq!(receiver.wait_for_requests(1, SOON).len(), 1);
    assert_eq!(receiver.spans(), []);
}

#[test]
fn a_timeout_lists_what_arrived() {
    let receiver = Receiver::http();
    answer(&receiver, POST, PROTOBUF, &request().encode_to_vec());
    answer(&receiver, "POST /v1/trace", PROTOBUF, b"");
    let message = panic_message(|| drop(receiver.wait_for_spans(3, A_WHILE)));
    for part in
        ["for 3 spans: 2 spans arrived", "  load", "bare", "/v1/traces (", "/v1/trace (0 bytes)"]
    {
        assert!(message.contains(part), "{part} in {message}");
    }
    let message = panic_message(|| drop(receiver.wait_for_requests(3, A_WHILE)));
    assert!(message.contains("for 3 requests"), "{message}");
}

#[test]
fn spans_that_arrive_later_end_the_wait() {
    let receiver = Receiver::grpc();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| receiver.wait_for_spans(4, SOON).len());
        export(&receiver).unwrap();
        export(&receiver).unwrap();
        assert_eq!(waiting.join().unwrap(), 4);
    });
}
