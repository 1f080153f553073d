//! Spans of commands of MongoDB, with its driver and a server that speaks its protocol.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use floe_telemetry::testing;
use floe_telemetry_nosql::MongoSpans;
use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, ServerApi, ServerApiVersion};
use mongodb::{Client, Collection};
use opentelemetry::trace::SpanKind;

/// Returns the answer to a command, or `None` to close the connection.
fn answer(command: &Document) -> Option<Document> {
    let name = command.keys().next()?;
    Some(match &**name {
        "hello" => doc! {
            "ok": 1, "isWritablePrimary": true, "minWireVersion": 0, "maxWireVersion": 21,
            "maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000,
        },
        "find" => {
            doc! { "ok": 1, "cursor": { "id": 7_i64, "ns": "shop.orders", "firstBatch": [] } }
        }
        "getMore" => {
            doc! { "ok": 1, "cursor": { "id": 0_i64, "ns": "shop.orders", "nextBatch": [] } }
        }
        "aggregate" => {
            doc! { "ok": 0, "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "hunter3 was slow" }
        }
        "distinct" => return None,
        _ => doc! { "ok": 1, "n": 2 },
    })
}

/// Answers one message of the protocol: a header of 16 bytes, flags, and sections, the first of which is a document.
fn serve(stream: &mut TcpStream) -> Option<()> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut message = vec![0; usize::try_from(i32::from_le_bytes(length)).ok()? - 4];
    stream.read_exact(&mut message).ok()?;
    let command = Document::from_reader(&message[17..]).ok()?;
    let mut body = vec![0; 5];
    answer(&command)?.to_writer(&mut body).ok()?;
    let length = i32::try_from(body.len() + 16).ok()?;
    let mut reply = Vec::new();
    reply.extend(length.to_le_bytes());
    reply.extend([0; 4]);
    reply.extend(&message[..4]);
    reply.extend(2013_i32.to_le_bytes());
    reply.extend(body);
    stream.write_all(&reply).ok()
}

async fn connect() -> (Collection<Document>, i64) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            thread::spawn(move || while serve(&mut stream).is_some() {});
        }
    });
    let url = format!("mongodb://127.0.0.1:{port}/?directConnection=true&retryReads=false");
    let mut options = ClientOptions::parse(url).await.expect("options");
    options.server_api = Some(ServerApi::builder().version(ServerApiVersion::V1).build());
    options.command_event_handler = Some(MongoSpans::new().attribute("tenant", "north").handler());
    let client = Client::with_options(options).expect("a client");
    (client.database("shop").collection("orders"), port.into())
}

#[tokio::test]
async fn a_command_is_a_span_without_its_values_and_an_error_is_the_drivers_own() {
    let mut port = 0;
    let spans = testing::capture_async(async {
        let (orders, of_server) = connect().await;
        port = of_server;
        let mut found = orders.find(doc! { "customer": "hunter2" }).await.expect("a cursor");
        assert!(!found.advance().await.expect("the rest"));
        let documents = [doc! { "customer": "hunter4" }, doc! { "customer": "hunter5" }];
        orders.insert_many(documents).await.expect("documents");
        let slow = orders.aggregate([doc! { "$match": { "customer": "hunter6" } }]).await;
        assert!(slow.expect_err("it is slow").to_string().contains("was slow"));
        orders.distinct("customer", doc! {}).await.expect_err("the connection is closed");
    })
    .await;
    let find = spans.single("find orders");
    find.assert_attribute("db.system.name", "mongodb")
        .assert_attribute("db.operation.name", "find")
        .assert_attribute("db.namespace", "shop")
        .assert_attribute("db.collection.name", "orders")
        .assert_attribute("server.address", "127.0.0.1")
        .assert_attribute("server.port", port)
        .assert_attribute("tenant", "north")
        .assert_no_attribute("error.type")
        .assert_no_attribute("floe.cancelled");
    assert_eq!(find.data().span_kind, SpanKind::Client);
    spans.single("getMore orders");
    spans.single("insert orders").assert_attribute("db.operation.batch.size", 2);
    spans
        .single("aggregate orders")
        .assert_error("")
        .assert_attribute("error.type", "50")
        .assert_attribute("db.response.status_code", "50");
    spans.single("distinct orders").assert_error("").assert_attribute("error.type", "io");
    assert!(!format!("{spans:?}").contains("hunter"), "{spans:?}");
}
