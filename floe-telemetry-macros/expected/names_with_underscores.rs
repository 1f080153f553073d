// #[traced(attributes(_a, b = _a.len()), attributes_fn = |_a, _|[("n", _a.len())])]
// fn f(_a: String, _: Vec<u8>) {}

fn f(_a: String, __floe_argument_1: Vec<u8>) {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f _a b *", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                #[allow(
                    clippy::no_effect_underscore_binding,
                    clippy::used_underscore_binding
                )] __floe.attribute("_a", &(_a));
                #[allow(
                    clippy::no_effect_underscore_binding,
                    clippy::used_underscore_binding
                )] __floe.attribute_from("b", _a.len());
                __floe
                    .attributes_fn(|| {
                        #[allow(clippy::shadow_same, clippy::shadow_unrelated)]
                        #[allow(
                            clippy::no_effect_underscore_binding,
                            clippy::used_underscore_binding
                        )]
                        let _a = &_a;
                        [("n", _a.len())]
                    });
            };
            ::floe_telemetry::__private::enter(
                &__FLOE_CALLSITE,
                ::floe_telemetry::__private::Current,
                ::floe_telemetry::__private::Some(&__floe_fill),
            )
        },
        move || -> () {
            #[allow(clippy::shadow_same)]
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::used_underscore_binding
            )]
            let _a = _a;
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::used_underscore_binding
            )]
            let _ = &_a;
            let __floe_argument_1 = __floe_argument_1;
            if false { loop {} } else {}
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
