//! S3 against moto's server, with boto3 and botocore as oracles.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use floe as _;
use floe_plugin::storage::ObjectStore;
use floe_plugin::{ErrorKind, Handle, PluginType};
use floe_tests::ReservedPort;
use serde_json::json;
use tempfile::NamedTempFile;

use crate::process::{Process, credential, place, plugins, run};
use crate::service::{Answer, Service};

/// Creates the bucket, or compares objects with files: `endpoint key file key file …`.
const BOTO: &str = r#"
import sys, boto3
endpoint, *rest = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1",
                  aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret")
if not rest:
    s3.create_bucket(Bucket="lake")
else:
    expected = dict(zip(rest[::2], rest[1::2]))
    listed = s3.list_objects_v2(Bucket="lake")
    assert sorted(it["Key"] for it in listed.get("Contents", [])) == sorted(expected), listed
    for key, file in expected.items():
        assert s3.get_object(Bucket="lake", Key=key)["Body"].read() == open(file, "rb").read(), key
    uploads = s3.list_multipart_uploads(Bucket="lake")
    assert not uploads.get("Uploads"), uploads
"#;

/// Signs the URL again at the time that it names.
const SIGN: &str = r#"
import datetime, sys, urllib.parse
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
method, url = sys.argv[1:]
parts = urllib.parse.urlsplit(url)
query = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
ours = dict(query)
time = datetime.datetime.strptime(ours["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
botocore.auth.get_current_datetime = lambda *_, **__: time
plain = [(name, value) for name, value in query if not name.startswith("X-Amz-")]
plain = urllib.parse.urlencode(plain, quote_via=urllib.parse.quote)
request = AWSRequest(method=method, url=urllib.parse.urlunsplit(parts._replace(query=plain)))
credentials = Credentials("AKIDEXAMPLE", "secret", "session")
botocore.auth.S3SigV4QueryAuth(credentials, "s3", "us-east-1", expires=int(ours["X-Amz-Expires"])).add_auth(request)
theirs = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.url).query, keep_blank_values=True))
assert ours == theirs, (ours, theirs)
"#;

fn with<T>(
    url: &str,
    bucket: &str,
    token: bool,
    run: impl FnOnce(&Handle<dyn ObjectStore>) -> T,
) -> T {
    let (_secret, secret) = credential("secret");
    let (_id, id) = credential("AKIDEXAMPLE");
    let (_session, session) = credential("session");
    let mut config = json!({
        "bucket": bucket,
        "endpoint": url,
        "path_style": true,
        "prefix": "products/",
        "access_key_id": id,
        "secret_access_key": secret,
    });
    if token {
        config["session_token"] = session.into();
    }
    let plugins = plugins(PluginType::Storage, "s3", config);
    run(&plugins.one::<dyn ObjectStore>().unwrap())
}

fn file(size: usize) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    let content: Vec<u8> =
        (0..size).map(|index| u8::try_from(index / 1000 % 251).unwrap()).collect();
    file.write_all(&content).unwrap();
    file
}

fn python(place: &Path, script: &str, arguments: &[&str]) -> Command {
    let mut python = Command::new(place.join("venv/bin/python"));
    python.args(["-c", script]).args(arguments);
    python
}

#[test]
fn moto_stores_what_is_put() {
    let place = place();
    let reserved = ReservedPort::new();
    let port = reserved.number();
    let mut server = Command::new(place.join("venv/bin/moto_server"));
    server.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    let _server = Process::start(server.stderr(std::process::Stdio::null())).listening_on(port);
    let url = format!("http://127.0.0.1:{port}");
    run(&mut python(&place, BOTO, &[&url]));

    let files = [file(1000), file(0), file((17 << 20) + 1)];
    let keys = ["a b/größe+1%.csv", "empty", "parts"];
    with(&url, "lake", false, |s3| {
        for (key, file) in keys.iter().zip(&files) {
            let bytes = s3.put_object(key, file.path()).unwrap();
            assert_eq!(bytes, file.as_file().metadata().unwrap().len());
        }
    });
    let stored: Vec<String> = keys
        .iter()
        .zip(&files)
        .flat_map(|(key, file)| [format!("products/{key}"), file.path().display().to_string()])
        .collect();
    let mut arguments = vec![url.as_str()];
    arguments.extend(stored.iter().map(String::as_str));
    run(&mut python(&place, BOTO, &arguments));

    let stored = with(&url, "none", false, |s3| s3.put_object("a", files[0].path()));
    let error = stored.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("NoSuchBucket"), "{error}");
}

#[test]
fn botocore_signs_the_same() {
    let place = place();
    let service = Service::start(|_| Answer::text(404, ""));
    let file = file(1);
    with(&service.url, "lake", true, |s3| {
        s3.put_object("a b/größe+1%&=~.csv", file.path()).unwrap_err();
    });
    let received = service.received();
    assert_eq!(received.len(), 1);
    for request in received {
        let url = format!("{}{}", service.url, request.path);
        run(&mut python(&place, SIGN, &[&request.method, &url]));
    }
}

/// Prints the only object of the bucket: its key, and its content.
const READ: &str = r#"
import sys, boto3
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1",
                  aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret")
(found,) = s3.list_objects_v2(Bucket="lake")["Contents"]
print(found["Key"])
print(s3.get_object(Bucket="lake", Key=found["Key"])["Body"].read().decode(), end="")
"#;

const PRODUCT: &str = "{name: shop, version: 1.0.0, models: [{name: sales_by_day, layer: gold}],
  sources: [{name: orders, path: orders.csv, columns: [{name: ordered_on, type: date}]}]}";
const SALES: &str = "SELECT ordered_on, count(*) AS orders FROM {{ source('orders') }} GROUP BY 1";

fn floe(arguments: &[&str]) -> Output {
    let mut floe = Command::new(env!("CARGO_BIN_EXE_floe"));
    let secrets = [("S3_KEY", "AKIDEXAMPLE"), ("S3_SECRET", "secret")];
    floe.args(arguments).envs(secrets).output().unwrap()
}

#[test]
fn a_run_stores_its_gold_table_in_moto() {
    let place = place();
    let reserved = ReservedPort::new();
    let port = reserved.number();
    let mut server = Command::new(place.join("venv/bin/moto_server"));
    server.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    let _server = Process::start(server.stderr(std::process::Stdio::null())).listening_on(port);
    let url = format!("http://127.0.0.1:{port}");
    run(&mut python(&place, BOTO, &[&url]));

    let folder = tempfile::tempdir().unwrap();
    let product = folder.path().join("shop");
    let path = product.to_str().unwrap();
    std::fs::create_dir_all(product.join("models")).unwrap();
    let write = |file, text: &str| std::fs::write(product.join(file), text).unwrap();
    write("floe.yaml", PRODUCT);
    write("orders.csv", "ordered_on\n2026-01-01\n2026-01-02\n2026-01-02\n");
    write("models/sales_by_day.sql", SALES);
    let manifest = |bucket: &str| {
        let text = format!(
            "name: acme\nnamespace: default\nplugins:\n  storage:\n    type: s3\n    bucket: {bucket}\n    endpoint: {url}\n    path_style: true\n    \
             prefix: products/\n    access_key_id: \"${{env:S3_KEY}}\"\n    secret_access_key: \"${{env:S3_SECRET}}\"\n"
        );
        write("manifest.yaml", &text);
    };
    manifest("lake");
    let output = floe(&["run", path]);
    assert!(output.status.success(), "{output:?}");
    let stored = run(&mut python(&place, READ, &[&url]));
    let table = "ordered_on,orders\n2026-01-01,1\n2026-01-02,2\n";
    assert_eq!(stored, format!("products/default/shop/sales_by_day.csv\n{table}"));

    manifest("none");
    let output = floe(&["run", path]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("NoSuchBucket"), "{message}");
    assert!(!message.contains("AKIDEXAMPLE"), "{message}");
}
