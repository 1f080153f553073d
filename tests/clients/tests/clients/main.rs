//! Clients whose spans need no state of the process.

#![expect(clippy::expect_used, reason = "a panic fails the test")]

mod amqp;
mod kafka;
mod nats;
mod postgres;
mod sqlx;
