// #[traced(boxed)]
// #[must_use]
// async fn f(first: String, mut rest: String) -> usize {
//     f(first, rest).await
// }

#[must_use]
async fn f(first: String, rest: String) -> usize {
    ::floe_telemetry::__private::Box::pin(async move {
            let _ = &first;
            #[allow(clippy::shadow_same)]
            let mut rest = rest;
            if false {
                return ::floe_telemetry::__private::never_made::<usize>();
            }
            if false { loop {} } else { f(first, rest).await }
        })
        .await
}
