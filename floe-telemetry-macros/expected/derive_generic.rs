#[automatically_derived]
#[allow(deprecated)]
impl<T: Clone, U> ::floe_telemetry::FloeAttributes for Pair<T, U>
where
    U: Ord,
    T: ::floe_telemetry::attributes::ToAttributeValue,
    Option<U>: ::floe_telemetry::attributes::ToAttributeValue,
{
    const KEYS: &'static [&'static ::core::primitive::str] = &[
        "first",
        "second",
        "third",
    ];
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        __floe_list.set("first", &self.first);
        __floe_list.set("second", &self.second);
        __floe_list.set("third", &self.third);
    }
}
#[automatically_derived]
#[allow(dead_code)]
impl<T: Clone, U> Pair<T, U>
where
    U: Ord,
{
    /// The key of `first`: `first`.
    const FIRST: &'static ::core::primitive::str = "first";
    /// The key of `second`: `second`.
    const SECOND: &'static ::core::primitive::str = "second";
    /// The key of `third`: `third`.
    const THIRD: &'static ::core::primitive::str = "third";
}
