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
