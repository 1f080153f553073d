// #[derive(FloeAttributes)]
// #[floe(rename_all = "snek_case")]
// enum Mode<T> {
//     One,
//     Two,
// }

#[automatically_derived]
#[allow(deprecated)]
impl<T> ::floe_telemetry::attributes::ToAttributeValue for Mode<T> {
    fn to_attribute_value(
        &self,
    ) -> ::core::option::Option<::floe_telemetry::attributes::AttributeValue> {
        ::core::option::Option::None
    }
}
::core::compile_error! {
    "unknown case `snek_case`, expected one of `lowercase`, `UPPERCASE`, `PascalCase`, `camelCase`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`; did you mean `snake_case`?"
}
