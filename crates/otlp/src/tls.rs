//! TLS: the trusted certificate authorities and the client certificate. The implementation is rustls with ring.

#[cfg(feature = "http")]
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use http::Uri;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
#[cfg(feature = "http")]
use rustls::{ClientConfig, ClientConnection, StreamOwned};

#[cfg(feature = "http")]
use super::proxy::bare_host;
use super::settings::OtlpSettings;
#[cfg(feature = "http")]
use super::socket::Socket;
use floe_telemetry_core::__sdk::internal_log::internal_log;
use floe_telemetry_sdk::__parts::regular_file;
use floe_telemetry_sdk::Error;

/// The maximum size of a file with certificates or a key, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The settings of connections to one receiver.
pub(super) struct Tls {
    pub(super) trust: Arc<Trust>,
    /// The client certificate and its key, in PEM format.
    pub(super) client: Option<(Vec<u8>, Vec<u8>)>,
}

impl Tls {
    /// Reads the files of the settings. Without configured authorities, those of the operating system are trusted. Returns
    /// `None` if the endpoint is not `https`.
    ///
    /// # Errors
    ///
    /// A file cannot be read, contains no certificate or no key, or the key is not the one of the certificate.
    pub(super) fn of(endpoint: &Uri, settings: &OtlpSettings) -> Result<Option<Self>, Error> {
        if endpoint.scheme_str() != Some("https") {
            return Ok(None);
        }
        let trust = match settings.certificate.as_deref() {
            Some(path) => Trust::of_file(path).map_err(|error| error.of_setting("CERTIFICATE"))?,
            None => Trust::of_system()?,
        };
        let client = settings.client.as_ref().map(|(certificate, key)| client(certificate, key));
        Ok(Some(Self { trust: Arc::new(trust), client: client.transpose()? }))
    }
}

/// A client whose handshakes are on connections of ours.
#[cfg(feature = "http")]
pub(super) struct Client {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

#[cfg(feature = "http")]
impl Client {
    pub(super) fn new(tls: Tls, endpoint: &Uri) -> Result<Self, Error> {
        let name = ServerName::try_from(bare_host(endpoint).to_owned())
            .map_err(|error| unusable(&error))?;
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&error))?
            .dangerous()
            .with_custom_certificate_verifier(tls.trust);
        let config = match tls.client {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let key = PrivateKeyDer::from_pem_slice(&key).map_err(|error| unusable(&error))?;
                let config = builder.with_client_auth_cert(parse_certificates(&chain), key);
                config.map_err(|error| unusable(&error))?
            }
        };
        Ok(Self { config: Arc::new(config), name })
    }

    /// Adds TLS to a connection. The handshake ends at the connection's deadline.
    ///
    /// # Errors
    ///
    /// One side does not trust the other, or the receiver does not answer.
    pub(super) fn connect(
        &self,
        mut socket: Socket,
    ) -> io::Result<StreamOwned<ClientConnection, Socket>> {
        let mut connection = ClientConnection::new(Arc::clone(&self.config), self.name.clone())
            .map_err(io::Error::other)?;
        match connection.complete_io(&mut socket) {
            Ok(_) => Ok(StreamOwned::new(connection, socket)),
            Err(error) => Err(unfinished(error)),
        }
    }
}

/// Adds the phase to an error that does not name it.
#[cfg(feature = "http")]
fn unfinished(error: io::Error) -> io::Error {
    let kind = error.kind();
    match kind {
        ErrorKind::UnexpectedEof => {
            io::Error::new(kind, "the connection was closed during the TLS handshake")
        }
        ErrorKind::TimedOut => io::Error::new(kind, "no answer to the TLS handshake"),
        _ => error,
    }
}

/// The implementation is chosen explicitly, because the process may have no default.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Trusts the certificates that the authorities have signed. A configured certificate is also trusted for itself, although it is marked as one
/// of an authority: `openssl req -x509` makes such certificates, and receivers use them.
#[derive(Debug)]
pub(super) struct Trust {
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
            internal_log!(warn, error = error, "an authority is not trusted");
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
            Err(error) if is_of_authority(error) && self.configured.contains(certificate) => {
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

/// Whether the certificate of a receiver was refused only because it is one of an authority.
fn is_of_authority(error: &rustls::Error) -> bool {
    // rustls has no variant for this error of webpki.
    let rustls::Error::InvalidCertificate(CertificateError::Other(cause)) = error else {
        return false;
    };
    format!("{cause:?}").contains("CaUsedAsEndEntity")
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

/// Reads a client certificate and its key, and checks that they belong together.
fn client(certificate: &Path, key: &Path) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let of_certificate = |error: Error| error.of_setting("CLIENT_CERTIFICATE");
    let of_key = |problem: &str| invalid_file(key, problem).of_setting("CLIENT_KEY");
    let (chain, certificates) = read_certificates(certificate).map_err(of_certificate)?;
    let pem = read(key).map_err(|error| error.of_setting("CLIENT_KEY"))?;
    let der = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| of_key("has no unencrypted private key in PEM format"))?;
    match CertifiedKey::from_der(certificates, der, &provider()) {
        Ok(_) => Ok((chain, pem)),
        Err(rustls::Error::InvalidCertificate(_)) => Err(of_certificate(undecodable(certificate))),
        Err(rustls::Error::InconsistentKeys(_)) => {
            let certificate = certificate.display();
            Err(of_key(&format!("is not the key of the certificate in `{certificate}`")))
        }
        Err(error) => Err(of_key(&format!("cannot be used: {error}"))),
    }
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
    Error::config(format!("otlp: the file `{}` {problem}", path.display()))
}

pub(super) fn unusable(error: &dyn std::fmt::Display) -> Error {
    Error::config(format!("otlp: TLS cannot be used: {error}"))
}
