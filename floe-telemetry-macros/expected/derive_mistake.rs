#[automatically_derived]
#[allow(deprecated)]
impl<T> ::floe_telemetry::FloeAttributes for Mode<T> {
    const KEYS: &'static [&'static ::core::primitive::str] = &[];
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {}
}
::core::compile_error! {
    "`FloeAttributes` does not support enums yet, only structs with named fields"
}
