//! Objects in Amazon S3 or a compatible store, over its REST API with signatures of version 4.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use floe_plugin::storage::{ObjectStore, System};
use floe_plugin::{Credential, Endpoint, Error, ErrorKind, Lifecycle};
use rusty_s3::actions::CreateMultipartUpload;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::address::ServiceUrl;
use crate::http::{Client, Method, Request, Response};

floe_plugin::plugin! {
    kind: ObjectStore,
    plugin: S3,
    name: "s3",
    tracer: "floe.storage.s3",
    api: "1.0",
    description: "stores objects in Amazon S3 or a compatible store",
}

/// The validity of a signature, which is used at once. Clocks may differ by minutes.
const VALIDITY: Duration = Duration::from_secs(900);

/// The size of a part. Files up to this size need one request.
const PART: u64 = 8 << 20;

/// The maximum number of parts in S3.
const MOST_PARTS: u64 = 10_000;

/// The maximum size of a file in S3: 5 TiB.
const LARGEST_FILE: u64 = 5 << 40;

/// The maximum length of a key in S3, in bytes.
const LONGEST_KEY: usize = 1024;

/// Objects in a bucket of Amazon S3 or of a compatible store.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct S3 {
    /// The bucket.
    bucket: String,
    /// The region.
    #[serde(default = "default_region")]
    region: String,
    /// The URL of a compatible store. Default: Amazon's in the region.
    endpoint: Option<ServiceUrl>,
    /// Whether the bucket is in the path of the URL and not in the name of the host. Most compatible stores
    /// need it.
    #[serde(default)]
    path_style: bool,
    /// The beginning of all keys, for example `products/`.
    #[serde(default)]
    prefix: String,
    /// The id of the access key.
    access_key_id: Credential,
    /// The secret of the access key.
    secret_access_key: Credential,
    /// The session token of a temporary access key.
    session_token: Option<Credential>,
    /// The time limit of a request in seconds; a part of a large file is one. Default: 60.
    #[serde(default = "default_client", rename = "timeout")]
    client: Client,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

fn default_client() -> Client {
    Client::with_timeout(Duration::from_secs(60))
}

impl Lifecycle for S3 {
    fn start(&self) -> Result<(), Error> {
        self.connect().map(drop)
    }

    fn health_check(&self) -> Result<(), Error> {
        let s3 = self.connect()?;
        let url = s3.bucket.head_bucket(Some(&s3.credentials)).sign(VALIDITY);
        s3.send(Request::new(Method::HEAD, url.as_str())).map(drop)
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        let url = match self.addressed() {
            Ok(bucket) => bucket.base_url().to_string(),
            // Without a start nothing has checked it.
            Err(_) => self.url(),
        };
        vec![Endpoint::Url(url)]
    }
}

impl ObjectStore for S3 {
    fn system(&self) -> System {
        System::S3
    }

    fn bucket(&self) -> Option<&str> {
        Some(&self.bucket)
    }

    fn warehouse_uri(&self) -> String {
        let uri = format!("s3://{}/{}", self.bucket, self.prefix);
        uri.trim_end_matches('/').to_owned()
    }

    fn put_object(&self, key: &str, file: &Path) -> Result<u64, Error> {
        let key = self.key(key)?;
        let s3 = self.connect()?;
        let mut opened = File::open(file)?;
        let metadata = opened.metadata()?;
        let size = metadata.len();
        if !metadata.is_file() || size > LARGEST_FILE {
            let message =
                format!("expected a regular file of at most 5 TiB, found `{}`", file.display());
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        if size <= PART {
            let body = read_part(&mut opened, size, file)?;
            let action = s3.bucket.put_object(Some(&s3.credentials), &key);
            let url = action.sign(VALIDITY);
            s3.send(Request::new(Method::PUT, url.as_str()).body(KIND, body))?;
        } else {
            s3.put_parts(&key, &mut opened, size, file)?;
        }
        Ok(size)
    }
}

const KIND: &str = "application/octet-stream";

/// The bucket with the signer of its requests.
struct Connection<'a> {
    bucket: Bucket,
    credentials: Credentials,
    client: &'a Client,
    session_token: Option<&'a str>,
    secret: &'a str,
}

impl S3 {
    fn url(&self) -> String {
        match &self.endpoint {
            // Without a slash, the bucket would replace the last part of a path.
            Some(endpoint) => endpoint.at("/"),
            None => format!("https://s3.{}.amazonaws.com", self.region),
        }
    }

    /// The bucket with its address.
    fn addressed(&self) -> Result<Bucket, Error> {
        let endpoint = self.url();
        let style = if self.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let refused = |found: &str| {
            let message = format!(
                "endpoint: expected a URL such as https://s3.example, with `path_style: true` if the host is an IP address, found `{found}`"
            );
            Error::new(ErrorKind::InvalidInput, message)
        };
        let url = Url::parse(&endpoint).map_err(|_| refused(&endpoint))?;
        Bucket::new(url, style, self.bucket.clone(), self.region.clone())
            .map_err(|_| refused(&endpoint))
    }

    fn connect(&self) -> Result<Connection<'_>, Error> {
        let bucket = self.addressed()?;
        let session_token = self.session_token.as_ref().map(Credential::expose).transpose()?;
        let (id, secret) = (self.access_key_id.expose()?, self.secret_access_key.expose()?);
        let credentials = match session_token {
            Some(token) => Credentials::new_with_token(id, secret, token),
            None => Credentials::new(id, secret),
        };
        Ok(Connection { bucket, credentials, client: &self.client, session_token, secret })
    }

    /// The key in the bucket. `.` and `..` are refused as parts of it, because a URL would lead to another object or
    /// bucket.
    fn key(&self, key: &str) -> Result<String, Error> {
        let whole = format!("{}{key}", self.prefix);
        let is_accepted = !key.is_empty()
            && whole.len() <= LONGEST_KEY
            && !whole.split('/').any(|part| matches!(part, "." | ".."))
            && !whole.contains(char::is_control);
        if is_accepted {
            return Ok(whole);
        }
        let message = format!(
            "expected 1 to {LONGEST_KEY} bytes of text without `.` or `..` between slashes, found the key `{}`",
            whole.chars().take(80).collect::<String>()
        );
        Err(Error::new(ErrorKind::InvalidInput, message))
    }
}

impl<'a> Connection<'a> {
    fn credentials_of<'r>(&self, request: Request<'r>) -> Request<'r>
    where
        'a: 'r,
    {
        let request = request.credential(self.secret);
        match self.session_token {
            Some(token) => request.credential(token),
            None => request,
        }
    }

    fn send(&self, request: Request<'_>) -> Result<Response, Error> {
        self.client.send(&self.credentials_of(request))
    }

    /// Uploads a file in parts. The object appears when the upload is complete, and no part remains after a failure.
    fn put_parts(&self, key: &str, opened: &mut File, size: u64, file: &Path) -> Result<(), Error> {
        let action = self.bucket.create_multipart_upload(Some(&self.credentials), key);
        let url = action.sign(VALIDITY);
        let created = self.send(Request::post(url.as_str()).body(KIND, Vec::new()).once())?;
        let created = CreateMultipartUpload::parse_response(text(&created)?)
            .map_err(|error| not_the_protocol(&error))?;
        let upload = created.upload_id();
        let result = self.complete(key, upload, opened, size, file);
        if result.is_err() {
            let action = self.bucket.abort_multipart_upload(Some(&self.credentials), key, upload);
            let url = action.sign(VALIDITY);
            // The error of the upload is reported. The bucket's lifecycle rules remove what remains.
            let _ = self.send(Request::new(Method::DELETE, url.as_str()));
        }
        result
    }

    fn complete(
        &self,
        key: &str,
        upload: &str,
        opened: &mut File,
        size: u64,
        file: &Path,
    ) -> Result<(), Error> {
        let part = PART.max(size.div_ceil(MOST_PARTS));
        let mut tags: Vec<String> = Vec::new();
        let mut remaining = size;
        for number in 1..=u16::MAX {
            if remaining == 0 {
                break;
            }
            let length = part.min(remaining);
            let body = read_part(opened, length, file)?;
            let action = self.bucket.upload_part(Some(&self.credentials), key, number, upload);
            let url = action.sign(VALIDITY);
            let response = self.send(Request::new(Method::PUT, url.as_str()).body(KIND, body))?;
            let tag = response.headers.get("etag").and_then(|tag| tag.to_str().ok());
            tags.push(tag.ok_or_else(|| not_the_protocol(&"a part has no ETag"))?.to_owned());
            remaining -= length;
        }
        let action = self.bucket.complete_multipart_upload(
            Some(&self.credentials),
            key,
            upload,
            tags.iter().map(String::as_str),
        );
        let url = action.sign(VALIDITY);
        let body = action.body().into_bytes();
        let response =
            self.send(Request::post(url.as_str()).body("application/xml", body).once())?;
        // S3 sends the status before it has completed the upload, so the body may be an error.
        let body = text(&response)?;
        if body.contains("<CompleteMultipartUploadResult") {
            return Ok(());
        }
        let quote: String = body.chars().take(200).collect();
        let message = format!("the upload is not complete: {quote}");
        Err(Error::new(ErrorKind::InvalidResponse, message))
    }
}

/// Reads exactly this many bytes.
fn read_part(opened: &mut File, length: u64, file: &Path) -> Result<Vec<u8>, Error> {
    let mut part = Vec::new();
    opened.take(length).read_to_end(&mut part)?;
    if part.len() as u64 == length {
        return Ok(part);
    }
    let message = format!("`{}` became shorter while it was read", file.display());
    Err(Error::new(ErrorKind::InvalidInput, message))
}

fn text(response: &Response) -> Result<&str, Error> {
    std::str::from_utf8(&response.body).map_err(|error| not_the_protocol(&error))
}

fn not_the_protocol(what: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidResponse, format!("the response is not the XML of S3: {what}"))
}
