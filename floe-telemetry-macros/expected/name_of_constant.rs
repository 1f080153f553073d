// #[traced(name = names::LOAD)]
// fn load() {}

fn load() {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "load", "load", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                __floe.name_const(names::LOAD);
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
