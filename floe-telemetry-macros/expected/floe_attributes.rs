// #[traced(floe_attributes = (IDENTITY, alert))]
// fn f(alert: &Alert) {}

fn f(alert: &Alert) {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f * *", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                __floe.floe_attributes(&(IDENTITY));
                __floe.floe_attributes(&(alert));
            };
            ::floe_telemetry::__private::enter(
                &__FLOE_CALLSITE,
                ::floe_telemetry::__private::Current,
                ::floe_telemetry::__private::Some(&__floe_fill),
            )
        },
        move || -> () {},
        ::floe_telemetry::__private::outcome::success,
    )
}
