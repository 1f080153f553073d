// #[traced(name = title(n), attributes(n), parent = cx, error_if = is_bad, metrics)]
// async fn f(n: u8, cx: Context) -> Result<u8, Error> {
//     g(n).await
// }

async fn f(n: u8, cx: Context) -> Result<u8, Error> {
    g(n).await
}
