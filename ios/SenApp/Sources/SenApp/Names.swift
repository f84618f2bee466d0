/*
 * The core's stable names in words. A name that is not here is nobody's but of whoever uses it: it is shown as it is, and said to be theirs.
 */

/// The words of a claim's number in the core's table.
public func claim(_ number: Int64) -> Line {
    if let word = Word(rawValue: "claim_\(number)") { Line(word) } else { Line(.claimOther, "\(number)") }
}

/// The type of a credential or document in words, or the issuer's name of what it offers.
public func kind(_ type: String) -> Line {
    // An issuer's configuration ends with the form of the document.
    switch type.replacing(/_(?:sd_jwt|sd_cwt|mdoc)$/, with: "") {
    case "urn:vn:citizen:1", "vn.citizen.1", "citizen": Line(.citizen)
    case "urn:vn:health-insurance:1", "vn.health-insurance.1", "health-insurance", "health_insurance": Line(.healthInsurance)
    case "urn:vn:driving-licence:1", "org.iso.18013.5.1.mDL", "driving_licence": Line(.drivingLicence)
    case "urn:vn:residence:1", "vn.residence.1", "residence": Line(.residence)
    case "urn:vn:adult:1", "vn.adult.1", "adult": Line(.adult)
    default: Line(.otherDocument, type)
    }
}

/// What happened to the account: `who` is the other phone where there is one, `ward` the personal number of the person in care.
func accountEvent(_ kind: String, who: String, ward: String) -> Line {
    guard let word = Word(rawValue: "event_\(kind)") else { return Line(.eventAccount, kind) }
    return switch word.places {
    case 0: Line(word)
    case 1: Line(word, word == .eventActedForWard ? ward : who)
    default: Line(.eventAccount, kind)
    }
}
