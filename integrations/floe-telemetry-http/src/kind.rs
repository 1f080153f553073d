//! The protocol of a request, and the side of the process: client or server.

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    HttpServer,
    HttpClient,
    GrpcServer,
    GrpcClient,
}

impl Kind {
    pub(crate) const fn is_grpc(self) -> bool {
        matches!(self, Self::GrpcServer | Self::GrpcClient)
    }
}
