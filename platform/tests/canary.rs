//! No credential leaves the program, whatever its entry point: the command line, the environment, or a file of the
//! product. Standard output, standard error, every written file and the exported trace are searched.
//!
//! A new entry point is tested by one more row of [`ENTRIES`].

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

use floe_tests::{Canary, Outputs, Receiver, Response, Shape};

use crate::product::{Output, Product, program};

/// The output that must contain the marker of the [`Canary`].
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shown {
    Stderr,
    /// Standard output, standard error and the trace, which all contain the error of a model.
    Everywhere,
    Trace,
    File,
    /// Nowhere. In place of the text, the output contains this message.
    Instead(&'static str),
}

/// The name of an entry point, the shape of the credential, the place of the marker, and the function
/// that creates a product and runs the program with the variables that select the receiver.
type Entry = (&'static str, Shape, Shown, fn(&Canary, &Variables<'_>) -> (Product, Output));

type Call = dyn Fn(&Canary, &Variables<'_>) -> (Product, Output);

type Variables<'a> = [(&'a str, &'a str)];

const ENTRIES: &[Entry] = &[
    ("a subcommand", Shape::KeyValue, Shown::Stderr, |c, v| {
        (Product::shop(), program(&[&c.text()], v))
    }),
    ("an option", Shape::KeyValue, Shown::Stderr, |c, v| {
        run(Product::shop(), &[&format!("--{}", c.text())], v)
    }),
    ("the value of an option", Shape::Bearer, Shown::Stderr, |c, v| {
        run(Product::shop(), &["--env", &c.text()], v)
    }),
    ("one argument too many", Shape::Token, Shown::Stderr, |c, v| {
        run(Product::shop(), &[&c.text()], v)
    }),
    ("the product's folder", Shape::Url, Shown::Stderr, |c, v| {
        (Product::shop(), program(&["run", &c.text()], v))
    }),
    ("the path of the manifest", Shape::KeyValue, Shown::Stderr, |c, v| {
        run(Product::shop(), &["--manifest", &c.text()], v)
    }),
    ("the name of the service", Shape::Json, Shown::Trace, |c, v| {
        with("OTEL_SERVICE_NAME", &c.text(), v)
    }),
    ("the protocol", Shape::Json, Shown::Stderr, |c, v| {
        with("OTEL_EXPORTER_OTLP_PROTOCOL", &c.text(), v)
    }),
    ("the user of the endpoint", Shape::KeyValue, Shown::Stderr, |c, v| {
        let endpoint = format!("http://floe:{}@{}.example:4317", c.secret(), c.marker());
        with("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint, v)
    }),
    ("the endpoint of the manifest", Shape::KeyValue, Shown::Stderr, |c, v| {
        let product = Product::shop();
        let endpoint = format!("http://floe:{}@{}.example:4317", c.secret(), c.marker());
        let tracing = format!("observability: {{ tracing: {{ endpoint: '{endpoint}' }} }}");
        product.append("manifest.yaml", &tracing);
        run(product, &[], v)
    }),
    ("a literal in a query", Shape::KeyValue, Shown::File, |c, v| {
        let product = Product::shop();
        product.write("models/totals.sql", &format!("SELECT '{}' AS a", c.text()));
        let output = product.floe("compile", &[], v);
        (product, output)
    }),
    (
        "a credential that the collector repeats",
        Shape::KeyValue,
        Shown::Instead("401 Unauthorized"),
        |c, _| {
            let receiver = Receiver::http();
            receiver.respond(Response::Echo);
            let header = format!("authorization=Bearer%20{}", c.secret());
            let endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
            let headers = "OTEL_EXPORTER_OTLP_HEADERS";
            run(Product::shop(), &[], &[(endpoint, &receiver.endpoint()), (headers, &header)])
        },
    ),
];

/// Texts in the files of the product: the path, the part that is replaced, and the new text, in which `CANARY` stands for
/// the credential.
const TEXTS: &[(&str, Shape, Shown, &str, &str, &str)] = &[
    (
        "a file that is not YAML",
        Shape::KeyValue,
        Shown::Instead("not YAML"),
        SPEC,
        "name: shop",
        "name: [CANARY",
    ),
    (
        "a line with a tab",
        Shape::AccessKey,
        Shown::Instead("found a tab"),
        SPEC,
        "    path: data/orders.csv",
        "\tCANARY",
    ),
    ("an unknown field", Shape::Url, Shown::Stderr, SPEC, "version: 1.0.0", "'CANARY': 1"),
    ("the name of a product", Shape::KeyValue, Shown::Stderr, SPEC, "name: shop", "name: 'CANARY'"),
    ("the version of a product", Shape::Token, Shown::Stderr, SPEC, "1.0.0", "'CANARY'"),
    ("the type of a column", Shape::Json, Shown::Stderr, SPEC, "type: integer", "type: 'CANARY'"),
    ("the name of a model", Shape::Bearer, Shown::Stderr, SPEC, "name: totals", "name: 'CANARY'"),
    (
        "the path of a source",
        Shape::KeyValue,
        Shown::Stderr,
        SPEC,
        "path: data/orders.csv",
        "path: 'CANARY'",
    ),
    (
        "the description",
        Shape::KeyValue,
        Shown::File,
        SPEC,
        "1.0.0",
        "1.0.0\ndescription: 'CANARY'",
    ),
    ("the owner", Shape::Url, Shown::File, SPEC, "1.0.0", "1.0.0\nowner: 'CANARY'"),
    ("the namespace", Shape::KeyValue, Shown::Stderr, MANIFEST, "retail", "'CANARY'"),
    (
        "an unknown field of the manifest",
        Shape::Token,
        Shown::Stderr,
        MANIFEST,
        "retail",
        "retail\n'CANARY': 1",
    ),
    (
        "the backend of the manifest",
        Shape::AccessKey,
        Shown::Stderr,
        MANIFEST,
        "retail",
        "retail\nplugins: { telemetry_backend: { type: 'CANARY' } }",
    ),
    (
        "a column that does not exist",
        Shape::KeyValue,
        Shown::Everywhere,
        MODEL,
        "count(*)",
        "\"CANARY\"",
    ),
    (
        "a function that does not exist",
        Shape::Url,
        Shown::Everywhere,
        MODEL,
        "count(*)",
        "\"CANARY\"()",
    ),
    (
        "a table that does not exist",
        Shape::Bearer,
        Shown::Everywhere,
        MODEL,
        "{{ ref('stg_orders') }}",
        "\"CANARY\"",
    ),
    ("a reference", Shape::KeyValue, Shown::Stderr, MODEL, "ref('stg_orders')", "CANARY"),
    ("the header of a CSV file", Shape::KeyValue, Shown::Stderr, CSV, "ordered_on", "CANARY"),
    ("a value in a CSV file", Shape::Token, Shown::Stderr, CSV, "2024-01-31", "CANARY"),
];

const SPEC: &str = "floe.yaml";
const MANIFEST: &str = "manifest.yaml";
const MODEL: &str = "models/totals.sql";
const CSV: &str = "data/orders.csv";

fn run(product: Product, arguments: &[&str], variables: &Variables<'_>) -> (Product, Output) {
    let arguments = [&["--trace", "full"], arguments].concat();
    let output = product.floe("run", &arguments, variables);
    (product, output)
}

fn with(name: &str, value: &str, variables: &Variables<'_>) -> (Product, Output) {
    run(Product::shop(), &[], &[variables, &[(name, value)]].concat())
}

fn add_written(product: &Product, outputs: &mut Outputs) {
    let given = Product::shop().files();
    for file in product.files().into_iter().filter(|file| !given.contains(file)) {
        outputs.add("file", fs::read(product.path(&file)).unwrap());
    }
}

#[test]
fn no_credential_leaves_the_program() {
    let mut wrong = Vec::new();
    let mut check = |entry: &str, shape, shown, call: &Call| {
        let canary = Canary::new(entry, shape);
        let receiver = Receiver::http();
        let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*receiver.endpoint())];
        let (product, output) = call(&canary, &variables);
        let mut outputs = Outputs::default();
        outputs.add("stdout", output.stdout);
        outputs.add("stderr", output.stderr);
        add_written(&product, &mut outputs);
        for request in receiver.every_request() {
            outputs.add("trace", request.body);
        }
        let leaks = outputs.leaks(&canary);
        if !leaks.is_empty() {
            wrong.push(format!("{entry}: the secret is in {leaks:?}:\n{outputs}"));
        }
        let channels = outputs.shows(&canary);
        let is_shown = match shown {
            Shown::Stderr => channels.contains(&"stderr"),
            Shown::Trace => channels.contains(&"trace"),
            Shown::File => channels.contains(&"file"),
            Shown::Everywhere => {
                ["stdout", "stderr", "trace"].iter().all(|channel| channels.contains(channel))
            }
            Shown::Instead(text) => outputs.has(text),
        };
        if !is_shown {
            wrong.push(format!("{entry}: the marker is not in {shown:?}:\n{outputs}"));
        }
    };
    for (entry, shape, shown, call) in ENTRIES {
        check(entry, *shape, *shown, call);
    }
    for (entry, shape, shown, path, from, to) in TEXTS {
        check(entry, *shape, *shown, &|canary, variables| {
            let product = Product::shop();
            product.replace(path, from, &to.replace("CANARY", &canary.text()));
            run(product, &[], variables)
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_credential_in_the_path_of_the_manifest_is_not_printed() {
    let product = Product::shop();
    product.write("password=hunter2XyZ.yaml", "name: shop\nnamespace: retail\n");
    let manifest = product.path("password=hunter2XyZ.yaml");
    let output = product.floe("run", &["--trace", "--manifest", manifest.to_str().unwrap()], &[]);
    output.assert_ok();
    for printed in [&output.stdout, &output.stderr] {
        assert!(!printed.contains("hunter2XyZ"), "{printed}");
    }
}
