//! The body of a gRPC request, without a copy of its message: tonic's encoder copies each message.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tonic::body::Body;
use tonic::codegen::http::Request;
use tower_service::Service;

/// The message of a request, as an extension of the request.
#[derive(Clone, Debug)]
pub(super) struct Message(pub(super) Bytes);

/// Sends requests with the body that their [`Message`] makes, if they have one.
#[derive(Clone, Debug)]
pub(super) struct MessageService<S>(pub(super) S);

impl<S: Service<Request<Body>>> Service<Request<Body>> for MessageService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(Message(message)) = request.extensions_mut().remove() {
            *request.body_mut() = Body::new(MessageBody::new(message));
        }
        self.0.call(request)
    }
}

/// The [prefix](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests) of a message that is
/// not compressed, and the message.
#[derive(Debug)]
struct MessageBody([Bytes; 2]);

impl MessageBody {
    fn new(message: Bytes) -> Self {
        // A request is far smaller than 4 GiB.
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let [a, b, c, d] = length.to_be_bytes();
        Self([Bytes::copy_from_slice(&[0, a, b, c, d]), message])
    }
}

impl HttpBody for MessageBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.0.iter_mut().find(|part| !part.is_empty());
        Poll::Ready(next.map(|part| Ok(Frame::data(mem::take(part)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.iter().all(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|part| part.len() as u64).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_the_prefix_and_the_message_itself() {
        let message = Bytes::from(vec![7; 300]);
        let mut body = MessageBody::new(message.clone());
        assert_eq!(body.size_hint().exact(), Some(305));
        let mut frames = Vec::new();
        let mut context = Context::from_waker(std::task::Waker::noop());
        while !body.is_end_stream() {
            match Pin::new(&mut body).poll_frame(&mut context) {
                Poll::Ready(Some(Ok(frame))) => frames.push(frame.into_data().unwrap()),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(frames, [&[0, 0, 0, 1, 44][..], &message]);
        assert_eq!(frames[1].as_ptr(), message.as_ptr(), "it was copied");
        let end = Pin::new(&mut body).poll_frame(&mut context);
        assert!(matches!(end, Poll::Ready(None)));
    }

    #[test]
    fn an_empty_message_has_a_prefix() {
        let body = MessageBody::new(Bytes::new());
        assert!(!body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(5));
    }
}
