//! A worker that takes messages from a queue. Each message carries the context of its sender in its headers, so its
//! processing is in the sender's trace; the span of a batch links to the spans of all senders.
//!
//! ```sh
//! cargo run -p floe-telemetry-examples --bin worker
//! ```
//!
//! The queue is a channel that stands in for Kafka or AMQP, whose messages also have headers.

use std::collections::HashMap;
use std::io;

use floe_telemetry::{FutureExt, propagation};
use floe_telemetry_messaging::Destination;
use tokio::sync::mpsc;

const ORDERS: Destination = Destination::new("tokio", "orders");

struct Message {
    headers: HashMap<String, String>,
    pairs: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = floe_telemetry::init()?;
    let (queue, mut messages) = mpsc::channel(100);
    for pairs in [3, 0] {
        send(&queue, pairs).in_span(ORDERS.send()).await?;
    }

    drop(queue);

    let mut batch = Vec::new();
    while messages.recv_many(&mut batch, 10).await > 0 {
        receive(std::mem::take(&mut batch));
    }

    Ok(())
}

async fn send(
    queue: &mpsc::Sender<Message>,
    pairs: u32,
) -> Result<(), mpsc::error::SendError<Message>> {
    let headers = propagation::inject_headers();
    queue.send(Message { headers, pairs }).await
}

fn receive(batch: Vec<Message>) {
    let headers = batch.iter().map(|message| &message.headers);
    let _span = ORDERS.receive(headers.map(propagation::extract_span_context)).start();
    for message in batch {
        let span = ORDERS.process(&message.headers).attribute("pairs", message.pairs).start();
        if let Err(error) = span.observe(process(&message)) {
            tracing::warn!(%error, "the order was refused");
        }
    }
}

fn process(message: &Message) -> io::Result<()> {
    match message.pairs {
        0 => Err(io::Error::other("no pairs of shoes")),
        _ => Ok(()),
    }
}
