//! The contract of the plugin `s3` (storage).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use floe_plugin::storage::ObjectStore;
use floe_plugin::{ErrorKind, Handle, PluginType};
use serde_json::json;
use tempfile::NamedTempFile;

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, credential, failures, plugins};

/// The part of S3 that is needed: objects of the bucket `lake`, lists of two keys a page, multipart uploads.
#[derive(Default)]
struct S3 {
    objects: BTreeMap<String, Vec<u8>>,
    parts: BTreeMap<u16, Vec<u8>>,
    /// A request with this method and a part of this path is refused.
    refuses: Option<(&'static str, &'static str)>,
}

fn refused(status: u16, code: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>refused</Message></Error>"
    );
    let headers = vec![("content-type", "application/xml".to_owned())];
    Answer::Status(status, headers, body.into_bytes())
}

fn xml(root: &str, content: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{content}</{root}>"
    );
    let headers = vec![("content-type", "application/xml".to_owned())];
    Answer::Status(200, headers, body.into_bytes())
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let hex = std::str::from_utf8(&rest[..2]).unwrap();
            bytes.push(u8::from_str_radix(hex, 16).unwrap());
            rest = &rest[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The parameters of a request that is signed as S3 demands.
fn signed(query: &str) -> Option<BTreeMap<String, String>> {
    let parameters: BTreeMap<String, String> = query
        .split('&')
        .filter_map(|parameter| parameter.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    let is = |name: &str, accepted: &dyn Fn(&str) -> bool| {
        parameters.get(name).is_some_and(|value| accepted(value))
    };
    let date = parameters.get("X-Amz-Date")?.get(..8)?;
    let scope = format!("AKIDEXAMPLE/{date}/eu-central-1/s3/aws4_request");
    let is_signed = is("X-Amz-Algorithm", &|it| it == "AWS4-HMAC-SHA256")
        && is("X-Amz-Credential", &|it| it == scope)
        && is("X-Amz-SignedHeaders", &|it| it == "host")
        && is("X-Amz-Security-Token", &|it| it == CANARY)
        && is("X-Amz-Signature", &|it| {
            it.len() == 64 && it.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
    is_signed.then_some(parameters)
}

impl S3 {
    fn answer(&mut self, request: &Received) -> Answer {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let Some(parameters) = signed(query) else {
            return refused(403, "SignatureDoesNotMatch");
        };
        if let Some((method, part)) = self.refuses
            && request.method == method
            && request.path.contains(part)
        {
            return refused(500, "InternalError");
        }
        let Some(path) = path.strip_prefix("/lake/") else {
            return refused(404, "NoSuchBucket");
        };
        let key = decode(path);
        let upload = parameters.get("uploadId").map(String::as_str);
        if matches!(request.method.as_str(), "PUT" | "POST")
            && request.header("content-length").is_none()
        {
            return refused(411, "MissingContentLength");
        }
        match (request.method.as_str(), key.as_str(), upload) {
            ("HEAD", "", None) => Answer::text(200, ""),
            (_, "", _) => refused(405, "MethodNotAllowed"),
            ("PUT", _, None) => {
                self.objects.insert(key, request.body.clone());
                Answer::Status(200, vec![("etag", "\"e\"".to_owned())], Vec::new())
            }
            ("POST", _, None) if query.contains("uploads=") => {
                let content =
                    format!("<Bucket>lake</Bucket><Key>{key}</Key><UploadId>u+1</UploadId>");
                xml("InitiateMultipartUploadResult", &content)
            }
            ("PUT", _, Some("u+1")) => {
                let number: u16 = parameters["partNumber"].parse().unwrap();
                self.parts.insert(number, request.body.clone());
                Answer::Status(200, vec![("etag", format!("\"part-{number}\""))], Vec::new())
            }
            ("POST", _, Some("u+1")) => {
                let mut expected = String::from("<CompleteMultipartUpload>");
                for number in self.parts.keys() {
                    write!(expected,
                        "<Part><ETag>\"part-{number}\"</ETag><PartNumber>{number}</PartNumber></Part>"
                    ).unwrap();
                }
                expected.push_str("</CompleteMultipartUpload>");
                let body = String::from_utf8(request.body.clone()).unwrap();
                let sizes: Vec<usize> = self.parts.values().map(Vec::len).collect();
                if body.replace("&quot;", "\"") != expected {
                    return refused(400, "InvalidPart");
                }
                if sizes.iter().rev().skip(1).any(|size| *size < 5 << 20) {
                    return refused(400, "EntityTooSmall");
                }
                if self.refuses == Some(("POST", "complete")) {
                    // S3 sends the status before it has an error.
                    let Answer::Status(_, headers, body) = refused(200, "InternalError") else {
                        unreachable!()
                    };
                    return Answer::Status(200, headers, body);
                }
                let parts = std::mem::take(&mut self.parts);
                self.objects.insert(key, parts.into_values().flatten().collect());
                xml("CompleteMultipartUploadResult", "<ETag>\"e-3\"</ETag>")
            }
            ("DELETE", _, Some("u+1")) => {
                self.parts.clear();
                Answer::text(204, "")
            }
            _ => refused(405, "MethodNotAllowed"),
        }
    }
}

fn service(store: &Arc<Mutex<S3>>) -> Service {
    let store = Arc::clone(store);
    Service::start(move |request| store.lock().unwrap().answer(request))
}

fn with<T>(url: &str, timeout: f64, run: impl FnOnce(&Handle<dyn ObjectStore>) -> T) -> T {
    let (_secret, secret) = credential(CANARY);
    let (_id, id) = credential("AKIDEXAMPLE");
    let config = json!({
        "bucket": "lake",
        "region": "eu-central-1",
        "endpoint": url,
        "path_style": true,
        "prefix": "products/",
        "access_key_id": id,
        "secret_access_key": secret,
        "session_token": secret,
        "timeout": timeout,
    });
    let plugins = plugins(PluginType::Storage, "s3", config);
    run(&plugins.one::<dyn ObjectStore>().unwrap())
}

/// A file of this size, with bytes that differ between its parts.
fn file(size: usize) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    let content: Vec<u8> =
        (0..size).map(|index| u8::try_from(index / 1000 % 251).unwrap()).collect();
    file.write_all(&content).unwrap();
    file
}

const KEY: &str = "sales/größe ü+1.csv";

pub(crate) fn contract() -> Contract {
    let denied = || Service::start(|_| refused(403, "AccessDenied"));
    Contract::new(PluginType::Storage, "s3", "moto; stand-in for failures").operation(
        "put_object",
        &["storage.system=*", "storage.bucket=lake", "storage.bytes_written=1000"],
        || {
            let store = Arc::default();
            let service = service(&store);
            let file = file(1000);
            let bytes = with(&service.url, 10.0, |s3| s3.put_object(KEY, file.path()))?;
            assert_eq!(bytes, 1000);
            let request = service.single();
            assert_eq!(request.method, "PUT");
            assert!(request.header("traceparent").is_some());
            let objects = &store.lock().unwrap().objects;
            assert_eq!(objects[&format!("products/{KEY}")], fs::read(file.path())?);
            Ok(())
        },
        move || {
            let file = file(1);
            with(&denied().url, 10.0, |s3| s3.put_object(KEY, file.path())).map(drop)
        },
    )
}

#[test]
fn a_large_file_is_uploaded_in_parts() {
    let store: Arc<Mutex<S3>> = Arc::default();
    let service = service(&store);
    let file = file((17 << 20) + 1);
    with(&service.url, 60.0, |s3| s3.put_object("big", file.path())).unwrap();
    let store = store.lock().unwrap();
    assert!(store.objects["products/big"] == fs::read(file.path()).unwrap());
    // Created, three parts, completed.
    assert_eq!(service.received().len(), 5);
}

#[test]
fn a_large_file_that_fails_leaves_nothing() {
    for (method, part) in [("PUT", "partNumber=2"), ("POST", "uploadId"), ("POST", "complete")] {
        let store = Arc::new(Mutex::new(S3 { refuses: Some((method, part)), ..S3::default() }));
        let service = service(&store);
        let file = file(17 << 20);
        let result = with(&service.url, 60.0, |s3| s3.put_object("big", file.path()));
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
        assert!(error.to_string().contains("InternalError"), "{error}");
        let store = store.lock().unwrap();
        assert!(store.objects.is_empty() && store.parts.is_empty(), "{part}");
        assert_eq!(service.received().last().unwrap().method, "DELETE", "{part}");
    }
}

#[test]
fn an_empty_file_is_an_object() {
    let store: Arc<Mutex<S3>> = Arc::default();
    let service = service(&store);
    let file = file(0);
    let bytes = with(&service.url, 10.0, |s3| s3.put_object("empty", file.path())).unwrap();
    assert_eq!(bytes, 0);
    assert_eq!(service.single().header("content-length"), Some("0"));
    assert_eq!(store.lock().unwrap().objects["products/empty"], b"");
}

#[test]
fn a_key_that_a_url_cannot_have_is_refused() {
    let service = Service::start(|_| refused(500, "InternalError"));
    let file = file(1);
    for key in ["", ".", "a/../b", "..", "a\nb", &"a".repeat(1024)] {
        let stored = with(&service.url, 10.0, |s3| s3.put_object(key, file.path()));
        let error = stored.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{key}: {error}");
    }
    assert!(service.received().is_empty());
}

#[test]
fn s3_that_refuses_hangs_or_is_none() {
    let file = file(10);
    failures::check(
        |_| None,
        |url, timeout| with(url, timeout, |s3| s3.put_object("a", file.path())).map(drop),
    );
}
