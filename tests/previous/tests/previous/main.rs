//! The tests of other packages, with the versions of this one.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a panic fails the test")]

#[path = "../../../services/src/in_context.rs"]
#[expect(dead_code, reason = "one of its two constructors")]
mod in_context;
mod opentelemetry;
#[path = "../../../clients/tests/clients/sea_orm.rs"]
mod sea_orm;
#[path = "../../../clients/tests/clients/sqlx.rs"]
mod sqlx;
#[path = "../../../services/tests/frameworks/trace_id.rs"]
mod trace_id;

use ::sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, ExecResult, Statement};
use floe_telemetry_http::reqwest_0_12::HttpClientMiddleware;
use floe_telemetry_sqlx::sqlx_0_8::{TracedPool, TracedTransaction};

use self::in_context::InContext;

async fn execute(
    connection: &DatabaseConnection,
    statement: Statement,
) -> Result<ExecResult, DbErr> {
    connection.execute(statement).await
}
