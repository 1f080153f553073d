// #[traced(crate = crate::telemetry, attributes(n))]
// fn f(n: u8) {}

fn f(n: u8) {
    crate::telemetry::__private::as_it_is!(
        { crate ::telemetry::__private::callsite!(__FLOE_CALLSITE, "f", "f n",
        ::core::line!(), Internal); crate ::telemetry::__private::call({ let __floe_fill
        = | __floe : & mut crate ::telemetry::__private::Opening | { __floe
        .attribute("n", & (n)); }; crate ::telemetry::__private::enter(& __FLOE_CALLSITE,
        crate ::telemetry::__private::Current, crate ::telemetry::__private::Some(&
        __floe_fill)) }, move || -> () {}, crate
        ::telemetry::__private::outcome::success) }
    )
}
