//! How documents for use online are told.
use holder::{AwaitedInfo, DocumentInfo};
use serde_json::{Value, json};

use crate::output::print_json;

pub(super) fn show(documents: &[DocumentInfo], awaited: &[AwaitedInfo], as_json: bool) {
    if as_json {
        print_json(&json!({"documents": rows(documents), "awaited": awaited_rows(awaited)}));
        return;
    }
    print(documents);
    for info in awaited {
        println!("  {}  {} ({})  not ready yet", info.id, info.kind, info.format.as_str());
        println!("      ask again from {} on: sen credential refresh {}", info.not_before, info.id);
    }
}

pub(super) fn awaited_rows(awaited: &[AwaitedInfo]) -> Vec<Value> {
    let row = |info: &AwaitedInfo| {
        json!({"id": info.id, "format": info.format.as_str(), "type": info.kind, "issuer_url": info.issuer_url,
               "not_before": info.not_before.to_string()})
    };
    awaited.iter().map(row).collect()
}

pub(super) fn rows(documents: &[DocumentInfo]) -> Vec<Value> {
    let row = |info: &DocumentInfo| {
        json!({"id": info.id, "format": info.format.as_str(), "type": info.kind, "issuer": info.issuer,
               "issuer_url": info.issuer_url, "issued_at": info.issued_at.to_string(),
               "expires_at": info.expires_at.map(|at| at.to_string()), "copies": info.copies,
               "unshown": info.unshown, "can_approve": info.can_approve, "refreshable": info.refreshable})
    };
    documents.iter().map(row).collect()
}

fn print(documents: &[DocumentInfo]) {
    for info in documents {
        let until = info.expires_at.map_or_else(|| "without end".to_owned(), |at| format!("until {at}"));
        println!(
            "  {}  {} ({})  by {}, valid {until}",
            info.id,
            info.kind,
            info.format.as_str(),
            info.issuer
        );
        let approves = if info.can_approve { ", can approve" } else { "" };
        println!("      {} copies, {} not shown yet{approves}", info.copies, info.unshown);
    }
}
