//! TLS settings: the trusted certificate authorities and the client certificate. The implementation is
//! rustls with ring.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::SecretSlice;

use super::settings::{OtlpSettings, read_file};
use floe_telemetry_sdk::Error;

/// The maximum size of a file with certificates or a key, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The certificates and the key of a connection, in PEM format.
pub(super) struct Tls {
    /// The trusted authorities; `None` for the operating system's authorities.
    pub(super) authorities: Option<Vec<u8>>,
    pub(super) client: Option<Client>,
}

pub(super) struct Client {
    pub(super) certificate: Vec<u8>,
    pub(super) key: SecretSlice<u8>,
}

impl Tls {
    /// Reads and validates the files. The clients would accept a file without a certificate as an empty list.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or contains no certificate or no key.
    pub(super) fn of(settings: &OtlpSettings) -> Result<Self, Error> {
        let authorities = settings.certificate.as_deref().map(|path| {
            let pem = read_certificates(path)?;
            if !has_authority(parse_certificates(&pem)) {
                return Err(invalid_file(path, "has no certificate of an authority"));
            }
            Ok(pem)
        });
        let client = settings.client.as_ref().map(|(certificate, key)| {
            let certificate = read_certificates(certificate)
                .map_err(|error| error.of_setting("CLIENT_CERTIFICATE"))?;
            let bytes = read(key)?;
            PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
                invalid_file(key, "has no private key in PEM format without a password")
            })?;
            let key = bytes.into();
            Ok::<_, Error>(Client { certificate, key })
        });
        let authorities = authorities.transpose().map_err(|it| it.of_setting("CERTIFICATE"))?;
        let client = client.transpose().map_err(|it| it.of_setting("CLIENT_KEY"))?;
        Ok(Self { authorities, client })
    }
}

fn read_certificates(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = read(path)?;
    if parse_certificates(&bytes).is_empty() {
        return Err(invalid_file(path, "has no certificate in PEM format"));
    }
    Ok(bytes)
}

pub(super) fn parse_certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect()
}

/// Whether one of the certificates can be used as an authority.
fn has_authority(certificates: Vec<CertificateDer<'static>>) -> bool {
    RootCertStore::empty().add_parsable_certificates(certificates).0 > 0
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    read_file(path, MAX_FILE).map_err(|error| error.within("otlp"))
}

fn invalid_file(path: &Path, problem: &str) -> Error {
    Error::config(format!("otlp: the file `{}` {problem}", path.display()))
}

#[cfg(feature = "http")]
mod of_ureq {
    use std::sync::Arc;

    use rustls::crypto::ring;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::sign::CertifiedKey;
    use secrecy::ExposeSecret as _;
    use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

    use super::{CertificateDer, Client, Error, Tls, has_authority, parse_certificates};

    impl Tls {
        /// The configuration of ureq, which panics if a key does not fit its certificate.
        pub(in super::super) fn of_ureq(&self) -> Result<TlsConfig, Error> {
            let authorities = match &self.authorities {
                Some(pem) => parse_certificates(pem),
                None => rustls_native_certs::load_native_certs().certs,
            };
            if !has_authority(authorities.clone()) {
                return Err(Error::config(
                    "otlp: this system has no trusted certificate authority, expected a PEM file in `otlp.all.certificate`",
                ));
            }
            // Set explicitly, because the process may have no default crypto provider.
            let provider = Arc::new(ring::default_provider());
            let client = self.client.as_ref().map(|client| {
                let certificates = parse_certificates(&client.certificate);
                let key = PrivateKeyDer::from_pem_slice(client.key.expose_secret());
                let key = key.map_err(|error| unusable(&error))?;
                CertifiedKey::from_der(certificates.clone(), key, &provider)
                    .map_err(|error| unusable(&error))?;
                of_client(client, &certificates)
            });
            Ok(TlsConfig::builder()
                .root_certs(RootCerts::Specific(Arc::new(owned(&authorities))))
                .client_cert(client.transpose()?)
                .unversioned_rustls_crypto_provider(provider)
                .build())
        }
    }

    fn of_client(client: &Client, chain: &[CertificateDer<'_>]) -> Result<ClientCert, Error> {
        let key = PrivateKey::from_pem(client.key.expose_secret());
        let key = key.map_err(|error| unusable(&error))?;
        Ok(ClientCert::new_with_certs(&owned(chain), key))
    }

    fn owned(certificates: &[CertificateDer<'_>]) -> Vec<Certificate<'static>> {
        certificates.iter().map(|it| Certificate::from_der(it).to_owned()).collect()
    }

    fn unusable(error: &impl std::fmt::Display) -> Error {
        Error::config(format!("otlp: TLS cannot be used: {error}"))
    }
}
