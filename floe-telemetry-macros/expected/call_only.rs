// #[traced(call_only)]
// fn f(n: u8) -> impl Future<Output = u8> {
//     start(n)
// }

fn f(n: u8) -> impl Future<Output = u8> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    let __floe_span = ::floe_telemetry::__private::enter(
        &__FLOE_CALLSITE,
        ::floe_telemetry::__private::Current,
        ::floe_telemetry::__private::None,
    );
    ::floe_telemetry::__private::call(
        __floe_span,
        move || { start(n) },
        |__floe_return, __floe_sink| ::floe_telemetry::__private::outcome::probe_of(
                __floe_return,
            )
            .__floe_classify()(__floe_return, __floe_sink),
    )
}
