//! TLS for receivers: a certificate authority of the test, and the certificates that it issues.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// An authority that issues certificates for receivers at 127.0.0.1, `localhost` and `collector.test`, and for clients.
/// Its files are deleted when it is dropped.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: rcgen::Certificate,
    /// Whether receivers show the certificate of the authority itself.
    is_self_signed: bool,
    folder: TempDir,
}

/// The names of each receiver.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "collector.test"];

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// Creates an authority that nothing trusts yet.
    ///
    /// # Panics
    ///
    /// Its certificate cannot be made or written.
    #[must_use]
    pub fn new() -> Self {
        Self::with(CertificateParams::default(), false)
    }

    /// Creates a certificate as `openssl req -x509` does: it is marked as one of an authority, and receivers at
    /// 127.0.0.1 have no other.
    ///
    /// # Panics
    ///
    /// The certificate cannot be made or written.
    #[must_use]
    pub fn self_signed() -> Self {
        let name = NAMES[0].to_owned();
        Self::with(CertificateParams::new([name]).expect("a valid name"), true)
    }

    fn with(mut params: CertificateParams, is_self_signed: bool) -> Self {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "an authority for tests");
        if !is_self_signed {
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        }

        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("ca.pem"), root.pem()).expect("a file");
        Self { issuer: Issuer::new(params, key), root, is_self_signed, folder }
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Returns the paths of a client certificate from this authority and of its key.
    pub fn client(&self) -> (PathBuf, PathBuf) {
        self.files("client", ExtendedKeyUsagePurpose::ClientAuth)
    }

    /// Returns the paths of a certificate for a server at 127.0.0.1 from this authority and of its key.
    pub fn server(&self) -> (PathBuf, PathBuf) {
        self.files("server", ExtendedKeyUsagePurpose::ServerAuth)
    }

    fn files(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.issue(name, purpose);
        let write = |end: &str, text: String| {
            let path = self.folder.path().join(format!("{name}.{end}"));
            fs::write(&path, text).expect("a file");
            path
        };

        (write("pem", certificate.pem()), write("key", key.serialize_pem()))
    }

    fn issue(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> (rcgen::Certificate, KeyPair) {
        let names = NAMES.map(str::to_owned);
        let mut params = CertificateParams::new(names).expect("valid names");
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        (certificate, key)
    }

    fn of_receiver(&self) -> (CertificateDer<'static>, Vec<u8>) {
        if self.is_self_signed {
            return (self.root.der().clone(), self.issuer.key().serialize_der());
        }

        let (certificate, key) = self.issue("a receiver", ExtendedKeyUsagePurpose::ServerAuth);
        (certificate.der().clone(), key.serialize_der())
    }

    pub(super) fn acceptor(&self, client: ClientCertificate, alpn: &[&[u8]]) -> TlsAcceptor {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("the versions of ring");
        let config = match client {
            ClientCertificate::NotRequested => builder.with_no_client_auth(),
            ClientCertificate::Required => {
                let mut roots = RootCertStore::empty();
                roots.add(self.root.der().clone()).expect("a certificate");
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };

        let (certificate, key) = self.of_receiver();
        let key = PrivateKeyDer::try_from(key).expect("a key");
        let mut config =
            config.with_single_cert(vec![certificate], key).expect("a certificate and its key");
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Whether a client must present a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificate {
    /// Any client may connect.
    NotRequested,
    /// Only clients with a certificate of the authority may connect.
    Required,
}
