// #[traced(boxed)]
// async fn f(depth: u32) {
//     f(depth - 1).await
// }

#[allow(clippy::not_unsafe_ptr_arg_deref, clippy::should_implement_trait)]
fn f(depth: u32) -> impl ::core::future::Future<Output = ()> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::Box::pin(
        ::floe_telemetry::__private::call_async(
            ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
            async move {
                if false {
                    return;
                }
                if false { loop {} } else { f(depth - 1).await }
            },
            ::floe_telemetry::__private::outcome::success,
        ),
    )
}
