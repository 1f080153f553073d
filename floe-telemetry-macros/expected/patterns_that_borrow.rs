// #[traced(attributes(n))]
// fn f((ref mut text, n): (String, u8), ref list: Vec<u8>) {
//     work(text)
// }

fn f(__floe_argument_0: (String, u8), __floe_argument_1: Vec<u8>) {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f n", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_opening(
        move |__floe_span: &mut ::floe_telemetry::__private::Opened| -> () {
            let mut __floe_argument_0 = __floe_argument_0;
            #[allow(clippy::collection_is_never_read)]
            let (ref mut text, n) = __floe_argument_0;
            let __floe_argument_1 = __floe_argument_1;
            let ref list = __floe_argument_1;
            *__floe_span = {
                let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                    __floe.attribute("n", &(n));
                };
                ::floe_telemetry::__private::enter(
                    &__FLOE_CALLSITE,
                    ::floe_telemetry::__private::Current,
                    ::floe_telemetry::__private::Some(&__floe_fill),
                )
            };
            if false { loop {} } else { work(text) }
        },
        |__floe_span, __floe_value| ::floe_telemetry::__private::end(
            __floe_span,
            __floe_value,
            ::floe_telemetry::__private::outcome::success,
        ),
    )
}
