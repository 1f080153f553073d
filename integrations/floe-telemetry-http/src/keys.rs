//! The attribute keys that the layers write.

/// The method of an HTTP request, or `_OTHER`
/// ([HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/)).
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// The original method of a request, if it is not a known HTTP method.
pub const HTTP_REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";
/// The number of times that a request was sent before.
pub const HTTP_REQUEST_RESEND_COUNT: &str = "http.request.resend_count";
/// The status code of an HTTP response.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// The route template that a request matched, such as `/orders/{id}`.
pub const HTTP_ROUTE: &str = "http.route";
/// The address of the client of a request; with proxies, of the client of the first proxy.
pub const CLIENT_ADDRESS: &str = "client.address";
/// The address of the other end of a connection.
pub const NETWORK_PEER_ADDRESS: &str = "network.peer.address";
/// The port of the other end of a connection.
pub const NETWORK_PEER_PORT: &str = "network.peer.port";
/// The version of the protocol.
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
/// The host to which a request is sent.
pub const SERVER_ADDRESS: &str = "server.address";
/// The port to which a request is sent.
pub const SERVER_PORT: &str = "server.port";
/// The whole URL of a request.
pub const URL_FULL: &str = "url.full";
/// The path of a URL.
pub const URL_PATH: &str = "url.path";
/// The query of a URL.
pub const URL_QUERY: &str = "url.query";
/// The scheme of a URL.
pub const URL_SCHEME: &str = "url.scheme";
/// The template of the path of a URL, such as `/orders/{id}`.
pub const URL_TEMPLATE: &str = "url.template";
/// The full name of a method of remote procedure calls, such as `shop.Orders/Get`, or `_OTHER`
/// ([RPC conventions](https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/)).
pub const RPC_METHOD: &str = "rpc.method";
/// The method that the client called, if `rpc.method` is `_OTHER`.
pub const RPC_METHOD_ORIGINAL: &str = "rpc.method_original";
/// The status of a remote procedure call, such as `OK` or `NOT_FOUND`.
pub const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";
/// The system of remote procedure calls: `grpc`.
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// The value of the `User-Agent` header.
pub const USER_AGENT_ORIGINAL: &str = "user_agent.original";
/// The reason of a failure: a status code, a kind of error, `cancelled`, or the type of an error ([error
/// attributes](https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/)).
pub const ERROR_TYPE: &str = "error.type";
