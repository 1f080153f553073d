fn f(headers: &Headers, first: SpanContext, second: &SpanContext) {
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
    let __floe_span = {
        let mut __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
            __floe.links(&([first, second]));
        };
        ::floe_telemetry::__private::enter_below(
            &__FLOE_CALLSITE,
            || ::floe_telemetry::__private::below(&(headers)),
            &mut __floe_fill,
        )
    };
    ::floe_telemetry::__private::call(
        __floe_span,
        move || -> () {
            let first = first;
            let _ = &first;
            '__floe_body: {}
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
