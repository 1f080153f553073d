//! TLS: the trusted certificate authorities and the client certificate. The implementation is rustls with ring.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "http")]
use rustls::ClientConnection;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::client::{WantsClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, ConfigBuilder};
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};
#[cfg(feature = "grpc")]
use tokio::io::{AsyncRead, AsyncWrite};
#[cfg(feature = "grpc")]
use tokio_rustls::TlsConnector;

use super::cause::{Cause, Problem};
use super::proxy::bare_host;
#[cfg(feature = "grpc")]
use super::secure::AsyncSecure;
#[cfg(feature = "http")]
use super::secure::Secure;
use super::settings::OtlpSettings;
#[cfg(feature = "http")]
use super::socket::Socket;
use floe_telemetry_core::__sdk::internal_log::internal_log;
use floe_telemetry_sdk::__parts::regular_file;
use floe_telemetry_sdk::Error;

/// The maximum size of a file with certificates or a key, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// A client whose handshakes are on connections of ours.
pub(super) struct Client {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Client {
    /// Reads the files of the settings. Without configured authorities, those of the operating system are trusted. `protocol`
    /// is negotiated in the handshake, if there is one. Returns `None` if the endpoint is not `https`.
    ///
    /// # Errors
    ///
    /// A file cannot be read, contains no certificate or no key, or the key is not the one of the certificate.
    pub(super) fn of(
        settings: &OtlpSettings,
        protocol: Option<&[u8]>,
    ) -> Result<Option<Self>, Error> {
        let endpoint = &settings.endpoint;
        if endpoint.scheme_str() != Some("https") {
            return Ok(None);
        }
        let trust = match settings.certificate.as_deref() {
            Some(path) => Trust::of_file(path).map_err(|error| error.of_setting("CERTIFICATE"))?,
            None => Trust::of_system()?,
        };
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(trust));
        let mut config = match &settings.client {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => with_client(builder, certificate, key)?,
        };
        config.alpn_protocols.extend(protocol.map(<[u8]>::to_vec));
        let name = ServerName::try_from(bare_host(endpoint).to_owned())
            .map_err(|error| unusable(&error))?;
        Ok(Some(Self { config: Arc::new(config), name }))
    }

    /// Adds TLS to a connection. The handshake ends at the connection's deadline.
    ///
    /// # Errors
    ///
    /// One side does not trust the other, or the receiver does not answer.
    #[cfg(feature = "http")]
    pub(super) fn connect(&self, mut socket: Socket) -> Result<Secure, Problem> {
        let mut session = ClientConnection::new(Arc::clone(&self.config), self.name.clone())
            .map_err(|error| Problem::of(&error))?;
        session.complete_io(&mut socket).map_err(unfinished)?;
        Ok(Secure::new(session, socket))
    }

    /// Adds TLS to a connection that does not block.
    ///
    /// # Errors
    ///
    /// One side does not trust the other, or the receiver does not answer.
    #[cfg(feature = "grpc")]
    pub(super) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> Result<AsyncSecure<S>, Problem> {
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let stream = connector.connect(self.name.clone(), stream).await.map_err(unfinished)?;
        Ok(AsyncSecure::new(stream))
    }
}

/// Returns the problem of a handshake that has not ended.
pub(super) fn unfinished(error: io::Error) -> Problem {
    let text = match error.kind() {
        ErrorKind::TimedOut => "no answer to the TLS handshake",
        _ if Cause::of_io(&error) == Cause::Closed => {
            "the connection was closed during the TLS handshake"
        }
        _ => return error.into(),
    };
    Problem::new(Cause::PerhapsPlain, text)
}

/// The implementation is chosen explicitly, because the process may have no default.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Trusts the certificates that the authorities have signed. A configured certificate is also trusted for itself, although it is marked as one
/// of an authority: `openssl req -x509` makes such certificates, and receivers use them.
#[derive(Debug)]
struct Trust {
    authorities: Arc<WebPkiServerVerifier>,
    configured: Vec<CertificateDer<'static>>,
}

impl Trust {
    fn of_file(path: &Path) -> Result<Self, Error> {
        let (pem, configured) = read_certificates(path)?;
        let mut roots = RootCertStore::empty();
        let (used, _) = roots.add_parsable_certificates(configured.iter().cloned());
        if used == 0 {
            return Err(undecodable(path));
        }
        let all = CertificateDer::pem_slice_iter(&pem).count();
        if used < all {
            let problem =
                format!("has {} certificates that cannot be decoded, of {all}", all - used);
            let error = invalid_file(path, &problem).to_string();
            internal_log!(warn, error = error, "a certificate authority is not trusted");
        }
        Self::new(roots, configured)
    }

    fn of_system() -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(Error::config(
                "otlp: this system has no trusted certificate authority, expected a PEM file in `otlp.all.certificate`",
            ));
        }
        Self::new(roots, Vec::new())
    }

    fn new(roots: RootCertStore, configured: Vec<CertificateDer<'static>>) -> Result<Self, Error> {
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
        let authorities = builder.build().map_err(|error| unusable(&error))?;
        Ok(Self { authorities, configured })
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.authorities.verify_server_cert(certificate, intermediates, name, ocsp, now);
        match &verified {
            // The dates were verified before.
            Err(error)
                if Cause::of_tls(error) == Cause::SelfSigned
                    && self.configured.contains(certificate) =>
            {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            _ => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Reads the certificates of a file, at least one, and returns them with its text.
fn read_certificates(path: &Path) -> Result<(Vec<u8>, Vec<CertificateDer<'static>>), Error> {
    let pem = read(path)?;
    let certificates = parse_certificates(&pem);
    if certificates.is_empty() {
        return Err(invalid_file(path, "has no certificate in PEM format"));
    }
    Ok((pem, certificates))
}

/// Adds a client certificate and its key, which must belong together.
fn with_client(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    certificate: &Path,
    key: &Path,
) -> Result<ClientConfig, Error> {
    let of_certificate = |error: Error| error.of_setting("CLIENT_CERTIFICATE");
    let of_key = |problem: &str| invalid_file(key, problem).of_setting("CLIENT_KEY");
    let (_, chain) = read_certificates(certificate).map_err(of_certificate)?;
    let pem = read(key).map_err(|error| error.of_setting("CLIENT_KEY"))?;
    let der = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| of_key("has no unencrypted private key in PEM format"))?;
    builder.with_client_auth_cert(chain, der).map_err(|error| match error {
        rustls::Error::InvalidCertificate(_) => of_certificate(undecodable(certificate)),
        rustls::Error::InconsistentKeys(_) => {
            let certificate = certificate.display();
            of_key(&format!("is not the key of the certificate in `{certificate}`"))
        }
        error => of_key(&format!("cannot be used: {error}")),
    })
}

fn parse_certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    regular_file::read(path, MAX_FILE)
        .map_err(|error| invalid_file(path, &format!("cannot be read: {error}")))
}

fn undecodable(path: &Path) -> Error {
    invalid_file(path, "has no certificate that can be decoded")
}

fn invalid_file(path: &Path, problem: &str) -> Error {
    Error::config(format!("otlp: the file `{}` {problem}", regular_file::shown(path)))
}

fn unusable(error: &dyn std::fmt::Display) -> Error {
    Error::config(format!("otlp: TLS cannot be used: {error}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A certificate of version 1 for `receiver.test`: `openssl req -new … | openssl x509 -req -signkey …`.
    const VERSION_1: &[u8] = b"\
-----BEGIN CERTIFICATE-----
MIIBLDCB0wIUTV12GFlPLZngkmoElmMn/3uFasowCgYIKoZIzj0EAwIwGDEWMBQG
A1UEAwwNcmVjZWl2ZXIudGVzdDAgFw0yNjExMjkxOTQ2NDdaGA8yMTI2MTEwNTE5
NDY0N1owGDEWMBQGA1UEAwwNcmVjZWl2ZXIudGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABGiv/QADV2i+fqOy+MsCtVbBKr0ctQh2eEa/57JLPWNYrbbE1rG6
nbNtuUZAdmDmPk0m0h6smZr4G9b9DylEXyAwCgYIKoZIzj0EAwIDSAAwRQIgbY9J
OHzjBetVzvnxhhaeLN4J3l01gS+dftUxNWHU+woCIQCXspwlkffO7rDJc0oiHOqx
wM/Q1NJ2BMtykxhvT4CUfA==
-----END CERTIFICATE-----
";

    /// The other error of webpki without a variant is that of a certificate that has signed itself.
    #[test]
    fn a_certificate_of_an_old_version_is_known() {
        let certificates = parse_certificates(VERSION_1);
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().cloned());
        let trust = Trust::new(roots, Vec::new()).unwrap();
        let name = ServerName::try_from("receiver.test").unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
        let verified = trust.verify_server_cert(&certificates[0], &[], &name, &[], now);
        assert_eq!(Cause::of_tls(&verified.unwrap_err()), Cause::CertificateVersion);
    }
}
