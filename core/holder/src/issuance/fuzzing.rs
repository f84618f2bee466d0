//! The parsers of what an issuer says of itself, for the fuzz targets: no other build has this module, since nobody but the calls of
//! issuance has a use for what is not yet believed.

use trust::certificates::CertificateAnchors;
use trust::time::Timestamp;

use super::metadata::{IssuerMetadata, ServerMetadata};
use super::offer::{Offer, OfferLink};
use super::signed_metadata;

/// Reads an offer link; the issuer that an offer inside it names.
pub fn offer_link(link: &str) -> Option<String> {
    match OfferLink::parse(link).ok()? {
        OfferLink::Value(offer) => Some(offer.info().issuer),
        OfferLink::Reference(_) => None,
    }
}

/// Reads an offer object as a reference leads to it; the issuer that it names.
pub fn offer(json: &[u8]) -> Option<String> {
    Some(Offer::parse(json).ok()?.info().issuer)
}

/// Reads metadata of whatever issuer they name, with each configuration that they offer; the issuer.
pub fn issuer_metadata(json: &[u8]) -> Option<String> {
    let metadata: IssuerMetadata = http_client::parse_json(json).ok()?;
    let issuer = metadata.credential_issuer.clone();
    Some(looked_into(metadata.of_issuer(&issuer).ok()?))
}

/// Verifies signed metadata of this issuer; whether they are believed.
pub fn signed_issuer_metadata(
    text: &str,
    issuer: &str,
    anchors: &CertificateAnchors,
    now: Timestamp,
) -> bool {
    let believed = signed_metadata::verify(text, issuer, anchors, now);
    believed.and_then(|metadata| metadata.of_issuer(issuer)).map(looked_into).is_ok()
}

/// Reads metadata of an authorization server; whether its tokens would be bound to a key.
pub fn server_metadata(json: &[u8]) -> Option<bool> {
    let metadata: ServerMetadata = http_client::parse_json(json).ok()?;
    let _ = metadata.authorisation_endpoints();
    Some(metadata.binds_tokens())
}

fn looked_into(metadata: IssuerMetadata) -> String {
    for id in metadata.credential_configurations_supported.keys() {
        if let Ok(found) = metadata.configuration(id) {
            let _ = (found.sd_cwt(), found.document());
        }
    }
    let _ = metadata.copies();
    metadata.credential_issuer
}
