// #[traced]
// fn f(n: u8) -> Later<u8> {
//     start(n)
// }

fn f(n: u8) -> Later<u8> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_by_type(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        move || -> Later<u8> { start(n) },
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
