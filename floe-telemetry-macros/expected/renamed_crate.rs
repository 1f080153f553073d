fn f(n: u8) {
    crate::telemetry::__private::as_it_is!(
        { #[crate ::telemetry::__private::linkme::distributed_slice(crate
        ::telemetry::__private::CALLSITES)] #[linkme(crate = crate
        ::telemetry::__private::linkme)] static __FLOE_CALLSITE : crate
        ::telemetry::__private::CallSite = crate
        ::telemetry::__private::CallSite::new("f", "f n", ::core::module_path!(),
        ::core::file!(), ::core::line!(), crate
        ::telemetry::__private::SpanKind::Internal,); let __floe_span = { let mut
        __floe_fill = | __floe : & mut crate ::telemetry::__private::Opening | { __floe
        .attribute("n", & (n)); }; crate ::telemetry::__private::enter(& __FLOE_CALLSITE,
        & mut __floe_fill) }; crate ::telemetry::__private::call(__floe_span, move || ->
        () {}, crate ::telemetry::__private::outcome::success) }
    )
}
