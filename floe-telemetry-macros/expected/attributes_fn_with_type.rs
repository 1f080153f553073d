// #[traced(attributes_fn = |n|->Vec<KeyValue>{pairs(n)})]
// fn f(n: u8) {}

fn f(n: u8) {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f *", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                __floe
                    .attributes_fn(|| -> Vec<KeyValue> {
                        #[allow(clippy::shadow_same, clippy::shadow_unrelated)]
                        let n = &n;
                        { pairs(n) }
                    });
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
