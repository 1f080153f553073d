//! `SCHEMA` and `GROUP`: the attributes of a type.

use floe_telemetry::FloeAttributes;
use floe_telemetry::attributes::{
    AttributeGroup, AttributeSchema, AttributeType, Requirement, ToAttributeValue,
};

#[derive(FloeAttributes)]
#[floe(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the schema counts")]
pub(crate) enum Severity {
    Info,
    /// Pages
    /// the on-call engineer.
    ///
    /// At night, too.
    HighRisk,
    /// Not used.
    #[deprecated(since = "2.0.0", note = "use `high-risk`")]
    Fatal,
}

#[derive(FloeAttributes)]
#[floe(transparent)]
struct Destination<'a>(&'a str);

/// An alert
/// on its way.
///
/// It may be lost.
#[derive(FloeAttributes)]
#[floe(prefix = "alert")]
struct Alert<'a> {
    /// Where it goes.
    ///
    /// One of the configured names.
    #[floe(examples = ["slack", "email"])]
    channel: &'a str,
    severity: Option<Severity>,
    to: Destination<'a>,
    /// The tries so far.
    #[floe(examples = [0, 3])]
    attempts: u64,
    #[floe(display)]
    address: Option<std::net::IpAddr>,
    #[floe(redact)]
    token: Option<String>,
    #[deprecated = "use `channel`"]
    target: Vec<String>,
    anything: floe_telemetry::attributes::AttributeValue,
}

#[expect(clippy::unwrap_used, reason = "a test fails without it")]
fn find<A: FloeAttributes>(key: &str) -> &'static AttributeSchema {
    A::SCHEMA.iter().find(|schema| schema.key == key).unwrap()
}

#[test]
fn types_and_requirements_come_from_the_type_of_the_field() {
    let found = Alert::SCHEMA
        .iter()
        .map(|schema| (schema.key, schema.value_type.as_str(), schema.requirement));
    let expected = [
        ("alert.channel", "string", Requirement::Required),
        ("alert.severity", "string", Requirement::Optional),
        ("alert.to", "string", Requirement::Required),
        ("alert.attempts", "int", Requirement::Required),
        ("alert.address", "string", Requirement::Optional),
        ("alert.token", "string", Requirement::Optional),
        ("alert.target", "string[]", Requirement::Required),
        ("alert.anything", "any", Requirement::Required),
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!(<f32>::TYPE, AttributeType::Double);
    assert_eq!(<&[Option<bool>]>::TYPE, AttributeType::Booleans);
    assert_eq!(<Vec<Severity>>::TYPE, AttributeType::Texts);
}

#[test]
fn the_schema_contains_documentation_examples_and_deprecations() {
    let channel = find::<Alert<'_>>("alert.channel");
    assert_eq!((channel.brief, channel.note), ("Where it goes.", "One of the configured names."));
    assert_eq!(channel.examples, ["slack", "email"]);
    assert_eq!(find::<Alert<'_>>("alert.attempts").examples, ["0", "3"]);
    assert_eq!(find::<Alert<'_>>("alert.target").deprecated, Some("use `channel`"));
    assert!(find::<Alert<'_>>("alert.token").redacted);
    let AttributeGroup { id, brief, note, attributes, .. } = Alert::GROUP;
    assert_eq!((id, brief, note), ("alert", "An alert on its way.", "It may be lost."));
    assert_eq!(attributes, Alert::SCHEMA);
}

#[test]
fn an_enum_without_data_is_its_members() {
    let AttributeType::Enum(members) = find::<Alert<'_>>("alert.severity").value_type else {
        panic!("no members");
    };
    let found: Vec<_> =
        members.iter().map(|member| (member.id, member.value, member.brief)).collect();
    let expected = [
        ("info", "info", ""),
        ("high_risk", "high-risk", "Pages the on-call engineer."),
        ("fatal", "fatal", "Not used."),
    ];
    assert_eq!(found, expected);
    assert_eq!(members[1].note, "At night, too.");
    assert_eq!(members[2].deprecated, Some("use `high-risk`"));
}

#[derive(FloeAttributes)]
#[expect(dead_code, reason = "only the schema counts")]
enum Job<'a> {
    Started { id: &'a str, attempt: u32, mode: bool },
    Failed { id: &'a str, attempt: Option<u32>, mode: u8 },
}

#[derive(FloeAttributes)]
struct Run<'a> {
    #[floe(flatten)]
    alert: Option<Alert<'a>>,
    /// The job.
    #[floe(flatten, prefix = "run")]
    job: Job<'a>,
}

#[derive(FloeAttributes)]
#[expect(dead_code, reason = "only the schema counts")]
enum Other {
    A { a: u8, both: u8 },
    B { both: u8, b: u8 },
    C { both: u8 },
}

#[test]
fn fields_that_some_variants_lack_are_optional() {
    let found: Vec<_> = Job::SCHEMA
        .iter()
        .map(|schema| (schema.key, schema.value_type, schema.requirement))
        .collect();
    let expected = [
        ("id", AttributeType::Text, Requirement::Required),
        ("attempt", AttributeType::Int, Requirement::Optional),
        ("mode", AttributeType::Anything, Requirement::Required),
    ];
    assert_eq!(found, expected);
    let optional =
        Other::SCHEMA.iter().filter(|schema| schema.requirement == Requirement::Optional);
    assert_eq!(optional.map(|schema| schema.key).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn a_nested_type_brings_its_schema() {
    assert_eq!(Run::SCHEMA.len(), Alert::SCHEMA.len() + Job::SCHEMA.len());
    let channel = find::<Run<'_>>("alert.channel");
    assert_eq!((channel.brief, channel.requirement), ("Where it goes.", Requirement::Optional));
    assert_eq!(find::<Run<'_>>("run.id").requirement, Requirement::Required);
    assert_eq!(Run::GROUP.id, "run");
}
