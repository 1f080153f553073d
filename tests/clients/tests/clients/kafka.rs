//! Context in the headers of Kafka messages, through librdkafka's own cluster for tests.

use std::time::Duration;

use floe_telemetry::testing;
use floe_telemetry::{propagation, traced};
use floe_telemetry_messaging::KafkaHeaders;
use opentelemetry::trace::SpanKind;
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::{
    BorrowedMessage, Header, Headers, Message, OwnedHeaders, OwnedMessage, Timestamp,
};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{FutureProducer, FutureRecord};

#[traced(name = "publish orders", kind = producer)]
async fn publish(producer: &FutureProducer, mut headers: OwnedHeaders) {
    propagation::inject_context(&mut KafkaHeaders(&mut headers));
    let record = FutureRecord::<(), _>::to("orders").payload("an order").headers(headers);
    producer.send(record, Duration::from_secs(30)).await.expect("accepted");
}

#[traced(name = "process orders", kind = consumer, parent = KafkaHeaders(message))]
fn process(message: &BorrowedMessage<'_>) {
    assert_eq!(message.payload(), Some(&b"an order"[..]));
}

#[traced(name = "process batch",
    kind = consumer,
    links = batch.iter().filter_map(|message| propagation::extract_span_context(&KafkaHeaders(message))).collect::<Vec<_>>()
)]
fn process_all(batch: &[BorrowedMessage<'_>]) {
    let _ = batch;
}

#[test]
fn a_message_carries_the_context_of_its_producer() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let spans = testing::capture(|| {
        runtime.block_on(async {
            let cluster = MockCluster::new(1).expect("a cluster");
            cluster.create_topic("orders", 1, 1).expect("a topic");
            let mut config = ClientConfig::new();
            config.set("bootstrap.servers", cluster.bootstrap_servers());
            let producer: FutureProducer = config.create().expect("a producer");
            publish(&producer, OwnedHeaders::new()).await;
            // The context of a forwarded message is replaced by that of its last sender.
            let first = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
            let headers = OwnedHeaders::new()
                .insert(Header { key: "Traceparent", value: Some(first) })
                .insert(Header { key: "kept", value: Some(&[0xff_u8][..]) });
            publish(&producer, headers).await;
            let record = FutureRecord::<(), _>::to("orders").payload("an order");
            producer.send(record, Duration::from_secs(30)).await.expect("accepted");

            config.set("group.id", "test").set("auto.offset.reset", "earliest");
            let consumer: StreamConsumer = config.create().expect("a consumer");
            consumer.subscribe(&["orders"]).expect("subscribed");
            let mut batch = Vec::new();
            for _ in 0..3 {
                batch.push(consumer.recv().await.expect("a message"));
            }
            let names: Vec<_> =
                batch[1].headers().expect("headers").iter().map(|header| header.key).collect();
            assert_eq!(names, ["kept", "traceparent"]);
            process(&batch[0]);
            process_all(&batch);
        });
    });
    let span = spans.single("process orders").assert_child_of("publish orders");
    assert_eq!(span.data().span_kind, SpanKind::Consumer);
    let published: Vec<_> =
        spans.named("publish orders").map(|span| span.data().span_context.clone()).collect();
    let links = &spans.single("process batch").data().links.links;
    let linked: Vec<_> = links.iter().map(|link| link.span_context.span_id()).collect();
    assert_eq!(linked, [published[0].span_id(), published[1].span_id()]);
}

#[test]
fn a_header_that_is_not_text_or_not_the_only_one_is_no_context() {
    let remote = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let header = |key, value| Header { key, value };
    let one = || OwnedHeaders::new().insert(header("traceparent", Some(remote.as_bytes())));
    let has_context = |headers| {
        let time = Timestamp::NotAvailable;
        let message = OwnedMessage::new(None, None, "orders".to_owned(), time, 0, 0, Some(headers));
        propagation::extract_span_context(&KafkaHeaders(&message)).is_some()
    };
    assert!(has_context(one()));
    for second in [Some(remote.as_bytes()), Some(&[0xff][..]), None] {
        let headers = one().insert(header("Traceparent", second));
        assert!(!has_context(headers));
        let alone =
            OwnedHeaders::new().insert(header("traceparent", second.filter(|it| it.len() == 1)));
        assert!(!has_context(alone));
    }
}
