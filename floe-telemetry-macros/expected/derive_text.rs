// #[derive(FloeAttributes)]
// struct Request<T> {
//     #[floe(display)]
//     url: Option<Url<T>>,
//     #[floe(debug)]
//     mode: Mode,
//     #[floe(redact)]
//     token: Option<SecretString>,
// }

#[automatically_derived]
#[allow(deprecated)]
impl<T> ::floe_telemetry::FloeAttributes for Request<T>
where
    T: ::core::fmt::Display,
{
    const KEYS: &'static [&'static ::core::primitive::str] = &["url", "mode", "token"];
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        #[allow(unused_imports)]
        use ::floe_telemetry::__private::Present as _;
        ::floe_telemetry::__private::record(
            __floe_list,
            "url",
            ::floe_telemetry::__private::display(
                ::floe_telemetry::__private::Field(&self.url).__floe_present(),
            ),
        );
        ::floe_telemetry::__private::record(
            __floe_list,
            "mode",
            ::floe_telemetry::__private::debug(
                ::floe_telemetry::__private::Field(&self.mode).__floe_present(),
            ),
        );
        ::floe_telemetry::__private::record(
            __floe_list,
            "token",
            ::floe_telemetry::__private::redact(
                ::floe_telemetry::__private::Field(&self.token).__floe_present(),
            ),
        );
    }
}
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl<T> Request<T> {
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `url`: `url`."] URL = "url"
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `mode`: `mode`."] MODE = "mode"
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `token`: `token`."] TOKEN = "token"
    }
}
