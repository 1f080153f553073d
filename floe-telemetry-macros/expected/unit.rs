// #[traced]
// fn unit() {}

fn unit() {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "unit", "unit", ::core::line!(), Internal
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
