// #[traced(
//     attributes_fn = pairs,
//     attributes(n),
//     floe_attributes = IDENTITY,
//     name = title(n)
// )]
// async fn f(n: u8) {}

#[allow(clippy::not_unsafe_ptr_arg_deref, clippy::should_implement_trait)]
fn f(n: u8) -> impl ::core::future::Future<Output = ()> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f * n *", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Future(false),
        async move {
            {
                let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                    __floe.name(&(title(n)));
                    __floe.floe_attributes(&(IDENTITY));
                    __floe.attribute("n", &(n));
                    __floe.attributes_fn(|| pairs(&n));
                };
                ::floe_telemetry::__private::enter_in_future(
                    &__FLOE_CALLSITE,
                    ::floe_telemetry::__private::Current,
                    ::core::option::Option::Some(&__floe_fill),
                )
            };
            if false {
                return;
            }
            if false { loop {} } else {}
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
