// #[traced(call_only)]
// fn f(n: u8) -> impl Future<Output = u8> {
//     start(n)
// }

fn f(n: u8) -> impl Future<Output = u8> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_plain(
        &__FLOE_CALLSITE,
        move || { start(n) },
        |__floe_return, __floe_tell| ::floe_telemetry::__private::outcome::probe_of(
                __floe_return,
            )
            .__floe_classify()(__floe_return, __floe_tell),
    )
}
