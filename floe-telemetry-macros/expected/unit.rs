// #[traced]
// fn unit() {}

fn unit() {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "unit", "unit", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_plain(
        &__FLOE_CALLSITE,
        move || -> () {},
        ::floe_telemetry::__private::outcome::success,
    )
}
