// #[traced(attributes(limit), attributes_fn = |limit|*limit)]
// fn f(#[cfg(feature = "limit")] limit: u8) {}

fn f(#[cfg(feature = "limit")] limit: u8) {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f limit *", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                #[cfg(feature = "limit")] __floe.attribute("limit", &(limit));
                __floe
                    .attributes_fn(|| {
                        #[cfg(feature = "limit")]
                        #[allow(clippy::shadow_same, clippy::shadow_unrelated)]
                        let limit = &limit;
                        *limit
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
