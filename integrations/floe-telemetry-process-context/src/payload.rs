//! What the process context contains, as protobuf.

use floe_thread_context::{KEYS, SCHEMA_VERSION};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use prost::Message;

/// The message `ProcessContext`
/// ([payload format](https://github.com/open-telemetry/opentelemetry-specification/blob/main/oteps/profiles/4719-process-ctx.md#payload-format)).
#[derive(Clone, PartialEq, Message)]
struct ProcessContext {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    attributes: Vec<KeyValue>,
}

/// Encodes the resource, and what it takes to read the contexts of threads if the program `has_threads` that readers
/// find.
pub(crate) fn encode(resource: &opentelemetry_sdk::Resource, has_threads: bool) -> Vec<u8> {
    let ResourceAttributesWithSchema { attributes, .. } = resource.into();
    let keys = KEYS.iter().map(|key| text(key)).collect();
    let threads = [
        ("threadlocal.schema_version", text(SCHEMA_VERSION)),
        ("threadlocal.attribute_key_map", value(Value::ArrayValue(ArrayValue { values: keys }))),
        // Not of the specifications: where this process has its open spans, and those that its threads are in.
        ("floe.open_spans", address(floe_thread_context::table())),
        ("floe.stacks", address(floe_thread_context::stacks())),
    ];
    let threads = threads.into_iter().filter(|_| has_threads);
    let context = ProcessContext {
        resource: Some(Resource { attributes: attributes.0, ..Resource::default() }),
        attributes: threads
            .map(|(key, value)| KeyValue {
                key: key.to_owned(),
                value: Some(value),
                ..KeyValue::default()
            })
            .collect(),
    };
    context.encode_to_vec()
}

fn address(of: *const ()) -> AnyValue {
    value(Value::IntValue(of.addr().cast_signed() as i64))
}

fn text(text: &str) -> AnyValue {
    value(Value::StringValue(text.to_owned()))
}

const fn value(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}
