//! The tests of other packages, with the versions of this one.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a panic fails the test")]

#[path = "../../../services/src/in_context.rs"]
#[expect(dead_code, reason = "one of its two constructors")]
mod in_context;
#[path = "../../../services/tests/frameworks/layers.rs"]
mod layers;
mod opentelemetry;
#[path = "../../../clients/tests/clients/sea_orm.rs"]
mod sea_orm;
#[path = "../../../clients/tests/clients/sqlx.rs"]
mod sqlx;
#[path = "../../../services/tests/frameworks/trace_id.rs"]
mod trace_id;

use std::env;
use std::process::Command;

use ::sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, ExecResult, Statement};
use floe_telemetry_http::reqwest_0_12::HttpClientMiddleware;
use floe_telemetry_sqlx::sqlx_0_8::{TracedPool, TracedTransaction};

use self::in_context::InContext;
use self::layers::{LAYERS, layers, serve};

async fn execute(
    connection: &DatabaseConnection,
    statement: Statement,
) -> Result<ExecResult, DbErr> {
    connection.execute(statement).await
}

#[tokio::test]
async fn every_layer_in_a_router_sees_the_route() {
    if env::var_os("LAYERS").is_none() {
        let mut program = Command::new(env::current_exe().unwrap());
        program.args(["--exact", "every_layer_in_a_router_sees_the_route", "--nocapture"]);
        let output = program.env("LAYERS", "all").output().unwrap();
        assert_eq!((&*output.stderr, output.status.code()), (&b""[..], Some(0)));
        return;
    }
    for layer in LAYERS {
        let spans = serve(layers!(axum, BoxCloneService, "/orders/:id", layer)).await;
        assert_eq!(spans.named("GET /orders/:id").count(), 1, "{layer}: {spans:?}");
    }
}
