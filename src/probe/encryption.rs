//! Encrypted connections: who is trusted on them, and what the other side has shown. All kinds that
//! need one come here, so that there is one way to trust.

use crate::config::TlsOptions;
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use std::{
    path::Path,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// The verdict on a certificate, as far as one was shown.
pub type Verdict = Arc<Mutex<Option<Result<(), String>>>>;

/// How to connect by `options`, whose files are in `folder`.
pub fn config(options: &TlsOptions, folder: &Path) -> Result<ClientConfig, String> {
    let builder = builder()?;
    let builder = if options.verify.0 {
        builder.with_root_certificates(roots(options.ca.as_deref(), folder)?)
    } else {
        let verifier = Witness { inner: None, verdict: Verdict::default() };
        builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
    };
    match (&options.cert, &options.key) {
        (Some(cert), Some(key)) => {
            let key = folder.join(key);
            let chain = certificates(&folder.join(cert))?;
            let key = PrivateKeyDer::from_pem_file(&key)
                .map_err(|cause| format!("{} cannot be read: {cause}", key.display()))?;
            builder.with_client_auth_cert(chain, key).map_err(|cause| cause.to_string())
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

/// A connection that is made whoever the other side is; whether it would be trusted is told. By
/// `ca` where there is one, else by the authorities that this system trusts.
pub fn witness(ca: Option<&Path>, folder: &Path) -> Result<(ClientConfig, Verdict), String> {
    let roots = roots(ca, folder)?;
    let inner = WebPkiServerVerifier::builder_with_provider(roots, provider()).build();
    let inner = inner.map_err(|cause| cause.to_string())?;
    let verdict = Verdict::default();
    let verifier = Witness { inner: Some(inner), verdict: Arc::clone(&verdict) };
    let builder = builder()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok((builder.with_no_client_auth(), verdict))
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

fn builder() -> Result<Builder, String> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|cause| cause.to_string())
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(ring::default_provider()));
    Arc::clone(&PROVIDER)
}

/// Whom to trust: those of a file, else those of this system. Reading the latter takes longer than
/// most probes, and is done once.
fn roots(ca: Option<&Path>, folder: &Path) -> Result<Arc<RootCertStore>, String> {
    static SYSTEM: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    });
    let roots = match ca {
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates(&folder.join(ca))?);
            Arc::new(roots)
        }
        None => Arc::clone(&SYSTEM),
    };
    if !roots.is_empty() {
        return Ok(roots);
    }
    Err(match ca {
        Some(ca) => format!("there is no certificate in {}", ca.display()),
        None => "this system trusts no authority: it has no certificates of them".to_owned(),
    })
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    read.map_err(|cause| format!("{} cannot be read: {cause}", file.display()))
}

/// Lets every certificate pass, and remembers what `inner` thinks of it.
#[derive(Debug)]
struct Witness {
    inner: Option<Arc<WebPkiServerVerifier>>,
    verdict: Verdict,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(inner) = &self.inner {
            let verdict = inner
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map(drop)
                .map_err(|cause| in_words(&cause));
            *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Why a certificate is not trusted.
pub fn in_words(cause: &Error) -> String {
    use rustls::CertificateError as Wrong;
    match cause {
        Error::InvalidCertificate(Wrong::Expired | Wrong::ExpiredContext { .. }) => {
            "the certificate has expired".to_owned()
        }
        Error::InvalidCertificate(Wrong::NotValidYet | Wrong::NotValidYetContext { .. }) => {
            "the certificate is not valid yet".to_owned()
        }
        Error::InvalidCertificate(Wrong::UnknownIssuer) => {
            "nobody who is trusted has issued the certificate".to_owned()
        }
        Error::InvalidCertificate(
            Wrong::NotValidForName | Wrong::NotValidForNameContext { .. },
        ) => "the certificate is of another name".to_owned(),
        other => other.to_string(),
    }
}
