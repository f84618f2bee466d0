//! How documents for use online are told.
use holder::DocumentInfo;
use serde_json::{Value, json};

use crate::output::print_json;

pub(super) fn show(documents: &[DocumentInfo], as_json: bool) {
    if as_json {
        print_json(&json!({"documents": rows(documents)}));
    } else {
        print(documents);
    }
}

pub(super) fn rows(documents: &[DocumentInfo]) -> Vec<Value> {
    let row = |info: &DocumentInfo| {
        json!({"id": info.id, "format": info.format.as_str(), "type": info.kind, "issuer": info.issuer,
               "issuer_url": info.issuer_url, "issued_at": info.issued_at.to_string(),
               "expires_at": info.expires_at.map(|at| at.to_string()), "copies": info.copies,
               "unshown": info.unshown, "refreshable": info.refreshable})
    };
    documents.iter().map(row).collect()
}

pub(super) fn print(documents: &[DocumentInfo]) {
    for info in documents {
        let until = info.expires_at.map_or_else(|| "without end".to_owned(), |at| format!("until {at}"));
        println!(
            "  {}  {} ({})  by {}, valid {until}",
            info.id,
            info.kind,
            info.format.as_str(),
            info.issuer
        );
        println!("      {} of {} copies not shown yet", info.unshown, info.copies);
    }
}
