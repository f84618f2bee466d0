/** What every call throws or rejects with: an `Error` whose name is `SenError`. Words for people are the page's. */
export interface SenError extends Error {
  name: "SenError";
  /** What to do next. */
  kind:
    | "TryCardAgain" | "WrongAccessKey" | "CardNotGenuine" | "CardUnsupported" | "DeviceKeyLost" | "UserCancelled" | "NoNetwork"
    | "IssuerRefused" | "CredentialExpired" | "NotReady" | "Bug";
  /** Why, as a stable code such as `card.wrong_access_key`. */
  code: string;
  /** Attempts that are left, where the server counts them. */
  attemptsLeft?: number;
  /** Seconds to wait before the next try, where the server says so. */
  waitSeconds?: number;
}

/** A port that throws an object with this member says why it failed; whatever else it throws is `Unavailable`. */
export interface PortFailure<Name extends string> {
  failure: Name | "Unavailable";
}

/** The way to a chip. It blocks; throws `PortFailure<"TagLost" | "Timeout" | "UserCancelled">`. */
export interface CardTransport {
  /** The longest command that this way takes, in bytes; 261 where only short APDUs go. */
  maxCommandLen(): number;
  /** Sends a command APDU and returns the answer with its two status bytes. */
  transceive(command: Uint8Array): Uint8Array;
}

/** One P-256 key. Nothing attests it. Throws `PortFailure<"Lost" | "Locked" | "UserCancelled">`. */
export interface DeviceKey {
  /** 65 bytes, `04 || x || y`. */
  publicKey(): Uint8Array;
  /** ECDSA with SHA-256 over the message: 64 bytes, `r || s`. */
  sign(message: Uint8Array): Uint8Array;
}

/** Makes and finds device keys. Throws `PortFailure<"Lost" | "Locked" | "UserCancelled">`. */
export interface KeyStore {
  /** Makes a key. `perUse`: the person authenticates for each signature. The challenge is for an attestation, which there is none of. */
  create(id: string, perUse: boolean, challenge: Uint8Array): DeviceKey;
  /** Finds a key; throws `Lost` where there is none. */
  open(id: string): DeviceKey;
  /** Deletes a key; deleting none is no error. */
  delete(id: string): void;
}

/** Keeps the one secret of at most 128 bytes that opens what `toSaved` gives. Throws `PortFailure<"UserCancelled">`. */
export interface SecretStore {
  /** The secret last saved. */
  load(): Uint8Array | undefined;
  /** Keeps a secret in place of the earlier one. */
  save(secret: Uint8Array): void;
  /** Forgets it. */
  erase(): void;
}

/** How far a reading is. */
export type ReadingStep =
  | { step: "opening" }
  | { step: "reading"; file: string; bytes: number; total: number }
  | { step: "proving_chip" }
  | { step: "finished" };

/** Is shown how far a reading is. What it throws ends the reading as a bug. */
export interface ReadingListener {
  step(step: ReadingStep): void;
  /** Whether the person wants an end; asked before every command. */
  cancelled(): boolean;
}

/** Is told when a call waits for a busy server. What it throws is passed over. */
export interface WaitListener {
  waits(seconds: number): void;
}

/** What opens the chip: the six digits of the front, or the machine-readable zone with its lines as printed. */
export type CardKey = { can: string } | { mrz: string };

/** Whose account it is. */
export interface AccountApplicant {
  /** 12 digits. */
  personal_number: string;
  /** The phone number registered to this person. */
  phone: string;
  /** What the person calls this device. */
  device_name: string;
}

/** An account that waits for its one-time code. */
export interface OpenedAccount {
  account: string;
  /** Where the code went, masked. */
  code_sent_to: string;
  /** Seconds until the code expires. */
  code_expires_in: number;
}

/** How the account stands. */
export interface AccountView {
  /** The provider's name for it. */
  account: string;
  provider: string;
  level: 0 | 1 | 2;
  state:
    | "awaiting_code" | "awaiting_consent" | "activation_overdue" | "active" | "locked" | "blocked" | "recovery" | "closed" | "proving"
    | "waiting" | "receiving" | "cancelled" | "replaced" | "lost" | "key_lost" | "other";
  /** All reasons for which it is locked, who is not its holder first. */
  locks: string[];
  /** How the level was reached. */
  method: string | null;
  verified_at: number | null;
  /** The phones known, the one in use first. */
  phones: { name: string; thumbprint: string; state: "active" | "replaced" | "lost" | "other" }[];
  /** When the provider last said so. */
  as_of: number | null;
}

/** A credential in the wallet. */
export interface Credential {
  /** The wallet's own name for it. */
  id: string;
  /** Such as `urn:vn:health-insurance:1`. */
  vct: string;
  issuer: string;
  issued_at: number;
  /** Until then it can be shown without a network. */
  expires_at: number;
  /** From when on a new one should be fetched. */
  refresh_at: number;
  /** The personal number of the minor whose it is. */
  ward: string | null;
  /** The last day of what it certifies (ISO 8601). */
  valid_to: string | null;
  /** What to tell the person now, the most urgent first; `days` stands with `ends_soon`. */
  warnings: { warning: "expired" | "soon_unprepared" | "ended" | "ends_soon"; days?: number }[];
}

/** How the device recognised the person just now: levels 1 to 4. */
export type Recognised = "by_device" | "by_knowledge" | "by_biometrics" | "by_both";

/** All that a consent screen shows. Claims are numbers of the core's table. */
export interface ConsentDetails {
  credential: "health-insurance" | "citizen";
  ward: string | null;
  /** The desk's signed name; null for any clinic. */
  desk: string | null;
  /** Who gave the desk its name. */
  desk_named_by: string | null;
  purpose: string | null;
  disclosed: number[];
  missing: number[];
  /** Told although the desk was not named for asking them: a warning. */
  over_asked: number[];
  minimum_level: number;
  /** Whether nobody but the desk can read the code. */
  encrypted: boolean;
  needs_guardian: boolean;
  shows_portrait: boolean;
}

/** One code of the rotating QR: digits, to be drawn in numeric mode, and when the next one is due. */
export interface QrCode {
  text: string;
  expires_at: number;
}

/** One line of the history. */
export interface HistoryLine {
  /** The first is 1. */
  sequence: number;
  at: number;
  /** What happened: a name such as `"account_opened"`, or an object of one member that is called so. */
  event: string | Record<string, Record<string, unknown>>;
}
