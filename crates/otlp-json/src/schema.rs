//! The fields of OTLP's messages
//! ([definitions](https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto)).

/// The fields of a message, in the order of writing.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) fields: &'static [Field],
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) is_repeated: bool,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Text,
    /// A trace id or a span id.
    Id,
    Bytes,
    Bool,
    /// A 32-bit number, or an enumeration.
    Uint32,
    Sint32,
    Uint64,
    Int64,
    Fixed64,
    Sfixed64,
    Double,
    Message(&'static Message),
}

macro_rules! message {
    ($($name:ident { $($number:literal $field:literal $kind:ident $(($of:ident))? $($repeated:ident)?;)* })*) => {
        $(pub(crate) static $name: Message = Message {
            fields: &[$(Field {
                number: $number,
                name: $field,
                kind: Kind::$kind $((&$of))?,
                is_repeated: message!(@ $($repeated)?),
            }),*],
        };)*
    };
    (@ repeated) => { true };
    (@) => { false };
}

message! {
    TRACES {
        1 "resourceSpans" Message(RESOURCE_SPANS) repeated;
    }
    RESOURCE_SPANS {
        1 "resource" Message(RESOURCE);
        2 "scopeSpans" Message(SCOPE_SPANS) repeated;
        3 "schemaUrl" Text;
    }
    SCOPE_SPANS {
        1 "scope" Message(SCOPE);
        2 "spans" Message(SPAN) repeated;
        3 "schemaUrl" Text;
    }
    SPAN {
        1 "traceId" Id;
        2 "spanId" Id;
        3 "traceState" Text;
        4 "parentSpanId" Id;
        16 "flags" Uint32;
        5 "name" Text;
        6 "kind" Uint32;
        7 "startTimeUnixNano" Fixed64;
        8 "endTimeUnixNano" Fixed64;
        9 "attributes" Message(KEY_VALUE) repeated;
        10 "droppedAttributesCount" Uint32;
        11 "events" Message(EVENT) repeated;
        12 "droppedEventsCount" Uint32;
        13 "links" Message(LINK) repeated;
        14 "droppedLinksCount" Uint32;
        15 "status" Message(STATUS);
    }
    EVENT {
        1 "timeUnixNano" Fixed64;
        2 "name" Text;
        3 "attributes" Message(KEY_VALUE) repeated;
        4 "droppedAttributesCount" Uint32;
    }
    LINK {
        1 "traceId" Id;
        2 "spanId" Id;
        3 "traceState" Text;
        4 "attributes" Message(KEY_VALUE) repeated;
        5 "droppedAttributesCount" Uint32;
        6 "flags" Uint32;
    }
    STATUS {
        2 "message" Text;
        3 "code" Uint32;
    }
    RESOURCE {
        1 "attributes" Message(KEY_VALUE) repeated;
        2 "droppedAttributesCount" Uint32;
        3 "entityRefs" Message(ENTITY_REF) repeated;
    }
    ENTITY_REF {
        1 "schemaUrl" Text;
        2 "type" Text;
        3 "idKeys" Text repeated;
        4 "descriptionKeys" Text repeated;
    }
    SCOPE {
        1 "name" Text;
        2 "version" Text;
        3 "attributes" Message(KEY_VALUE) repeated;
        4 "droppedAttributesCount" Uint32;
    }
    KEY_VALUE {
        1 "key" Text;
        2 "value" Message(ANY_VALUE);
    }
    ANY_VALUE {
        1 "stringValue" Text;
        2 "boolValue" Bool;
        3 "intValue" Int64;
        4 "doubleValue" Double;
        5 "arrayValue" Message(ARRAY);
        6 "kvlistValue" Message(KEY_VALUES);
        7 "bytesValue" Bytes;
    }
    ARRAY {
        1 "values" Message(ANY_VALUE) repeated;
    }
    KEY_VALUES {
        1 "values" Message(KEY_VALUE) repeated;
    }
    LOGS {
        1 "resourceLogs" Message(RESOURCE_LOGS) repeated;
    }
    RESOURCE_LOGS {
        1 "resource" Message(RESOURCE);
        2 "scopeLogs" Message(SCOPE_LOGS) repeated;
        3 "schemaUrl" Text;
    }
    SCOPE_LOGS {
        1 "scope" Message(SCOPE);
        2 "logRecords" Message(LOG_RECORD) repeated;
        3 "schemaUrl" Text;
    }
    LOG_RECORD {
        1 "timeUnixNano" Fixed64;
        11 "observedTimeUnixNano" Fixed64;
        2 "severityNumber" Uint32;
        3 "severityText" Text;
        5 "body" Message(ANY_VALUE);
        6 "attributes" Message(KEY_VALUE) repeated;
        7 "droppedAttributesCount" Uint32;
        8 "flags" Uint32;
        9 "traceId" Id;
        10 "spanId" Id;
        12 "eventName" Text;
    }
    METRICS {
        1 "resourceMetrics" Message(RESOURCE_METRICS) repeated;
    }
    RESOURCE_METRICS {
        1 "resource" Message(RESOURCE);
        2 "scopeMetrics" Message(SCOPE_METRICS) repeated;
        3 "schemaUrl" Text;
    }
    SCOPE_METRICS {
        1 "scope" Message(SCOPE);
        2 "metrics" Message(METRIC) repeated;
        3 "schemaUrl" Text;
    }
    METRIC {
        1 "name" Text;
        2 "description" Text;
        3 "unit" Text;
        5 "gauge" Message(GAUGE);
        7 "sum" Message(SUM);
        9 "histogram" Message(HISTOGRAM);
        10 "exponentialHistogram" Message(EXPONENTIAL_HISTOGRAM);
        11 "summary" Message(SUMMARY);
        12 "metadata" Message(KEY_VALUE) repeated;
    }
    GAUGE {
        1 "dataPoints" Message(NUMBER_POINT) repeated;
    }
    SUM {
        1 "dataPoints" Message(NUMBER_POINT) repeated;
        2 "aggregationTemporality" Uint32;
        3 "isMonotonic" Bool;
    }
    HISTOGRAM {
        1 "dataPoints" Message(HISTOGRAM_POINT) repeated;
        2 "aggregationTemporality" Uint32;
    }
    EXPONENTIAL_HISTOGRAM {
        1 "dataPoints" Message(EXPONENTIAL_POINT) repeated;
        2 "aggregationTemporality" Uint32;
    }
    SUMMARY {
        1 "dataPoints" Message(SUMMARY_POINT) repeated;
    }
    NUMBER_POINT {
        7 "attributes" Message(KEY_VALUE) repeated;
        2 "startTimeUnixNano" Fixed64;
        3 "timeUnixNano" Fixed64;
        4 "asDouble" Double;
        6 "asInt" Sfixed64;
        5 "exemplars" Message(EXEMPLAR) repeated;
        8 "flags" Uint32;
    }
    HISTOGRAM_POINT {
        9 "attributes" Message(KEY_VALUE) repeated;
        2 "startTimeUnixNano" Fixed64;
        3 "timeUnixNano" Fixed64;
        4 "count" Fixed64;
        5 "sum" Double;
        6 "bucketCounts" Fixed64 repeated;
        7 "explicitBounds" Double repeated;
        8 "exemplars" Message(EXEMPLAR) repeated;
        10 "flags" Uint32;
        11 "min" Double;
        12 "max" Double;
    }
    EXPONENTIAL_POINT {
        1 "attributes" Message(KEY_VALUE) repeated;
        2 "startTimeUnixNano" Fixed64;
        3 "timeUnixNano" Fixed64;
        4 "count" Fixed64;
        5 "sum" Double;
        6 "scale" Sint32;
        7 "zeroCount" Fixed64;
        8 "positive" Message(BUCKETS);
        9 "negative" Message(BUCKETS);
        10 "flags" Uint32;
        11 "exemplars" Message(EXEMPLAR) repeated;
        12 "min" Double;
        13 "max" Double;
        14 "zeroThreshold" Double;
    }
    BUCKETS {
        1 "offset" Sint32;
        2 "bucketCounts" Uint64 repeated;
    }
    SUMMARY_POINT {
        7 "attributes" Message(KEY_VALUE) repeated;
        2 "startTimeUnixNano" Fixed64;
        3 "timeUnixNano" Fixed64;
        4 "count" Fixed64;
        5 "sum" Double;
        6 "quantileValues" Message(QUANTILE) repeated;
        8 "flags" Uint32;
    }
    QUANTILE {
        1 "quantile" Double;
        2 "value" Double;
    }
    EXEMPLAR {
        7 "filteredAttributes" Message(KEY_VALUE) repeated;
        2 "timeUnixNano" Fixed64;
        3 "asDouble" Double;
        6 "asInt" Sfixed64;
        4 "spanId" Id;
        5 "traceId" Id;
    }
}
