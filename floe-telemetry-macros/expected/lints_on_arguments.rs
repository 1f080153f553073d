// #[traced(attributes(a))]
// fn f(#[allow(unused_mut)] mut a: Vec<u8>, #[cfg(all())] #[expect(unused)] b: Vec<u8>) {}

fn f(a: Vec<u8>, #[cfg(all())] b: Vec<u8>) {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f a", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                __floe.attribute("a", &(a));
            };
            ::floe_telemetry::__private::enter(
                &__FLOE_CALLSITE,
                ::floe_telemetry::__private::Current,
                ::floe_telemetry::__private::Some(&__floe_fill),
            )
        },
        move || -> () {
            #[allow(unused_mut)]
            #[allow(clippy::shadow_same)]
            #[allow(clippy::collection_is_never_read)]
            let mut a = a;
            let _ = &a;
            #[cfg(all())]
            #[expect(unused)]
            #[allow(clippy::shadow_same)]
            let b = b;
            if false { loop {} } else {}
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
