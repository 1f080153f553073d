//! A fieldless enum is an attribute value, and its text follows `rename_all`.

use floe_telemetry::FloeAttributes;
use floe_telemetry::attributes::{AttributeValue, ToAttributeValue};

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
            let severities = [$name::Info, $name::HighRisk, $name::_Critical];
            let found = severities.map(|severity| severity.to_attribute_value());
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
