// #[traced]
// fn opaque() -> impl Iterator<Item = u8> {
//     read()
// }

fn opaque() -> impl Iterator<Item = u8> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "opaque", "opaque", ::core::line!(), Internal
    );
    let __floe_declared = ::floe_telemetry::__private::declared();
    if false {
        #[allow(clippy::diverging_sub_expression)] return __floe_declared.value();
    }
    ::floe_telemetry::__private::call_by_type(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        __floe_declared.body(move || { read() }),
        |__floe_span, __floe_value| {
            use ::floe_telemetry::__private::returned_future::prelude::*;
            (&&&&&::floe_telemetry::__private::returned_future::Returned(&__floe_value))
                .__floe_returned()
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
