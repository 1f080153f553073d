// #[traced(root, kind = server)]
// fn f() {}

fn f() {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Server
    );
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::root,
            ::floe_telemetry::__private::None,
        ),
        move || -> () {},
        ::floe_telemetry::__private::outcome::success,
    )
}
