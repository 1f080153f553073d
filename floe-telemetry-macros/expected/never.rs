// #[traced]
// fn never() -> ! {
//     loop {}
// }

fn never() -> ! {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "never", "never", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        move || -> ! { loop {} },
        |__floe_return, __floe_sink| {
            use ::floe_telemetry::__private::outcome::IsUnresolved as _;
            ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                .__floe_classify()(__floe_return, __floe_sink)
        },
    )
}
