use super::{edits, expected, misspelled, nearest, one_of};

/// A text, the words of which one may be meant, and which one is.
type Row = (&'static str, &'static [&'static str], Option<&'static str>);

const ARGUMENTS: &[&str] = &["name", "kind", "attributes", "attributes_fn"];
const CASES: &[&str] = &[
    "lowercase",
    "UPPERCASE",
    "PascalCase",
    "camelCase",
    "snake_case",
    "SCREAMING_SNAKE_CASE",
    "kebab-case",
    "SCREAMING-KEBAB-CASE",
];
const KEYS: &[&str] = &["otlp_endpoint", "otlp_protocol", "backend"];
const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];
const MEMBERS: &[&str] = &["postgresql", "mysql", "sqlite", "rabbitmq", "tcp"];
const PLUGINS: &[&str] = &["env", "infisical", "sqlite", "terminal", "vault"];
const SAMPLERS: &[&str] = &["always_on", "always_off", "parentbased_always_on"];
const VARIABLES: &[&str] = &[
    "FLOE_CONFIG_FILE",
    "FLOE_LOG_LEVEL",
    "OTEL_BLRP_MAX_QUEUE_SIZE",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_PROMETHEUS_PORT",
    "OTEL_LOGS_EXPORTER",
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_EXPORTER",
    "RUST_LOG",
];

#[test]
fn a_misspelled_word_is_recognised_and_another_one_is_not() {
    let rows: &[Row] = &[
        // Keys and values of the semantic conventions.
        ("db.sytem.name", &["db.system.name"], Some("db.system.name")),
        ("postgres", MEMBERS, Some("postgresql")),
        ("SQLite", MEMBERS, Some("sqlite")),
        ("rabitmq", MEMBERS, Some("rabbitmq")),
        ("tpc", MEMBERS, Some("tcp")),
        ("duckdb", MEMBERS, None),
        ("tidb", MEMBERS, None),
        // Levels, of which a target is none.
        ("inof", LEVELS, Some("info")),
        ("Debgu", LEVELS, Some("debug")),
        ("wran", LEVELS, Some("warn")),
        ("fo", LEVELS, None),
        ("orders", LEVELS, None),
        ("tracks", LEVELS, None),
        ("information", LEVELS, None),
        ("my_crate::info", LEVELS, None),
        // Some of these variables belong to other components.
        ("OTEL_SERVICE_NAMES", VARIABLES, Some("OTEL_SERVICE_NAME")),
        ("OTEL_TRACE_EXPORTER", VARIABLES, Some("OTEL_TRACES_EXPORTER")),
        ("FLOE_LOGLEVEL", VARIABLES, Some("FLOE_LOG_LEVEL")),
        ("RUST_LOGS", VARIABLES, Some("RUST_LOG")),
        ("OTEL_BSP_MAX_QUEUE_SIZE", VARIABLES, Some("OTEL_BLRP_MAX_QUEUE_SIZE")),
        ("OTEL_EXPORTER_OTLP_ENDPIONT", VARIABLES, Some("OTEL_EXPORTER_OTLP_ENDPOINT")),
        // The order of its parts.
        ("OTEL_OTLP_EXPORTER_ENDPOINT", VARIABLES, Some("OTEL_EXPORTER_OTLP_ENDPOINT")),
        ("SNAKE-CASE", CASES, Some("snake_case")),
        // A part is missing, or the first ones.
        ("FLOE_CONFIG", VARIABLES, Some("FLOE_CONFIG_FILE")),
        ("OTEL_EXPORTER_ENDPOINT", VARIABLES, Some("OTEL_EXPORTER_OTLP_ENDPOINT")),
        ("OTLP_ENDPOINT", VARIABLES, Some("OTEL_EXPORTER_OTLP_ENDPOINT")),
        ("SCREAMING_CASE", CASES, Some("SCREAMING_SNAKE_CASE")),
        ("OTEL_LOG_LEVEL", &["FLOE_LOG_LEVEL"], None),
        ("OTEL_PYTHON_LOG_LEVEL", VARIABLES, None),
        ("OTEL_SDK_ENABLED", VARIABLES, None),
        ("RUST_LOG_STYLE", VARIABLES, None),
        // Kubernetes sets these for a service with the name `otel`.
        ("OTEL_PORT", VARIABLES, None),
        ("OTEL_SERVICE_HOST", VARIABLES, None),
    ];
    for (found, words, word) in rows {
        assert_eq!(misspelled(found, words), *word, "{found}");
    }
}

#[test]
fn the_word_that_begins_alike_is_suggested() {
    let rows: &[Row] = &[
        // Arguments of the macros.
        ("nmae", ARGUMENTS, Some("name")),
        ("attribute", ARGUMENTS, Some("attributes")),
        ("attr", ARGUMENTS, Some("attributes")),
        ("level", ARGUMENTS, None),
        ("x", ARGUMENTS, None),
        ("snek_case", CASES, Some("snake_case")),
        ("snakecase", CASES, Some("snake_case")),
        ("kebab", CASES, Some("kebab-case")),
        ("lower", CASES, Some("lowercase")),
        // Keys and values of a configuration.
        ("otlp_endpiont", KEYS, Some("otlp_endpoint")),
        ("otlp_proto", KEYS, Some("otlp_protocol")),
        ("Backend", KEYS, Some("backend")),
        ("owner", KEYS, None),
        ("", KEYS, None),
        ("b33", &["baggage", "b3"], Some("b3")),
        ("http", &["grpc", "http/protobuf"], Some("http/protobuf")),
        ("production", &["dev", "prod"], Some("prod")),
        ("datetime", &["text", "date"], Some("date")),
        ("carrier-pigeon", &["grpc", "http"], None),
        ("always_onn", SAMPLERS, Some("always_on")),
        ("parent_always_on", SAMPLERS, Some("parentbased_always_on")),
        ("logging_level", &["log_format", "log_level"], Some("log_level")),
        // Plugins.
        ("infiscal", PLUGINS, Some("infisical")),
        ("valt", PLUGINS, Some("vault")),
        ("terminals", PLUGINS, Some("terminal")),
        ("sqlit", PLUGINS, Some("sqlite")),
        ("duckdb", PLUGINS, None),
        ("s4", &["local", "s3"], None),
        // Columns of a table.
        ("größse", &["name", "größe"], Some("größe")),
        ("näme", &["größe", "name"], Some("name")),
    ];
    for (found, words, word) in rows {
        assert_eq!(nearest(found, words), *word, "{found}");
    }
}

#[test]
fn swapped_letters_are_one_edit() {
    assert_eq!(edits("endpiont", "endpoint"), Some(1));
    assert_eq!(edits("Endpoint", "endpoint"), Some(0));
    assert_eq!(edits("nedpiont", "endpoint"), Some(2));
    assert_eq!(edits("nedpiotn", "endpoint"), None);
    // A text is not compared if it is far longer than all words.
    assert_eq!(nearest(&"x".repeat(1 << 20), &["endpoint"]), None);
}

#[test]
fn errors_list_the_words() {
    assert_eq!(
        expected(&["grpc", "http"], "grcp"),
        "expected `grpc` or `http`, found `grcp`; did you mean `grpc`?"
    );
    assert_eq!(expected(&["a", "b"], "x"), "expected `a` or `b`, found `x`");
    assert_eq!(one_of(&[]), "nothing");
    assert_eq!(one_of(&["a"]), "`a`");
    assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
}
