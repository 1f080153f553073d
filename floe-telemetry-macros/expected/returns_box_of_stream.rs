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
    ::floe_telemetry::__private::call_boxed(
        __floe_span,
        move || -> Box<dyn Stream<Item = u8> + Unpin> { list() },
        |__floe_span, __floe_inner| -> Box<dyn Stream<Item = u8> + Unpin> {
            ::std::boxed::Box::new(
                ::floe_telemetry::__private::in_stream(
                    __floe_span,
                    ::std::boxed::Box::into_pin(__floe_inner),
                ),
            )
        },
    )
}
