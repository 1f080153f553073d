//! The project of Google Cloud in which the traces of a program are.

use opentelemetry::{Key, Value};
use opentelemetry_sdk::Resource;

use crate::environment;

/// The variable that Google's own libraries read.
const VARIABLE: &str = "GOOGLE_CLOUD_PROJECT";

/// The most characters of an id. Google allows 30, and more in front for the domain of an organization.
const MAX_ID: usize = 128;

/// Returns the project of a resource, or else that of the environment.
pub(crate) fn google_project(resource: &Resource) -> Option<String> {
    project(resource, environment::variable(VARIABLE).ok())
}

fn project(resource: &Resource, variable: Option<String>) -> Option<String> {
    let text = |key| match resource.get(&Key::from_static_str(key)) {
        Some(Value::String(text)) => Some(text.as_str().to_owned()),
        _ => None,
    };
    // The account of another cloud is no project.
    let is_google = text("cloud.provider").is_none_or(|provider| provider == "gcp");
    [text("gcp.project_id"), text("cloud.account.id").filter(|_| is_google), variable]
        .into_iter()
        .flatten()
        .find(|id| is_id(id))
}

/// Whether a text can be the id of a [project](https://cloud.google.com/resource-manager/docs/creating-managing-projects),
/// such as `my-project-1` or `example.com:my-project`.
fn is_id(text: &str) -> bool {
    let is_allowed = |c: u8| c.is_ascii_alphanumeric() || b"-.:".contains(&c);
    (1..=MAX_ID).contains(&text.len()) && text.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;

    use super::*;

    const OTHER: Option<&str> = Some("of-variable");

    #[test]
    fn the_project_is_that_of_the_resource() {
        let of = |attributes: &[(&'static str, &'static str)]| {
            let attributes = attributes.iter();
            let attributes = attributes.map(|(key, value)| KeyValue::new(*key, *value));
            let resource = Resource::builder_empty().with_attributes(attributes);
            project(&resource.build(), Some("of-variable".to_owned()))
        };
        let account = ("cloud.account.id", "shop-1");
        for (attributes, expected) in [
            (&[account][..], Some("shop-1")),
            (&[account, ("cloud.provider", "gcp")], Some("shop-1")),
            (&[account, ("cloud.provider", "aws")], OTHER),
            (&[account, ("gcp.project_id", "example.com:x")], Some("example.com:x")),
            (&[("cloud.account.id", "<REDACTED>")], OTHER),
            (&[("cloud.account.id", "a/traces/b")], OTHER),
            (&[], OTHER),
        ] {
            assert_eq!(of(attributes).as_deref(), expected, "{attributes:?}");
        }
    }
}
