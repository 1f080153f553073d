//! The service that a layer wraps around another one.

/// Implements `Layer` and a service for a struct with `options`. The function `open` opens the exchange of a request,
/// or returns `None` for a request that passes through; `check` receives the options and the name
/// of the inner type.
macro_rules! service {
    ($layer:ident, $service:ident, $open:ident $(, $check:ident)?) => {
        impl<S> tower_layer::Layer<S> for $layer {
            type Service = $service<S>;

            fn layer(&self, inner: S) -> $service<S> {
                $($check(&self.options, std::any::type_name::<S>());)?
                $service {
                    inner,
                    options: std::sync::Arc::clone(&self.options),
                }
            }
        }

        #[doc = concat!("A service that records a span for each request, created by [`", stringify!($layer), "`].")]
        #[derive(Clone, Debug)]
        pub struct $service<S> {
            inner: S,
            options: std::sync::Arc<crate::options::Options<http::request::Parts>>,
        }

        impl<S, B, R> tower_service::Service<http::Request<B>> for $service<S>
        where
            S: tower_service::Service<http::Request<B>, Response = http::Response<R>>,
            S::Error: std::fmt::Display,
            R: http_body::Body,
        {
            type Response = http::Response<crate::response::ResponseBody<R>>;
            type Error = S::Error;
            type Future = crate::response::ResponseFuture<S::Future>;

            fn poll_ready(
                &mut self,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Result<(), S::Error>> {
                self.inner.poll_ready(cx)
            }

            fn call(&mut self, request: http::Request<B>) -> Self::Future {
                crate::response::ResponseFuture::call(&mut self.inner, request, |parts| {
                    $open(&self.options, parts)
                })
            }
        }
    };
}

pub(crate) use service;
