//! The attributes that `#[derive(FloeAttributes)]` records: keys, texts, and no secrets.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::sync::Arc;

use floe_telemetry::{FloeAttributes, Mode, testing, traced};
use opentelemetry::Value;
use opentelemetry_semantic_conventions::attribute;
use secrecy::SecretString;

pub(crate) fn recorded(attributes: &impl FloeAttributes) -> Vec<(String, Value)> {
    let pairs = attributes.to_otel_dict().into_iter();
    pairs.map(|pair| (pair.key.to_string(), pair.value)).collect()
}

pub(crate) fn pairs<const N: usize>(pairs: [(&str, Value); N]) -> Vec<(String, Value)> {
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}

struct Url(&'static str);

impl Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

mod keys {
    pub(super) const SEVERITY: &str = "alert.severity";
}

#[derive(FloeAttributes)]
#[floe(prefix = "alert")]
struct Alert<'a, T> {
    channel: &'a str,
    #[floe(key = "destination")]
    to: Cow<'a, str>,
    #[floe(key = keys::SEVERITY)]
    severity: Option<T>,
    #[floe(key = attribute::ERROR_TYPE)]
    error: Option<Arc<str>>,
    #[floe(skip)]
    body: PhantomData<T>,
    r#type: char,
}

#[test]
fn keys_are_prefixed_names_or_explicit_keys() {
    let alert = Alert {
        channel: "slack",
        to: "#ops".into(),
        severity: Some(Mode::Dev),
        error: Some("timeout".into()),
        body: PhantomData,
        r#type: 'a',
    };

    let expected = [
        ("alert.channel", "slack".into()),
        ("destination", "#ops".into()),
        ("alert.severity", "dev".into()),
        ("error.type", "timeout".into()),
        ("alert.type", "a".into()),
    ];
    assert_eq!(recorded(&alert), pairs(expected));
    let keys = ["alert.channel", "destination", "alert.severity", "error.type", "alert.type"];
    assert_eq!(Alert::<u8>::KEYS, keys);
    assert_eq!((Alert::<u8>::CHANNEL, Alert::<u8>::ERROR), ("alert.channel", "error.type"));
    assert_eq!(alert.body, PhantomData);
}

#[derive(FloeAttributes)]
struct Request<T> {
    #[floe(display)]
    url: Url,
    #[floe(display)]
    proxy: Option<T>,
    #[floe(debug)]
    modes: Vec<Mode>,
    #[floe(debug)]
    fallback: Option<Mode>,
    #[floe(redact)]
    password: SecretString,
    #[floe(redact)]
    token: Option<SecretString>,
    #[floe(key = "page.token")]
    page_token: &'static str,
}

fn request() -> Request<Url> {
    Request {
        url: Url("https://a.b"),
        proxy: Some(Url("socks://c")),
        modes: vec![Mode::Dev],
        fallback: Some(Mode::Prod),
        password: "hunter2".into(),
        token: Some("hunter3".into()),
        page_token: "2",
    }
}

#[test]
fn absent_values_are_not_recorded() {
    let mut request = request();
    let expected = pairs([
        ("url", "https://a.b".into()),
        ("proxy", "socks://c".into()),
        ("modes", "[Dev]".into()),
        ("fallback", "Prod".into()),
        ("password", "<REDACTED>".into()),
        ("token", "<REDACTED>".into()),
        ("page.token", "2".into()),
    ]);
    assert_eq!(recorded(&request), expected);
    (request.proxy, request.fallback, request.token) = (None, None, None);
    let keys: Vec<_> = recorded(&request).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["url", "modes", "password", "page.token"]);
}

#[test]
fn redacting_does_not_touch_the_value() {
    struct Untouchable;
    #[derive(FloeAttributes)]
    struct Login<T> {
        #[floe(redact)]
        secret: Untouchable,
        #[floe(redact)]
        other_secret: T,
    }

    let login = Login { secret: Untouchable, other_secret: [Untouchable] };
    let expected = [("secret", "<REDACTED>".into()), ("other_secret", "<REDACTED>".into())];
    assert_eq!(recorded(&login), pairs(expected));
}

#[test]
fn a_span_carries_what_the_derive_records() {
    #[traced(floe_attributes = request)]
    fn send(request: &Request<Url>) {
        let _ = request;
    }

    testing::capture(|| send(&request()))
        .single("send")
        .assert_attribute("url", "https://a.b")
        .assert_attribute("password", "<REDACTED>");
}
