//! The ways to add a layer to a router of axum. `tests/previous` compiles this file, too.

use floe_telemetry::testing::{self, Spans};
use tower::{Service, ServiceExt as _};

/// The ways to add a layer.
pub(crate) const LAYERS: [&str; 11] = [
    "Router::layer",
    "Router::route_layer",
    "ServiceBuilder",
    "ServiceBuilder with other layers",
    "HandleErrorLayer",
    "a boxed service",
    "from_fn",
    "Router::nest",
    "MethodRouter::layer",
    "Handler::layer",
    "route_service",
];

/// Returns a router of this version of axum, with the route `$route`, to which the layer is added in one of the
/// [`LAYERS`]. The routes of axum 0.7 are not `Sync`, and those of axum 0.8 must be in a box that is.
macro_rules! layers {
    ($axum:ident, $boxed:ident, $route:literal, $layer:expr) => {{
        use floe_telemetry_http::HttpServerLayer;
        use tower::util::$boxed;
        use tower::{Layer as _, ServiceBuilder, layer::layer_fn};
        use $axum::body::Body;
        use $axum::error_handling::HandleErrorLayer;
        use $axum::handler::Handler as _;
        use $axum::http::{Request, Response, StatusCode};
        use $axum::middleware::from_fn;
        use $axum::routing::{Route, get};
        use $axum::{BoxError, Router, middleware::Next};

        async fn order() -> &'static str {
            "an order"
        }

        async fn pass(request: Request<Body>, next: Next) -> Response<Body> {
            next.run(request).await
        }

        let server = HttpServerLayer::new;
        let app = || Router::<()>::new().route($route, get(order));
        let failed = || HandleErrorLayer::new(|_: BoxError| async { StatusCode::REQUEST_TIMEOUT });
        let nested = || Router::<()>::new().route(&$route["/orders".len()..], get(order));
        match $layer {
            "Router::layer" => app().layer(server()),
            "Router::route_layer" => app().route_layer(server()),
            "ServiceBuilder" => app().layer(ServiceBuilder::new().layer(server())),
            "ServiceBuilder with other layers" => app().layer(
                ServiceBuilder::new()
                    .map_request(|request: Request<Body>| request.map(|_| String::new()))
                    .layer(server())
                    .map_response(|response: Response<Body>| response.map(|_| String::new()))
                    .map_request(|request: Request<String>| request.map(Body::from)),
            ),
            "HandleErrorLayer" => app().layer(
                ServiceBuilder::new().layer(failed()).layer(server()).map_err(BoxError::from),
            ),
            "a boxed service" => app().layer(
                ServiceBuilder::new()
                    .layer(server())
                    .layer(layer_fn(|route: Route| $boxed::<Request<Body>, _, _>::new(route))),
            ),
            "from_fn" => app().layer(from_fn(pass)).layer(server()).layer(from_fn(pass)),
            "Router::nest" => Router::new().nest("/orders", nested().layer(server())),
            "MethodRouter::layer" => Router::new().route($route, get(order).layer(server())),
            "Handler::layer" => Router::new().route($route, get(order.layer(server()))),
            "route_service" => Router::new().route_service($route, server().layer(get(order))),
            other => panic!("{other}"),
        }
    }};
}

pub(crate) use layers;

/// Returns the spans of a request for the route and of one that no route matches.
pub(crate) async fn serve<S, R>(app: S) -> Spans
where
    S: Service<axum::http::Request<String>, Response = R, Error: std::fmt::Debug> + Clone,
{
    testing::capture_async(async {
        for path in ["/orders/7", "/nothing"] {
            let request = axum::http::Request::builder().uri(path).body(String::new());
            drop(app.clone().oneshot(request.unwrap()).await.unwrap());
        }
    })
    .await
}
