// #[traced(attributes_fn = |this, name:&String, _|{let n = name.len();[this.key(n)]})]
// fn f(&self, name: String, (a, b): (u8, u8)) {}

fn f(&self, name: String, (a, b): (u8, u8)) {
    enum __FloeHere {}
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f *", ::core::line!(), Internal,
        with_path(::core::any::type_name:: < __FloeHere >)
    );
    ::floe_telemetry::__private::call(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                __floe
                    .attributes_fn(|| {
                        #[allow(clippy::shadow_same, clippy::shadow_unrelated)]
                        let this = &self;
                        #[allow(clippy::shadow_same, clippy::shadow_unrelated)]
                        let name: &String = &name;
                        {
                            let n = name.len();
                            [this.key(n)]
                        }
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
            let name = name;
            let _ = &name;
            if false { loop {} } else {}
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
