//! TLS certificates.

use super::super::shared::{authored, is_authored};
use crate::{
    draft::{Draft, Joined},
    fact::Fact,
    node::Node,
    view::{Raw, View},
};

pub(super) fn terraform(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let body = raw.at("certificate_body");
    let private = raw.at("certificate_authority_arn");
    let imported = is_authored(&body) && !body.node().is_some_and(Node::is_empty);
    let issued_privately = is_authored(&private) && !private.node().is_some_and(Node::is_empty);
    let validation = if imported { body.derive("imported".to_owned()) } else { method(&raw.at("validation_method")) };
    draft.put("validation", validation);
    // What is imported brings its algorithm; what is requested is RSA with 2048 bits unless said otherwise
    // (ACM API, RequestCertificate).
    let algorithm = authored(raw.at("key_algorithm").text());
    draft.put("key_algorithm", if imported { algorithm } else { algorithm.or_default("RSA_2048".to_owned()) });
    if !imported && !issued_privately {
        logged(draft, &raw.at("options").at("certificate_transparency_logging_preference"));
    }
}

pub(super) fn cloudformation(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let private = raw.at("CertificateAuthorityArn").is_set();
    // By e-mail unless said otherwise (CloudFormation, `ValidationMethod`); a private authority validates nothing.
    let validation = method(&raw.at("ValidationMethod"));
    let public = private.value() == Some(&false);
    draft.put("validation", if public { validation.or_default("email".to_owned()) } else { validation });
    draft.put("key_algorithm", raw.at("KeyAlgorithm").text().or_default("RSA_2048".to_owned()));
    if public {
        logged(draft, &raw.at("CertificateTransparencyLoggingPreference"));
    }
}

/// Certificates that were uploaded to the identity service.
pub(super) fn uploaded(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("validation", raw.derive("imported"));
}

fn method(view: &View<'_>) -> Fact<String> {
    authored(view.text()).filter_map(|method| match method.to_ascii_lowercase().as_str() {
        "none" => None,
        method => Some(method.to_owned()),
    })
}

/// Logged unless the author opts out (ACM user guide, "Certificate Transparency Logging").
fn logged(draft: &mut Draft, preference: &View<'_>) {
    draft.put("transparency_logging", authored(preference.text()).map(|word| word == "ENABLED").or_default(true));
}
