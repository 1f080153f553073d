//! The attributes that `#[derive(FloeAttributes)]` records: keys, typed values, and no secrets, for structs, newtypes,
//! nested types, and enums without fields.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::sync::Arc;

use floe_telemetry::attributes::{AttributeValue, ToAttributeValue};
use floe_telemetry::{FloeAttributes, Mode, testing, traced};
use opentelemetry::{Array, Value};
use opentelemetry_semantic_conventions::attribute;
use secrecy::SecretString;

fn recorded(attributes: &impl FloeAttributes) -> Vec<(String, Value)> {
    let pairs = attributes.to_otel_dict().into_iter();
    pairs.map(|pair| (pair.key.to_string(), pair.value)).collect()
}

fn pairs<const N: usize>(pairs: [(&str, Value); N]) -> Vec<(String, Value)> {
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

#[derive(FloeAttributes)]
#[floe(transparent)]
struct TableId(String);

#[derive(FloeAttributes)]
#[floe(transparent)]
struct Limit<T> {
    rows: T,
    #[floe(skip)]
    _reason: &'static str,
}

#[derive(FloeAttributes)]
#[floe(transparent)]
struct ApiKey(#[floe(redact)] String);

#[derive(FloeAttributes)]
#[floe(transparent)]
struct Address(#[floe(display)] Option<std::net::Ipv4Addr>);

#[derive(FloeAttributes)]
struct Scan<'a> {
    table: &'a TableId,
    others: Vec<TableId>,
    limit: Option<Limit<u32>>,
    no_limit: Limit<Option<u32>>,
    #[floe(key = "auth.key")]
    key: ApiKey,
    from: Address,
    to: Address,
}

#[test]
fn a_newtype_is_its_value() {
    let scan = Scan {
        table: &TableId("orders".into()),
        others: vec![TableId("a".into()), TableId("b".into())],
        limit: Some(Limit { rows: 3, _reason: "" }),
        no_limit: Limit { rows: None, _reason: "" },
        key: ApiKey("hunter2".into()),
        from: Address(Some([127, 0, 0, 1].into())),
        to: Address(None),
    };
    assert_eq!(scan.key.0, "hunter2");
    let expected = [
        ("table", "orders".into()),
        ("others", Value::Array(vec!["a".into(), opentelemetry::StringValue::from("b")].into())),
        ("limit", Value::I64(3)),
        ("auth.key", "<REDACTED>".into()),
        ("from", "127.0.0.1".into()),
    ];
    assert_eq!(recorded(&scan), pairs(expected));
}

#[test]
fn unnamed_fields_have_explicit_keys() {
    #[derive(FloeAttributes)]
    struct Pair<'a>(
        #[floe(key = "left")] u8,
        #[floe(key = "right", display)] &'a str,
        #[floe(skip)] (),
    );
    assert_eq!(
        recorded(&Pair(1, "b", ())),
        pairs([("left", Value::I64(1)), ("right", "b".into())])
    );
}

#[derive(FloeAttributes)]
struct Report<'a> {
    rows: u64,
    table: &'a str,
}

#[derive(FloeAttributes)]
#[floe(prefix = "job")]
struct Job<'a, E> {
    id: &'a str,
    attempt: Option<u32>,
    #[floe(key = "error.type", debug)]
    error: Option<E>,
}

#[derive(FloeAttributes)]
#[floe(prefix = "load")]
struct Load<'a, T> {
    #[floe(flatten)]
    report: &'a Report<'a>,
    name: &'a str,
    #[floe(flatten)]
    last: Option<Box<T>>,
}

#[test]
fn nested_attributes_keep_their_keys() {
    let report = Report { rows: 1, table: "a" };
    let job = Job { id: "x", attempt: Some(1), error: Some(2) };
    let mut load = Load { report: &report, name: "daily", last: Some(Box::new(job)) };
    let mut expected = pairs([
        ("rows", Value::I64(1)),
        ("table", "a".into()),
        ("load.name", "daily".into()),
        ("job.id", "x".into()),
        ("job.attempt", Value::I64(1)),
        ("error.type", "2".into()),
    ]);
    assert_eq!(recorded(&load), expected);
    load.last = None;
    expected.truncate(3);
    assert_eq!(recorded(&load), expected);
    let keys = <Load<'_, Job<'_, u8>> as FloeAttributes>::KEYS;
    assert_eq!(keys, ["rows", "table", "load.name", "job.id", "job.attempt", "error.type"]);
}

#[derive(FloeAttributes)]
#[cfg_attr(all(), floe(prefix = "conditional"))]
struct Conditional {
    #[cfg_attr(all(), cfg(all()))]
    here: u8,
    #[cfg_attr(all(), cfg(any()))]
    gone: NoSuchType,
    #[cfg_attr(any(), cfg(any()))]
    stays: u8,
    #[cfg_attr(all(), floe(key = "renamed"))]
    other: u8,
}

#[test]
fn nested_options_are_recorded_or_omitted() {
    let value = Conditional { here: 1, stays: 2, other: 3 };
    let expected =
        [("conditional.here", 1.into()), ("conditional.stays", 2.into()), ("renamed", 3.into())];
    assert_eq!(recorded(&value), pairs(expected));
    assert_eq!(Conditional::KEYS, ["conditional.here", "conditional.stays", "renamed"]);
}

#[derive(FloeAttributes)]
struct Page<I: Iterator> {
    #[floe(display)]
    first: Option<I::Item>,
    #[floe(debug)]
    rest: Vec<<I as Iterator>::Item>,
    #[floe(skip)]
    source: I,
}

#[test]
fn values_of_a_type_parameter_are_recorded_as_text() {
    let mut source = 1..4_u8;
    let value = Page { first: source.next(), rest: vec![2, 3], source };
    let expected = [("first", "1".into()), ("rest", "[2, 3]".into())];
    assert_eq!(recorded(&value), pairs(expected));
    assert_eq!(value.source.len(), 2);
}

#[derive(FloeAttributes)]
struct Scalars {
    truth: bool,
    small: i8,
    wide: u64,
    size: usize,
    widest: i128,
    float: f32,
    double: f64,
    absent: Option<u8>,
    present: Option<Box<i64>>,
}

#[test]
fn values_keep_their_types() {
    let scalars = Scalars {
        truth: true,
        small: -1,
        wide: 7,
        size: 8,
        widest: -9,
        float: 0.5,
        double: 1e300,
        absent: None,
        present: Some(Box::new(i64::MIN)),
    };
    let expected = [
        ("truth", true.into()),
        ("small", Value::I64(-1)),
        ("wide", Value::I64(7)),
        ("size", Value::I64(8)),
        ("widest", Value::I64(-9)),
        ("float", Value::F64(0.5)),
        ("double", Value::F64(1e300)),
        ("present", Value::I64(i64::MIN)),
    ];
    assert_eq!(recorded(&scalars), pairs(expected));
}

#[test]
fn large_integers_become_text_and_nan_stays_a_float() {
    let scalars = Scalars {
        truth: false,
        small: 0,
        wide: u64::MAX,
        size: 0,
        widest: i128::MIN,
        float: f32::INFINITY,
        double: f64::NAN,
        absent: Some(1),
        present: None,
    };
    let recorded = recorded(&scalars);
    assert_eq!(recorded[2].1, "18446744073709551615".into());
    assert_eq!(recorded[4].1, "-170141183460469231731687303715884105728".into());
    assert_eq!(recorded[5].1, Value::F64(f64::INFINITY));
    assert!(matches!(recorded[6].1, Value::F64(value) if value.is_nan()));
    assert_eq!(recorded.last(), Some(&("absent".to_owned(), Value::I64(1))));
}

#[derive(FloeAttributes)]
struct Arrays<'a> {
    flags: Vec<bool>,
    counts: &'a [u32],
    ratios: [f32; 2],
    names: Vec<&'a str>,
    owned: Vec<Cow<'a, str>>,
    modes: [Mode; 2],
    sizes: Vec<u64>,
    gaps: Vec<Option<i64>>,
    table: [[i64; 2]; 2],
    empty: Vec<String>,
}

#[test]
fn arrays_have_elements_of_one_type() {
    let mut arrays = Arrays {
        flags: vec![true, false],
        counts: &[1, 2],
        ratios: [0.5, 1.0],
        names: vec!["a", "b"],
        owned: vec!["c".into()],
        modes: [Mode::Dev, Mode::Prod],
        sizes: vec![1, 2],
        gaps: vec![Some(1), None, Some(3)],
        table: [[1, 2], [3, 4]],
        empty: Vec::new(),
    };
    let strings = |texts: &[&'static str]| {
        Value::Array(Array::String(texts.iter().map(|text| (*text).into()).collect()))
    };
    let mut expected = pairs([
        ("flags", Value::Array(Array::Bool(vec![true, false]))),
        ("counts", Value::Array(Array::I64(vec![1, 2]))),
        ("ratios", Value::Array(Array::F64(vec![0.5, 1.0]))),
        ("names", strings(&["a", "b"])),
        ("owned", strings(&["c"])),
        ("modes", strings(&["dev", "prod"])),
        ("sizes", Value::Array(Array::I64(vec![1, 2]))),
        ("gaps", Value::Array(Array::I64(vec![1, 3]))),
        ("table", strings(&["[1,2]", "[3,4]"])),
        ("empty", strings(&[])),
    ]);
    assert_eq!(recorded(&arrays), expected);
    arrays.sizes.push(u64::MAX);
    expected[6].1 = strings(&["1", "2", "18446744073709551615"]);
    assert_eq!(recorded(&arrays), expected);
}

/// A fieldless enum is an attribute value: its text follows `rename_all`.
macro_rules! severities {
    ($($name:ident $(= $case:literal)?: [$($text:literal)*];)*) => {$(
        #[derive(FloeAttributes)]
        $(#[floe(rename_all = $case)])?
        enum $name {
            Info,
            HighRisk,
            #[floe(rename = "Fatal!")]
            _Critical,
        }

        #[test]
        #[expect(non_snake_case, reason = "the name of the case")]
        fn $name() {
            let found = [$name::Info, $name::HighRisk, $name::_Critical];
            let found = found.map(|severity| severity.to_attribute_value());
            assert_eq!(found, [$($text,)* "Fatal!"].map(|text| Some(AttributeValue::Static(text))));
        }
    )*};
}

mod a_variant_without_data_is_text {
    use super::*;

    severities! {
        AsWritten: ["Info" "HighRisk"];
        Lower = "lowercase": ["info" "highrisk"];
        Upper = "UPPERCASE": ["INFO" "HIGHRISK"];
        Pascal = "PascalCase": ["Info" "HighRisk"];
        Camel = "camelCase": ["info" "highRisk"];
        Snake = "snake_case": ["info" "high_risk"];
        ScreamingSnake = "SCREAMING_SNAKE_CASE": ["INFO" "HIGH_RISK"];
        Kebab = "kebab-case": ["info" "high-risk"];
        ScreamingKebab = "SCREAMING-KEBAB-CASE": ["INFO" "HIGH-RISK"];
    }
}
