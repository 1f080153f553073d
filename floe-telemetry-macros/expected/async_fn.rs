// #[traced]
// async fn fetch(url: &str) -> Result<Body, Error> {
//     get(url).await
// }

#[allow(clippy::not_unsafe_ptr_arg_deref, clippy::should_implement_trait)]
fn fetch(url: &str) -> impl ::core::future::Future<Output = Result<Body, Error>> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "fetch", "fetch", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
        #[allow(clippy::async_yields_async)]
        async move {
            if false {
                return ::floe_telemetry::__private::never_made::<Result<Body, Error>>();
            }
            if false { loop {} } else { get(url).await }
        },
        ::floe_telemetry::__private::outcome::probe::<Result<Body, Error>>()
            .__floe_classify(),
    )
}
