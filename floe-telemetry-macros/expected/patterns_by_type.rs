// #[traced(attributes(left))]
// fn f((left, _): (Lock, Lock)) -> Later<u8> {
//     work(left)
// }

fn f(__floe_argument_0: (Lock, Lock)) -> Later<u8> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f left", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_opening(
        move |__floe_span: &mut ::floe_telemetry::__private::Opened| -> Later<u8> {
            let __floe_argument_0 = __floe_argument_0;
            let (left, _) = __floe_argument_0;
            *__floe_span = {
                let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                    __floe.attribute("left", &(left));
                };
                ::floe_telemetry::__private::enter(
                    &__FLOE_CALLSITE,
                    ::floe_telemetry::__private::Current,
                    ::floe_telemetry::__private::Some(&__floe_fill),
                )
            };
            if false { loop {} } else { work(left) }
        },
        |__floe_span, __floe_value| {
            use ::floe_telemetry::__private::returned_future::prelude::*;
            (&&&&&::floe_telemetry::__private::returned_future::Returned(&__floe_value))
                .__floe_concrete()
                .finish(
                    __floe_span,
                    __floe_value,
                    |__floe_return, __floe_sink| {
                        use ::floe_telemetry::__private::outcome::IsUnresolved as _;
                        ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                            .__floe_classify()(__floe_return, __floe_sink)
                    },
                )
        },
    )
}
