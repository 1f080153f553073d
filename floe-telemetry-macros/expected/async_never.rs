// #[traced]
// async fn never() -> ! {
//     serve().await
// }

#[allow(clippy::not_unsafe_ptr_arg_deref, clippy::should_implement_trait)]
fn never() -> impl ::core::future::Future<Output = ::floe_telemetry::__private::Never> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "never", "never", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
        ::floe_telemetry::__private::never(async move {
            let __floe_return: ::floe_telemetry::__private::Never = if false {
                loop {}
            } else {
                serve().await
            };
            #[allow(unreachable_code)] return __floe_return;
        }),
        |__floe_return, __floe_sink| {
            use ::floe_telemetry::__private::outcome::IsUnresolved as _;
            ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                .__floe_classify()(__floe_return, __floe_sink)
        },
    )
}
