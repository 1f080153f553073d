// #[traced]
// fn f(
//     #[cfg_attr(all(), expect(unused))]
//     a: String,
//     #[cfg_attr(all(), cfg(all()))]
//     b: String,
// ) {}

fn f(a: String, #[cfg_attr(all(), cfg(all()))] b: String) {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        move || -> () {
            #[cfg_attr(all(), expect(unused))]
            #[allow(clippy::shadow_same)]
            let a = a;
            #[cfg_attr(all(), cfg(all()))]
            #[allow(clippy::shadow_same)]
            let b = b;
            if false { loop {} } else {}
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
