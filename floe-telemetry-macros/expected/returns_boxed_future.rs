// #[traced]
// fn f() -> Pin<Box<dyn Future<Output = u8> + Send>> {
//     Box::pin(g())
// }

fn f() -> Pin<Box<dyn Future<Output = u8> + Send>> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    Box::pin(
        ::floe_telemetry::__private::call_then(
            ::floe_telemetry::__private::enter(
                &__FLOE_CALLSITE,
                ::floe_telemetry::__private::Current,
                ::floe_telemetry::__private::None,
            ),
            move || { g() },
            |__floe_span, __floe_value| {
                use ::floe_telemetry::__private::DeclaredTypeMismatch as _;
                ::floe_telemetry::__private::Returned::<u8, _>::new(&__floe_value)
                    .__floe_in_span(
                        __floe_span,
                        __floe_value,
                        |__floe_return, __floe_sink| {
                            use ::floe_telemetry::__private::outcome::IsUnresolved as _;
                            ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                                .__floe_classify()(__floe_return, __floe_sink)
                        },
                    )
            },
        ),
    )
}
