// #[traced(tracer = "acme.billing", level = debug, metrics)]
// fn charge() {}

fn charge() {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "charge", "charge", ::core::line!(), Internal,
        with_tracer("acme.billing"),
        with_level(::floe_telemetry::__private::Level::Debug), with_metrics()
    );
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        move || -> () {},
        ::floe_telemetry::__private::outcome::success,
    )
}
