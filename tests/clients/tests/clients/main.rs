//! Tests of clients that need no process-wide state.

#![expect(clippy::expect_used, reason = "a panic fails the test")]

mod amqp;
mod kafka;
mod mongodb;
mod mysql;
mod nats;
mod postgres;
mod redis;
mod sea_orm;
mod sqlx;

use ::sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, ExecResult, Statement};
use floe_telemetry_sqlx::{TracedPool, TracedTransaction};

async fn execute(
    connection: &DatabaseConnection,
    statement: Statement,
) -> Result<ExecResult, DbErr> {
    connection.execute_raw(statement).await
}
