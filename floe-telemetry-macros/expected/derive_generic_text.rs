// #[derive(FloeAttributes)]
// struct Page<'a, I: Iterator, T> {
//     #[floe(display)]
//     first: Option<I::Item>,
//     #[floe(debug)]
//     rest: &'a [(T, <Vec<T> as ToOwned>::Owned)],
// }

#[automatically_derived]
#[allow(deprecated)]
impl<'a, I: Iterator, T> ::floe_telemetry::FloeAttributes for Page<'a, I, T>
where
    I::Item: ::core::fmt::Display,
    T: ::core::fmt::Debug,
    <Vec<T> as ToOwned>::Owned: ::core::fmt::Debug,
{
    const KEYS: &'static [&'static ::core::primitive::str] = &["first", "rest"];
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        #[allow(unused_imports)]
        use ::floe_telemetry::__private::Present as _;
        ::floe_telemetry::__private::record(
            __floe_list,
            "first",
            ::floe_telemetry::__private::display(
                ::floe_telemetry::__private::Field(&self.first).__floe_present(),
            ),
        );
        ::floe_telemetry::__private::record(
            __floe_list,
            "rest",
            ::floe_telemetry::__private::debug(
                ::floe_telemetry::__private::Field(&self.rest).__floe_present(),
            ),
        );
    }
}
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl<'a, I: Iterator, T> Page<'a, I, T> {
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `first`: `first`."] FIRST = "first"
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `rest`: `rest`."] REST = "rest"
    }
}
