//! The protocol of a request, and the side of it that the process is on.

/// The kind of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    #[cfg(feature = "tower")]
    HttpServer,
    HttpClient,
    #[cfg(feature = "tonic")]
    GrpcServer,
    #[cfg(feature = "tonic")]
    GrpcClient,
}

impl Kind {
    pub(super) fn is_client(self) -> bool {
        #[cfg(feature = "tonic")]
        if self == Self::GrpcClient {
            return true;
        }
        self == Self::HttpClient
    }

    #[cfg(feature = "tonic")]
    pub(super) const fn is_grpc(self) -> bool {
        matches!(self, Self::GrpcServer | Self::GrpcClient)
    }
}
