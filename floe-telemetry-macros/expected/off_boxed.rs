// #[traced(boxed, attributes(n))]
// async fn f(mut n: Vec<u8>) -> usize {
//     n.pop();
//     f(n).await
// }

fn f(n: Vec<u8>) -> impl ::core::future::Future<Output = usize> {
    ::std::boxed::Box::pin(async move {
        let mut n = n;
        if false {
            let __floe_never: usize = loop {};
            #[allow(unreachable_code)] return __floe_never;
        }
        if false {
            loop {}
        } else {
            n.pop();
            f(n).await
        }
    })
}
