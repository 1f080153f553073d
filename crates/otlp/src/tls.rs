//! TLS settings: the trusted certificate authorities and the client certificate. The implementation is
//! rustls with ring.

use std::path::Path;

use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::settings::OtlpSettings;
use floe_telemetry_sdk::__parts::regular_file;
use floe_telemetry_sdk::Error;

/// The maximum size of a file with certificates or a key, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The certificates and the key of a connection, in PEM format.
pub(super) struct Tls {
    /// The trusted authorities; `None` for the operating system's authorities.
    pub(super) authorities: Option<Vec<u8>>,
    /// The client certificate and its key.
    pub(super) client: Option<(Vec<u8>, Vec<u8>)>,
}

impl Tls {
    /// Reads the files and validates them, because the clients would accept a file without a certificate as an empty
    /// list, and ureq would panic if a key does not fit its certificate.
    ///
    /// # Errors
    ///
    /// A file cannot be read, contains no certificate or no key, or a key does not fit its certificate.
    pub(super) fn of(settings: &OtlpSettings) -> Result<Self, Error> {
        let authorities = settings.certificate.as_deref().map(|path| {
            let pem = read_certificates(path)?;
            if !has_authority(parse_certificates(&pem)) {
                return Err(invalid_file(path, "has no certificate that can be decoded"));
            }
            Ok(pem)
        });
        let authorities = authorities.transpose().map_err(|it| it.of_setting("CERTIFICATE"))?;
        let client = settings.client.as_ref().map(|(certificate, key)| {
            let chain = read_certificates(certificate)
                .map_err(|error| error.of_setting("CLIENT_CERTIFICATE"))?;
            let key = read_key(key, &chain).map_err(|error| error.of_setting("CLIENT_KEY"))?;
            Ok::<_, Error>((chain, key))
        });
        Ok(Self { authorities, client: client.transpose()? })
    }

    #[cfg(feature = "http")]
    pub(super) fn of_ureq(self) -> Result<ureq::tls::TlsConfig, Error> {
        use std::sync::Arc;

        use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

        let authorities = match &self.authorities {
            Some(pem) => parse_certificates(pem),
            None => rustls_native_certs::load_native_certs().certs,
        };
        if !has_authority(authorities.clone()) {
            return Err(Error::config(
                "otlp: this system has no trusted certificate authority, expected a PEM file in `otlp.all.certificate`",
            ));
        }
        let of = |certificates: &[CertificateDer<'_>]| -> Vec<_> {
            certificates.iter().map(|it| Certificate::from_der(it).to_owned()).collect()
        };
        let client = self.client.map(|(certificate, key)| {
            let key = PrivateKey::from_pem(&key).map_err(|error| unusable(&error))?;
            Ok::<_, Error>(ClientCert::new_with_certs(&of(&parse_certificates(&certificate)), key))
        });
        Ok(TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(of(&authorities))))
            .client_cert(client.transpose()?)
            // The provider is set explicitly, because the process may have no default provider.
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build())
    }
}

fn read_certificates(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = read(path)?;
    if parse_certificates(&bytes).is_empty() {
        return Err(invalid_file(path, "has no certificate in PEM format"));
    }
    Ok(bytes)
}

fn read_key(path: &Path, certificate: &[u8]) -> Result<Vec<u8>, Error> {
    let bytes = read(path)?;
    let key = PrivateKeyDer::from_pem_slice(&bytes)
        .map_err(|_| invalid_file(path, "has no unencrypted private key in PEM format"))?;
    let chain = parse_certificates(certificate);
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|it| unusable(&it))?;
    Ok(bytes)
}

fn parse_certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect()
}

fn has_authority(certificates: Vec<CertificateDer<'static>>) -> bool {
    RootCertStore::empty().add_parsable_certificates(certificates).0 > 0
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    regular_file::read(path, MAX_FILE)
        .map_err(|error| invalid_file(path, &format!("cannot be read: {error}")))
}

fn invalid_file(path: &Path, problem: &str) -> Error {
    Error::config(format!("otlp: the file `{}` {problem}", path.display()))
}

pub(super) fn unusable(error: &dyn std::fmt::Display) -> Error {
    Error::config(format!("otlp: TLS cannot be used: {error}"))
}
