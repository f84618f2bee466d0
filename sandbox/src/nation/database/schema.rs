//! The tables, as SQLite reads them; PostgreSQL has other words for numbers and bytes.

/// The version of [`SCHEMA`], kept in the table `nation`.
pub(super) const VERSION: u32 = 10;

pub(super) const SCHEMA: &str = "
CREATE TABLE person (
    number TEXT PRIMARY KEY, name TEXT NOT NULL, birth TEXT NOT NULL, sex TEXT NOT NULL, phone TEXT NOT NULL,
    nationality TEXT NOT NULL, residence_until TEXT, guardian TEXT, is_ward INTEGER NOT NULL,
    deceased INTEGER NOT NULL DEFAULT 0, face_matches INTEGER NOT NULL DEFAULT 1) STRICT;
CREATE INDEX in_care ON person(guardian) WHERE guardian IS NOT NULL;
CREATE TABLE insurance (
    person TEXT PRIMARY KEY REFERENCES person(number), card TEXT NOT NULL, valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL, facility TEXT NOT NULL, level INTEGER NOT NULL, five_years_from TEXT NOT NULL,
    area TEXT, object_group TEXT NOT NULL) STRICT;
CREATE INDEX insurance_by_card ON insurance(card);
CREATE INDEX insurance_by_number ON insurance(substr(card, 6));
CREATE TABLE account (
    id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person(number), phase TEXT NOT NULL,
    level INTEGER NOT NULL, opened_at INTEGER NOT NULL, verified_at TEXT, method TEXT, card_expires TEXT,
    portrait BLOB) STRICT;
CREATE UNIQUE INDEX one_account ON account(person) WHERE phase <> 'closed';
CREATE TABLE account_lock (
    account TEXT NOT NULL REFERENCES account(id) ON DELETE CASCADE, reason TEXT NOT NULL, since INTEGER NOT NULL,
    PRIMARY KEY (account, reason)) STRICT;
CREATE TABLE account_event (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id) ON DELETE CASCADE, at INTEGER NOT NULL,
    event TEXT NOT NULL) STRICT;
CREATE INDEX events_of_account ON account_event(account);
CREATE TABLE device (
    thumbprint TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id) ON DELETE CASCADE, name TEXT NOT NULL,
    seq INTEGER NOT NULL, since INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
CREATE INDEX devices_of_account ON device(account);
CREATE UNIQUE INDEX one_device ON device(account) WHERE state = 'active';
CREATE TABLE pending (
    account TEXT PRIMARY KEY REFERENCES account(id) ON DELETE CASCADE, kind TEXT NOT NULL, thumbprint TEXT NOT NULL,
    name TEXT NOT NULL, seq INTEGER NOT NULL, proven_at TEXT NOT NULL, portrait BLOB, card_expires TEXT,
    effective_at INTEGER NOT NULL) STRICT;
CREATE TABLE hand_over (
    account TEXT PRIMARY KEY REFERENCES account(id) ON DELETE CASCADE, thumbprint TEXT NOT NULL, name TEXT NOT NULL,
    sealed TEXT, expires INTEGER NOT NULL) STRICT;
CREATE TABLE revocation_code (
    account TEXT PRIMARY KEY REFERENCES account(id) ON DELETE CASCADE, hash BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE activation (
    account TEXT PRIMARY KEY REFERENCES account(id) ON DELETE CASCADE, code_hash BLOB NOT NULL,
    expires INTEGER NOT NULL, attempts INTEGER NOT NULL) STRICT;
CREATE TABLE opening (person TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX openings_of_person ON opening(person);
CREATE TABLE pin (
    account TEXT PRIMARY KEY REFERENCES account(id) ON DELETE CASCADE, id TEXT NOT NULL, sealed_key BLOB NOT NULL,
    attempts INTEGER NOT NULL, wait_until INTEGER NOT NULL, newest INTEGER NOT NULL) STRICT;
CREATE TABLE message (
    id INTEGER PRIMARY KEY, phone TEXT NOT NULL, text TEXT NOT NULL, sent_at INTEGER NOT NULL) STRICT;
CREATE INDEX messages_of_phone ON message(phone);
CREATE TABLE pre_authorised (
    code_hash BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    subject TEXT NOT NULL, configuration TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;
CREATE TABLE access_token (
    hash BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    subject TEXT NOT NULL, configuration TEXT NOT NULL, expires INTEGER NOT NULL, client TEXT) STRICT;
CREATE TABLE attested_key (
    thumbprint TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    element INTEGER NOT NULL, per_use INTEGER NOT NULL, level INTEGER NOT NULL) STRICT;
CREATE TABLE app_attest_key (
    phone TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id) ON DELETE CASCADE, key BLOB NOT NULL,
    counter INTEGER NOT NULL) STRICT;
CREATE TABLE credential (
    sub TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id),
    subject TEXT NOT NULL REFERENCES person(number), configuration TEXT NOT NULL,
    thumbprint TEXT NOT NULL UNIQUE, list INTEGER NOT NULL, position INTEGER NOT NULL, expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0, UNIQUE (list, position)) STRICT;
CREATE INDEX credentials_of_account ON credential(account);
CREATE INDEX credentials_by_end ON credential(expires);
CREATE TABLE status_list (number INTEGER PRIMARY KEY, used INTEGER NOT NULL) STRICT;
INSERT INTO status_list VALUES (1, 0);
CREATE TABLE desk (name TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;
CREATE TABLE withdrawn_desk (key BLOB PRIMARY KEY) STRICT;
CREATE TABLE asker (name TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;
CREATE TABLE asker_certificate (
    certificate BLOB PRIMARY KEY, name TEXT NOT NULL REFERENCES asker(name)) STRICT;
CREATE TABLE bank_account (
    person TEXT PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0), proven_by TEXT NOT NULL,
    opened_at INTEGER NOT NULL) STRICT;
CREATE TABLE withdrawal (
    receipt INTEGER PRIMARY KEY, question TEXT NOT NULL UNIQUE, person TEXT NOT NULL REFERENCES bank_account(person),
    terminal TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), at INTEGER NOT NULL) STRICT;
CREATE TABLE bank_reader (key BLOB PRIMARY KEY) STRICT;
CREATE TABLE nation (version INTEGER NOT NULL, root BLOB NOT NULL) STRICT;
CREATE TABLE setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
";
