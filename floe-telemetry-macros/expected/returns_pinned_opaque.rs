fn f() -> Pin<Box<impl Future<Output = u8>>> {
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
    ::std::boxed::Box::pin(
        ::floe_telemetry::__private::call_opaque(
            __floe_span,
            move || -> Pin<Box<_>> { get() },
            |__floe_span, __floe_value| {
                use ::floe_telemetry::__private::lasting::prelude::*;
                (&&::floe_telemetry::__private::lasting::Returned(&__floe_value))
                    .__floe_opaque()
                    .of::<u8>()
                    .go_on(
                        __floe_span,
                        __floe_value,
                        |__floe_return| {
                            use ::floe_telemetry::__private::outcome::prelude::*;
                            (&&&&&&::floe_telemetry::__private::outcome::Inspect(
                                __floe_return,
                            ))
                                .__floe_outcome()
                        },
                    )
            },
        ),
    )
}
