//! Tests of clients that need no process-wide state.

#![expect(clippy::expect_used, reason = "a panic fails the test")]

mod amqp;
mod kafka;
mod nats;
mod postgres;
mod sqlx;

use floe_telemetry_sqlx::TracedPool;
