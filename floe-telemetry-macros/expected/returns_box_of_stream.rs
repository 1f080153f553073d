fn f() -> Box<dyn Stream<Item = u8> + Unpin> {
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
    ::floe_telemetry::__private::call_by_type(
        __floe_span,
        move || -> Box<dyn Stream<Item = u8> + Unpin> { list() },
        |__floe_span, __floe_value| {
            use ::floe_telemetry::__private::lasting::prelude::*;
            (&&&::floe_telemetry::__private::lasting::Returned(&__floe_value))
                .__floe_returned()
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
    )
}
