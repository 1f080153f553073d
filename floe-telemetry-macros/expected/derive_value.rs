// #[derive(FloeAttributes)]
// #[floe(rename_all = "kebab-case")]
// enum Severity {
//     Info,
//     /// Wakes somebody up.
//     HighRisk,
//     #[floe(rename = "fatal")]
//     #[deprecated]
//     Critical,
// }

#[automatically_derived]
#[allow(deprecated)]
impl ::floe_telemetry::attributes::ToAttributeValue for Severity {
    const TYPE: ::floe_telemetry::attributes::AttributeType = ::floe_telemetry::attributes::AttributeType::Enum(
        &[
            ::floe_telemetry::attributes::AttributeMember::new("info", "info"),
            ::floe_telemetry::attributes::AttributeMember::new("high_risk", "high-risk")
                .with_docs("Wakes somebody up.", ""),
            ::floe_telemetry::attributes::AttributeMember::new("critical", "fatal")
                .deprecated(""),
        ],
    );
    #[inline]
    fn to_attribute_value(
        &self,
    ) -> ::core::option::Option<::floe_telemetry::attributes::AttributeValue> {
        ::core::option::Option::Some(
            ::floe_telemetry::attributes::AttributeValue::Static(
                match self {
                    Self::Info => "info",
                    Self::HighRisk => "high-risk",
                    Self::Critical => "fatal",
                },
            ),
        )
    }
}
