//! No credential leaves the program, by whatever entry it came: the command line, the environment,
//! each file of a product. A search through both outputs, every file that is written, and the trace
//! that is sent.
//!
//! A new entry is one line in a table.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests, with helpers of other tests"
)]

#[path = "it/product.rs"]
mod product;

use std::fs;

use floe_tests::{Canary, Left, Receiver, Response, Shape};

use crate::product::{Product, Said, program};

/// Where the marker must be found.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shown {
    Stdout,
    Stderr,
    /// In both, and in the trace: the error of a model.
    Everywhere,
    /// In what is sent.
    Trace,
    /// In a file.
    File,
    /// Nowhere: the text is not repeated, and this is said in its place.
    Instead(&'static str),
}

/// What it is called, its shape, where the marker must be found, and how a product is made and the
/// program called. The variables of the receiver are to be passed on.
type Entry = (
    &'static str,
    Shape,
    Shown,
    fn(&Canary, &Variables<'_>) -> (Product, Said),
);

type Variables<'a> = [(&'a str, &'a str)];

const ENTRIES: &[Entry] = &[
    ("a subcommand", Shape::KeyValue, Shown::Stderr, |c, v| {
        (Product::shop(), program(&[&c.text()], v))
    }),
    ("an option", Shape::KeyValue, Shown::Stderr, |c, v| {
        run(Product::shop(), &[&format!("--{}", c.text())], v)
    }),
    (
        "the value of an option",
        Shape::Bearer,
        Shown::Stderr,
        |c, v| run(Product::shop(), &["--env", &c.text()], v),
    ),
    (
        "one argument too many",
        Shape::Token,
        Shown::Stderr,
        |c, v| run(Product::shop(), &[&c.text()], v),
    ),
    ("the product's folder", Shape::Url, Shown::Stderr, |c, v| {
        (Product::shop(), program(&["run", &c.text()], v))
    }),
    (
        "the path of the manifest",
        Shape::KeyValue,
        Shown::Stderr,
        |c, v| run(Product::shop(), &["--manifest", &c.text()], v),
    ),
    (
        "the path of the output",
        Shape::KeyValue,
        Shown::Stdout,
        |c, v| {
            let product = Product::shop();
            let path = product.path(&c.text());
            let said = product.floe("compile", &["--output", path.to_str().unwrap()], v);
            (product, said)
        },
    ),
    (
        "the name of the service",
        Shape::Json,
        Shown::Trace,
        |c, v| with("OTEL_SERVICE_NAME", &c.text(), v),
    ),
    ("the protocol", Shape::Json, Shown::Stderr, |c, v| {
        with("OTEL_EXPORTER_OTLP_PROTOCOL", &c.text(), v)
    }),
    (
        "the user of the endpoint",
        Shape::KeyValue,
        Shown::Stderr,
        |c, v| {
            let endpoint = format!("http://floe:{}@{}.example:4317", c.secret(), c.marker());
            with("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint, v)
        },
    ),
    (
        "a file that is not YAML",
        Shape::KeyValue,
        Shown::Stderr,
        |c, v| spec("name: shop", &format!("name: [{}", c.text()), v),
    ),
    (
        "a line with a tab",
        Shape::AccessKey,
        Shown::Instead("found a tab"),
        |c, v| spec("    path: data/orders.csv", &format!("\t{}", c.text()), v),
    ),
    ("an unknown field", Shape::Url, Shown::Stderr, |c, v| {
        spec("version: 1.0.0", &format!("'{}': 1", c.text()), v)
    }),
    (
        "the name of a product",
        Shape::KeyValue,
        Shown::Stderr,
        |c, v| spec("name: shop", &format!("name: '{}'", c.text()), v),
    ),
    (
        "the version of a product",
        Shape::Token,
        Shown::Stderr,
        |c, v| spec("1.0.0", &format!("'{}'", c.text()), v),
    ),
    (
        "the type of a column",
        Shape::Json,
        Shown::Stderr,
        |c, v| spec("type: integer", &format!("type: '{}'", c.text()), v),
    ),
    (
        "the name of a model",
        Shape::Bearer,
        Shown::Stderr,
        |c, v| spec("name: totals", &format!("name: '{}'", c.text()), v),
    ),
    (
        "the path of a source",
        Shape::KeyValue,
        Shown::Stderr,
        |c, v| spec("path: data/orders.csv", &format!("path: '{}'", c.text()), v),
    ),
    ("the description", Shape::KeyValue, Shown::File, |c, v| {
        spec(
            "version: 1.0.0",
            &format!("version: 1.0.0\ndescription: '{}'", c.text()),
            v,
        )
    }),
    ("the owner", Shape::Url, Shown::File, |c, v| {
        spec(
            "version: 1.0.0",
            &format!("version: 1.0.0\nowner: '{}'", c.text()),
            v,
        )
    }),
    ("the namespace", Shape::KeyValue, Shown::Stderr, |c, v| {
        manifest(
            &format!("name: shop-platform\nnamespace: '{}'\n", c.text()),
            v,
        )
    }),
    (
        "an unknown field of the manifest",
        Shape::Token,
        Shown::Stderr,
        |c, v| {
            manifest(
                &format!("name: p\nnamespace: retail\n'{}': 1\n", c.text()),
                v,
            )
        },
    ),
    (
        "the endpoint of the manifest",
        Shape::KeyValue,
        Shown::Stderr,
        |c, v| {
            let endpoint = format!("http://floe:{}@{}.example:4317", c.secret(), c.marker());
            let tracing = format!("observability: {{ tracing: {{ endpoint: '{endpoint}' }} }}");
            manifest(&format!("name: p\nnamespace: retail\n{tracing}\n"), v)
        },
    ),
    (
        "a rule of the manifest",
        Shape::KeyValue,
        Shown::Stderr,
        |c, v| {
            let rule = format!("governance: {{ bronze_prefix: '{}' }}", c.text());
            manifest(&format!("name: p\nnamespace: retail\n{rule}\n"), v)
        },
    ),
    (
        "the backend of the manifest",
        Shape::AccessKey,
        Shown::Stderr,
        |c, v| {
            let backend = format!(
                "plugins: {{ telemetry_backend: {{ type: '{}' }} }}",
                c.text()
            );
            manifest(&format!("name: p\nnamespace: retail\n{backend}\n"), v)
        },
    ),
    (
        "a column that does not exist",
        Shape::KeyValue,
        Shown::Everywhere,
        |c, v| run(failing(&c.text()), &[], v),
    ),
    (
        "a function that does not exist",
        Shape::Url,
        Shown::Everywhere,
        |c, v| model(&format!("SELECT \"{}\"()", c.text()), v),
    ),
    (
        "a table that does not exist",
        Shape::Bearer,
        Shown::Everywhere,
        |c, v| model(&format!("SELECT * FROM \"{}\"", c.text()), v),
    ),
    ("a reference", Shape::KeyValue, Shown::Stderr, |c, v| {
        model(&format!("SELECT * FROM {{{{ {} }}}}", c.text()), v)
    }),
    (
        "a literal in a query",
        Shape::KeyValue,
        Shown::File,
        |c, v| {
            let product = Product::shop();
            product.write("models/totals.sql", &format!("SELECT '{}' AS a", c.text()));
            let said = product.floe("compile", &[], v);
            (product, said)
        },
    ),
    (
        "the header of a CSV file",
        Shape::KeyValue,
        Shown::Stderr,
        |c, v| csv(&format!("order_id,{}\n1,2\n", c.text()), v),
    ),
    (
        "a value in a CSV file",
        Shape::Token,
        Shown::Stderr,
        |c, v| csv(&format!("order_id,ordered_on\n1,{}\n", c.text()), v),
    ),
    (
        "a credential that the collector repeats",
        Shape::KeyValue,
        Shown::Instead("Unauthenticated"),
        |c, _| {
            let receiver = Receiver::grpc();
            receiver.respond(Response::Echo);
            let header = format!("authorization=Bearer%20{}", c.secret());
            let (endpoint, headers) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS");
            run(
                Product::shop(),
                &[],
                &[(endpoint, &receiver.endpoint()), (headers, &header)],
            )
        },
    ),
];

fn run(product: Product, arguments: &[&str], variables: &Variables<'_>) -> (Product, Said) {
    let said = product.floe("run", arguments, variables);
    (product, said)
}

fn with(name: &str, value: &str, variables: &Variables<'_>) -> (Product, Said) {
    run(
        Product::shop(),
        &[],
        &[variables, &[(name, value)]].concat(),
    )
}

fn spec(from: &str, to: &str, variables: &Variables<'_>) -> (Product, Said) {
    let product = Product::shop();
    product.replace("floe.yaml", from, to);
    run(product, &[], variables)
}

fn manifest(text: &str, variables: &Variables<'_>) -> (Product, Said) {
    let product = Product::shop();
    product.write("manifest.yaml", text);
    run(product, &[], variables)
}

fn model(sql: &str, variables: &Variables<'_>) -> (Product, Said) {
    let product = Product::shop();
    product.write("models/totals.sql", sql);
    run(product, &[], variables)
}

fn csv(text: &str, variables: &Variables<'_>) -> (Product, Said) {
    let product = Product::shop();
    product.write("data/orders.csv", text);
    run(product, &[], variables)
}

/// A product whose last model asks for a column of this name.
fn failing(column: &str) -> Product {
    let product = Product::shop();
    let column = column.replace('"', "\"\"");
    product.write("models/totals.sql", &format!("SELECT \"{column}\" AS a"));
    product
}

/// What the program wrote: all that is not there before it runs.
fn written(product: &Product, left: &mut Left) {
    let given = Product::shop().files();
    for file in product
        .files()
        .into_iter()
        .filter(|file| !given.contains(file))
    {
        left.add("file", fs::read(product.path(&file)).unwrap());
    }
}

#[test]
fn no_credential_leaves_the_program() {
    let mut wrong = Vec::new();
    for (entry, shape, shown, call) in ENTRIES {
        let canary = Canary::new(entry, *shape);
        let receiver = Receiver::grpc();
        let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*receiver.endpoint())];
        let (product, said) = call(&canary, &variables);
        let mut left = Left::default();
        left.add("stdout", said.stdout);
        left.add("stderr", said.stderr);
        written(&product, &mut left);
        for request in receiver.every_request() {
            left.add("trace", request.body);
        }
        let leaks = left.leaks(&canary);
        if !leaks.is_empty() {
            wrong.push(format!("{entry}: the secret left by {leaks:?}:\n{left}"));
        }
        let ways = left.shows(&canary);
        let is_shown = match shown {
            Shown::Stdout => ways.contains(&"stdout"),
            Shown::Stderr => ways.contains(&"stderr"),
            Shown::Trace => ways.contains(&"trace"),
            Shown::File => ways.contains(&"file"),
            Shown::Everywhere => ["stdout", "stderr", "trace"]
                .iter()
                .all(|way| ways.contains(way)),
            Shown::Instead(text) => left.has(text),
        };
        if !is_shown {
            wrong.push(format!("{entry}: nothing of it is in {shown:?}:\n{left}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is left of the query would say something else.
#[test]
fn artifacts_that_had_a_credential_are_not_run() {
    let product = Product::shop();
    product.write("models/totals.sql", "SELECT 'password=hunter2XyZ' AS a");
    product.floe("compile", &[], &[]).assert_ok();
    let path = product.path(".floe/compiled_artifacts.json");
    let said = product.floe("run", &["--artifacts", path.to_str().unwrap()], &[]);
    assert_eq!(
        said.stderr,
        "error: {dir}/.floe/compiled_artifacts.json: the query of `totals` contained a credential, which is not \
         written, accepted: a run without `--artifacts`\n"
    );
    product.run().assert_ok();
}

#[test]
fn a_run_says_how_much_was_kept_out_of_its_trace_and_not_what() {
    let failing = failing("password=hunter2XyZ");
    let said = failing.run();
    let line = said
        .stdout
        .lines()
        .find(|line| line.starts_with("redacted"))
        .unwrap();
    // Two spans have the message, which counts once however often a span repeats it, and the chain of
    // causes; and it is logged.
    assert_eq!(line, "redacted in trace and logs: 5 (key_value 5)");
    assert!(!said.stdout.contains("hunter2XyZ"), "{}", said.stdout);

    let said = Product::shop().run();
    assert!(!said.stdout.contains("redacted"), "{}", said.stdout);
}
