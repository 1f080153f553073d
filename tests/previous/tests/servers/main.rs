//! Redis before 1 in pools, with a real server. The wrapper is that of floe-telemetry-sql's README. `.ci/services clients`
//! runs it.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::env;

use bb8_redis::bb8;
use floe_telemetry::testing;
use floe_telemetry_sql::Database;
use redis::aio::ConnectionLike;
use redis::{Arg, AsyncCommands, Cmd, Pipeline, RedisError, RedisFuture, RedisResult, Value};

struct Traced<C>(C, Database);

impl<C: ConnectionLike + Send> ConnectionLike for Traced<C> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        let name = match command.args_iter().next() {
            Some(Arg::Simple(name)) => String::from_utf8_lossy(name),
            _ => "_OTHER".into(),
        };
        let query = self.1.operation(&name, || []);
        let sent = self.0.req_packed_command(command);
        Box::pin(query.record(async { sent.await?.extract_error() }, RedisError::code))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let query = self.1.operation("PIPELINE", || []);
        let sent = self.0.req_packed_commands(pipeline, offset, count);
        Box::pin(query.record(sent, RedisError::code))
    }

    fn get_db(&self) -> i64 {
        self.0.get_db()
    }
}

#[tokio::test]
async fn commands_of_pools_have_spans_without_keys_and_values() {
    let url = format!("{}/0", env::var("CLIENTS_REDIS").unwrap());
    let database = Database::new("redis").url(&url);
    let spans = testing::capture_async(async {
        let pool = deadpool_redis::Config::from_url(&*url).create_pool(None).unwrap();
        let wait = database.unmeasured().operation("acquire", || []);
        let connection = wait.record(pool.get(), |_| None).await.unwrap();
        let mut connection = Traced(connection, database.clone());
        connection.set::<_, _, ()>("hunter3", "hunter4").await.unwrap();
        let refused: RedisResult<i64> = connection.incr("hunter3", 1).await;
        assert_eq!(refused.unwrap_err().code(), Some("ERR"));

        let manager = bb8_redis::RedisConnectionManager::new(&*url).unwrap();
        let pool = bb8::Pool::builder().max_size(1).build(manager).await.unwrap();
        let mut connection = Traced(pool.get().await.unwrap().clone(), database.clone());
        let mut pipeline = redis::pipe();
        pipeline.get("hunter3").ignore().del("hunter3");
        let deleted: (i64,) = pipeline.query_async(&mut connection).await.unwrap();
        assert_eq!(deleted, (1,));
        let get = database.operation("GET", || []);
        let mut connection = pool.get().await.unwrap();
        let value: Option<String> =
            get.record(connection.get("hunter3"), RedisError::code).await.unwrap();
        assert_eq!(value, None);
    })
    .await;
    for name in ["acquire 0", "SET 0", "PIPELINE 0", "GET 0"] {
        spans.single(name).assert_attribute("server.address", "127.0.0.1");
    }
    spans.single("INCRBY 0").assert_error("").assert_attribute("db.response.status_code", "ERR");
    assert!(!format!("{spans:?}").contains("hunter"));
}
