fn f(alert: &Alert) {
    #[::floe_telemetry::__private::linkme::distributed_slice(
        ::floe_telemetry::__private::CALLSITES
    )]
    #[linkme(crate = ::floe_telemetry::__private::linkme)]
    static __FLOE_CALLSITE: ::floe_telemetry::__private::CallSite = ::floe_telemetry::__private::CallSite::new(
        "f",
        "f * *",
        ::core::module_path!(),
        ::core::file!(),
        ::core::line!(),
        ::floe_telemetry::__private::SpanKind::Internal,
    );
    let __floe_span = {
        let mut __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
            __floe.floe_attributes(&(IDENTITY));
            __floe.floe_attributes(&(alert));
        };
        ::floe_telemetry::__private::enter(&__FLOE_CALLSITE, &mut __floe_fill)
    };
    ::floe_telemetry::__private::call(
        __floe_span,
        move || -> () {},
        ::floe_telemetry::__private::outcome::success,
    )
}
