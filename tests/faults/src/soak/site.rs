//! A receiver behind a relay. Each of them can fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use floe_telemetry::config::OtlpProtocol;
use floe_tests::{Code, Receiver, Response, Value};

use super::faults::Fault;
use super::load::NUMBER;
use crate::receivers::{Plan, Relay};
use crate::scenario::receiver;

const DELAY: Duration = Duration::from_millis(400);

/// The number of spans after which a receiver is replaced, because it stores its requests.
const MAX_STORED: usize = 20_000;

/// The number of bytes after which a connection is reset.
const RESET_AFTER: usize = 1500;

/// The time for which a request may still run after its connection was closed.
const LAST_REQUEST: Duration = Duration::from_millis(200);

pub(crate) struct Site {
    protocol: OtlpProtocol,
    relay: Relay,
    receiver: Receiver,
    resets: Arc<AtomicBool>,
    /// For each number of a span, whether the span was accepted.
    accepted: Vec<bool>,
}

impl Site {
    pub(crate) fn new(protocol: OtlpProtocol) -> Self {
        let receiver = receiver(protocol);
        let resets = Arc::<AtomicBool>::default();
        let is_reset = Arc::clone(&resets);
        let relay = Relay::with(receiver.port(), move |_| {
            if is_reset.load(Ordering::Relaxed) {
                Plan::ResetAfter(RESET_AFTER)
            } else {
                Plan::Forward
            }
        });

        Self { protocol, relay, receiver, resets, accepted: Vec::new() }
    }

    pub(crate) fn endpoint(&self) -> String {
        self.relay.endpoint()
    }

    /// Ends the previous fault, and begins this one.
    pub(crate) fn set(&mut self, fault: Option<Fault>) {
        self.resets.store(false, Ordering::Relaxed);
        self.relay.delay(Duration::ZERO);
        self.receiver.respond(Response::Ok);
        self.relay.set_receiver(self.receiver.port());
        match fault {
            None => {
                if self.receiver.spans().len() > MAX_STORED {
                    self.restart();
                }
            }
            Some(Fault::Down) => {
                self.relay.set_receiver(0);
                self.relay.disconnect();
            }
            Some(Fault::Slow) => self.relay.delay(DELAY),
            Some(Fault::Unavailable) => self.receiver.respond(self.unavailable()),
            Some(Fault::Reset) => {
                self.resets.store(true, Ordering::Relaxed);
                self.relay.disconnect();
            }
            Some(Fault::Silent) => self.receiver.respond(Response::Hang),
            Some(Fault::Frozen) => self.relay.freeze(),
            Some(Fault::Rejected) => self
                .receiver
                .respond(Response::Partial { rejected: i64::MAX, message: "no room".to_owned() }),
            Some(Fault::Restart) => self.restart(),
        }
    }

    /// Returns the number of distinct spans that were accepted.
    pub(crate) fn accepted(&mut self) -> u64 {
        self.restart();
        self.accepted.iter().filter(|it| **it).count() as u64
    }

    fn restart(&mut self) {
        self.relay.set_receiver(0);
        self.relay.disconnect();
        thread::sleep(LAST_REQUEST);
        for span in self.receiver.spans() {
            let number = span.attributes.get(NUMBER).and_then(Value::as_u64);
            if let Some(number) = number.and_then(|number| usize::try_from(number).ok()) {
                let length = self.accepted.len().max(number + 1);
                self.accepted.resize(length, false);
                self.accepted[number] = true;
            }
        }

        self.receiver = receiver(self.protocol);
        self.relay.set_receiver(self.receiver.port());
    }

    fn unavailable(&self) -> Response {
        match self.protocol {
            OtlpProtocol::Http => Response::Http { status: 503, headers: vec![] },
            _ => Response::Grpc { code: Code::Unavailable, message: "later".to_owned() },
        }
    }
}
