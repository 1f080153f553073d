// #[traced]
// fn never() -> ! {
//     loop {}
// }

fn never() -> ! {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "never", "never", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_plain(
        &__FLOE_CALLSITE,
        move || -> ! { loop {} },
        |__floe_return, __floe_tell| ::floe_telemetry::__private::outcome::probe_of(
                __floe_return,
            )
            .__floe_classify()(__floe_return, __floe_tell),
    )
}
