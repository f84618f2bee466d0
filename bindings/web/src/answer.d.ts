/** Why a code is not accepted, or a warning. Words are the page's. */
export type Reason =
  | "expired" | "not_yet_valid" | "stale" | "replayed" | "unknown_issuer" | "issuer_signature" | "holder_signature" | "suspended" | "revoked"
  | "status_unknown" | "status_old" | "trust_old" | "issuer_revoked" | "rollback" | "wrong_audience" | "missing_claim" | "over_disclosed"
  | "authentication_level" | "clock_suspect" | "seen_elsewhere" | "unsupported_version" | "malformed" | "scan_incomplete" | "not_holder_bound";

/** What `JSON.parse` gives of what `OfflineDesk.check` returns. */
export interface Checked {
  answer: Answer;
  /** To be written down durably before the answer is shown; null where nothing is to be remembered. */
  noted: Noted | null;
  /** A `data:` address: the portrait of an animated code that the issuer vouches for. */
  portrait?: string;
}

/** A sighting. It holds nothing personal. */
export interface Noted {
  /** The presentation: SHA-256, base64. One of the keys for `seen` from now on. */
  key: string;
  /** The credential: SHA-256, base64. */
  credential: string;
  /** RFC 3339. */
  received_at: string;
  /** RFC 3339: until then it must be remembered. */
  keep_until: string;
}

/** The JSON of `sen clinic check`. Times are RFC 3339, dates ISO 8601. */
export interface Answer {
  verdict: "accepted" | "unsure" | "refused";
  reasons: Reason[];
  format: string;
  holder_bound: boolean | null;
  issued_by: string | null;
  presented_at: string | null;
  age_seconds: number | null;
  /** Null where the code is refused. */
  claims: Claims | null;
  status: { result: "valid" | "suspended" | "revoked" | "unknown"; as_of: string | null; age_seconds: number | null };
  trust_as_of: string;
  freshness: "one_way" | "challenged" | null;
  window_seconds: number | null;
  replay: "first_seen" | "seen" | "not_checked";
  face: "shown" | "compare_with_card" | "not_available";
  authentication_level: { level: number; basis: "attested" | "server_statement" | "claimed" } | null;
  presented_by: "holder" | "guardian" | null;
  entitlement: string;
}

export interface Claims {
  name: string | null;
  date_of_birth: string | null;
  sex: "M" | "F" | "X" | null;
  personal_number: string | null;
  insurance: {
    number: string | null;
    valid_from: string | null;
    valid_to: string | null;
    facility: string | null;
    benefit_level: number | null;
    five_years_from: string | null;
  } | null;
}
