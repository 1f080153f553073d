// #[derive(FloeAttributes)]
// struct Pair<T: Clone, U = u8>
// where
//     U: Ord,
// {
//     first: T,
//     second: Option<U>,
//     third: T,
// }

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
#[allow(dead_code, deprecated)]
impl<T: Clone, U> Pair<T, U>
where
    U: Ord,
{
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `first`: `first`."] FIRST = "first"
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `second`: `second`."] SECOND = "second"
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `third`: `third`."] THIRD = "third"
    }
}
