#[traced(attributes(url))]
async fn fetch(url: &str, (limit, _): (u32, u8)) -> Vec<u8> {
    client().get(url).limit(limit).await
}

// becomes

#[allow(clippy::not_unsafe_ptr_arg_deref, clippy::should_implement_trait)]
fn fetch(
    url: &str,
    (limit, _): (u32, u8),
) -> impl ::core::future::Future<Output = Vec<u8>> {
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Future(false),
        #[allow(clippy::async_yields_async)]
        async move {
            {
                let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                    __floe.attribute("url", &(url));
                };
                ::floe_telemetry::__private::enter_in_future(
                    ::floe_telemetry::__private::callsite!(
                        __FLOE_CALLSITE, "fetch", "fetch url", ::core::line!(), Internal
                    ),
                    ::floe_telemetry::__private::Current,
                    ::core::option::Option::Some(&__floe_fill),
                )
            };
            if false {
                return ::floe_telemetry::__private::never_made::<Vec<u8>>();
            }
            if false { loop {} } else { client().get(url).limit(limit).await }
        },
        ::floe_telemetry::__private::outcome::probe::<Vec<u8>>()
            .__floe_may_fail()
            .__floe_classify(),
    )
}
