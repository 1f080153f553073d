fn f() -> Pin<Box<dyn Future<Output = u8> + Send>> {
    #[::floe_telemetry::__private::linkme::distributed_slice(
        ::floe_telemetry::__private::CALLSITES
    )]
    #[linkme(crate = ::floe_telemetry::__private::linkme)]
    static __FLOE_CALLSITE: ::floe_telemetry::__private::CallSite = ::floe_telemetry::__private::CallSite::new(
        "f",
        "f",
        ::core::module_path!(),
        ::core::file!(),
        ::core::line!(),
        ::floe_telemetry::__private::SpanKind::Internal,
    );
    let __floe_span = ::floe_telemetry::__private::enter_plain(&__FLOE_CALLSITE);
    ::floe_telemetry::__private::call_boxed(
        __floe_span,
        move || -> Pin<Box<dyn Future<Output = u8> + Send>> { Box::pin(g()) },
        |__floe_span, __floe_inner| -> Pin<Box<dyn Future<Output = u8> + Send>> {
            ::std::boxed::Box::pin(
                ::floe_telemetry::__private::in_future::<
                    u8,
                    _,
                >(
                    __floe_span,
                    __floe_inner,
                    |__floe_return| {
                        use ::floe_telemetry::__private::outcome::prelude::*;
                        (&&&&&&::floe_telemetry::__private::outcome::Inspect(
                            __floe_return,
                        ))
                            .__floe_outcome()
                    },
                ),
            )
        },
    )
}
