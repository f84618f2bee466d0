/*
 * The core's stable names in words. A name that is not here is nobody's but of whoever uses it: it is shown as it is, and said to be theirs.
 */

/// The words of a claim's number in the core's table.
public func claim(_ number: Int64) -> Line {
    if let word = Word(rawValue: "claim_\(number)") { Line(word) } else { Line(.claimOther, "\(number)") }
}

/// The words of a claim's place in a document: a member of an SD-JWT VC, or namespace and element of an mdoc. Of what lies below a claim
/// the claim is said.
func claim(_ place: String) -> Line {
    if let number = Int64(place) { return claim(number) }
    let inside = namespaces.first { place.hasPrefix("\($0).") }.map { place.dropFirst($0.count + 1) } ?? place[...]
    return claims[String(inside.replacing(/\[\d*\]/, with: ""))].map { Line($0) } ?? Line(.claimOwnWord, place)
}

/// The same where the history has the document's type before the place.
func claim(_ told: String, of documents: [String]) -> Line {
    claim(documents.first { told.hasPrefix("\($0): ") }.map { String(told.dropFirst($0.count + 2)) } ?? told)
}

/// A heading and the claims below it; nothing where there are none.
func named(_ heading: Line, _ claims: [Line]) -> [Line] {
    claims.isEmpty ? [] : [heading] + claims.map { $0.warned(heading.isWarning) }
}

/// Whom something was shown to: a clinic that scanned, a desk by its name, or whoever a certificate names.
func recipient(_ to: String) -> Part {
    // The audience of a code that any clinic may scan.
    to == "vn.clinic" ? .line(Line(.anyClinic)) : .own(commonName(to))
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
func accountEvent(_ kind: String, who: Part, ward: String) -> Line {
    guard let word = Word(rawValue: "event_\(kind)") else { return Line(.eventAccount, kind) }
    return switch word.places {
    case 0: Line(word)
    case 1: Line(word, parts: [word == .eventActedForWard ? .own(ward) : who])
    default: Line(.eventAccount, kind)
    }
}

private let namespaces = ["vn.citizen.1", "vn.health-insurance.1", "org.iso.18013.5.1", "vn.residence.1", "vn.adult.1"]

private let claims: [String: Word] = [
    "personal_number": .claim1,
    "name": .claim4,
    "family_name": .claimFamilyName,
    "given_name": .claimGivenName,
    "birth_date": .claim8,
    "sex": .claim9,
    "nationality": .claimNationality,
    "account_level": .claimAccountLevel,
    "portrait": .claimPortrait,
    "guardian": .claim85,
    "insurance_number": .claim75,
    "valid_from": .claim76,
    "valid_to": .claim77,
    "facility": .claim78,
    "benefit_level": .claim79,
    "five_years_from": .claim80,
    "area": .claim81,
    "age_over_18": .claimAgeOver18,
    "issue_date": .claimIssueDate,
    "expiry_date": .claimExpiryDate,
    "issuing_country": .claimIssuingCountry,
    "issuing_authority": .claimIssuingAuthority,
    "document_number": .claimDocumentNumber,
    "driving_privileges": .claimDrivingPrivileges,
    "un_distinguishing_sign": .claimUnDistinguishingSign,
    "resident_address": .claimResidentAddress,
    "resident_country": .claimResidentCountry,
    "residence_until": .claimResidenceUntil,
]
