//! A schema contains everything that a registry of semantic conventions requires.

use std::fmt::Write;

use floe_telemetry::FloeAttributes;
use floe_telemetry::attributes::{AttributeGroup, AttributeType};

use super::derive_schema::Severity;

/// A registry for OpenTelemetry's Weaver, as a program would write it.
fn registry(groups: &[AttributeGroup]) -> String {
    let mut yaml = String::from("groups:\n");
    for group in groups {
        let _ = writeln!(yaml, "  - id: registry.{}\n    type: attribute_group", group.id);
        let _ = writeln!(yaml, "    brief: {:?}\n    attributes:", group.brief);
        for attribute in group.attributes {
            let _ = writeln!(yaml, "      - id: {}", attribute.key);
            if let AttributeType::Enum(members) = attribute.value_type {
                yaml += "        type:\n          members:\n";
                for member in members {
                    let _ = writeln!(
                        yaml,
                        "            - id: {}\n              value: {:?}",
                        member.id, member.value
                    );
                }
            } else {
                let _ = writeln!(yaml, "        type: {}", attribute.value_type.as_str());
            }
            let _ = writeln!(yaml, "        requirement_level: {}", attribute.requirement.as_str());
            if !attribute.examples.is_empty() {
                let _ = writeln!(yaml, "        examples: {:?}", attribute.examples);
            }
        }
    }
    yaml
}

#[test]
fn a_registry_is_a_loop_over_the_fields() {
    #[derive(FloeAttributes)]
    #[floe(prefix = "page")]
    /// A page.
    struct Page {
        #[floe(examples = [1])]
        number: u16,
        severity: Option<Severity>,
    }
    let expected = "\
groups:
  - id: registry.page
    type: attribute_group
    brief: \"A page.\"
    attributes:
      - id: page.number
        type: int
        requirement_level: required
        examples: [\"1\"]
      - id: page.severity
        type:
          members:
            - id: info
              value: \"info\"
            - id: high_risk
              value: \"high-risk\"
            - id: fatal
              value: \"fatal\"
        requirement_level: recommended
";
    assert_eq!(registry(&[Page::GROUP]), expected);
}
