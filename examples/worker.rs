//! A worker that takes messages from a queue. Each message carries the context of its sender in its headers,
//! so its processing is in the sender's trace; the span of a batch links to all of its senders.
//!
//! ```sh
//! cargo run -p floe-telemetry-examples --bin worker
//! ```
//!
//! The queue is a channel that stands in for Kafka or AMQP, whose messages also have headers.

use std::collections::HashMap;

use floe_telemetry::opentelemetry::Context;
use floe_telemetry::{FloeAttributes, propagation, traced};
use tokio::sync::mpsc;

/// The attributes that the conventions for messages require on each span.
#[derive(FloeAttributes)]
#[floe(prefix = "messaging")]
struct Queue {
    system: &'static str,
    #[floe(key = "messaging.destination.name")]
    destination: &'static str,
}

static ORDERS: Queue = Queue {
    system: "tokio",
    destination: "orders",
};

struct Message {
    headers: HashMap<String, String>,
    pairs: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = floe_telemetry::init()?;
    let (queue, mut messages) = mpsc::channel(100);
    for pairs in [3, 0] {
        send(&queue, pairs).await?;
    }
    drop(queue);

    let mut batch = Vec::new();
    while messages.recv_many(&mut batch, 10).await > 0 {
        receive(std::mem::take(&mut batch));
    }
    Ok(())
}

#[traced(
    name = "send orders",
    kind = producer,
    floe_attributes = ORDERS,
    attributes("messaging.operation.name" = "send", "messaging.operation.type" = "send"),
)]
async fn send(
    queue: &mpsc::Sender<Message>,
    pairs: u32,
) -> Result<(), mpsc::error::SendError<Message>> {
    let headers = propagation::inject_headers();
    queue.send(Message { headers, pairs }).await
}

// In the conventions, receiving is a request to the queue, and processing makes a consumer. A batch is in no sender's
// trace, since a span has only one parent.
#[traced(
    name = "receive orders",
    kind = client,
    root,
    links = senders(&batch),
    floe_attributes = ORDERS,
    attributes(
        "messaging.operation.name" = "receive",
        "messaging.operation.type" = "receive",
        "messaging.batch.message_count" = batch.len(),
    ),
)]
fn receive(batch: Vec<Message>) {
    for message in batch {
        if let Err(error) = process(&message) {
            tracing::warn!(error, "the order was refused");
        }
    }
}

fn senders(batch: &[Message]) -> Vec<Context> {
    let headers = batch.iter().map(|message| &message.headers);
    headers.map(propagation::extract_context).collect()
}

#[traced(
    name = "process orders",
    kind = consumer,
    parent = message.headers,
    floe_attributes = ORDERS,
    attributes(
        "messaging.operation.name" = "process",
        "messaging.operation.type" = "process",
        pairs = message.pairs,
    ),
)]
fn process(message: &Message) -> Result<(), &'static str> {
    match message.pairs {
        0 => Err("no pairs of shoes"),
        _ => Ok(()),
    }
}
