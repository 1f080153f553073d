// #[traced(boxed, attributes(n))]
// async fn f(mut n: Vec<u8>) -> usize {
//     n.pop();
//     f(n).await
// }

#[allow(clippy::not_unsafe_ptr_arg_deref, clippy::should_implement_trait)]
fn f(
    #[deny(elided_lifetimes_in_paths)]
    n: Vec<u8>,
) -> impl ::core::future::Future<Output = usize> {
    ::floe_telemetry::__private::Box::pin(
        #[allow(clippy::async_yields_async)]
        async move {
            #[allow(clippy::shadow_same)]
            let mut n = n;
            if false {
                return ::floe_telemetry::__private::never_made::<usize>();
            }
            if false {
                loop {}
            } else {
                n.pop();
                f(n).await
            }
        },
    )
}
