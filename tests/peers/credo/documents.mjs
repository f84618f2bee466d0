// What this issuer issues: an SD-JWT VC and an mdoc, about an invented person.
import { randomUUID } from "node:crypto"

import { Kms } from "@credo-ts/core"

export const VCT = "urn:vn:residence:1"
export const DOCTYPE = "org.iso.18013.5.1.mDL"
const DAY = 86_400_000

const binding = {
  cryptographic_binding_methods_supported: ["jwk"],
  proof_types_supported: { jwt: { proof_signing_alg_values_supported: ["ES256"] } },
}

export const configurations = {
  "residence-sd-jwt": { format: "dc+sd-jwt", vct: VCT, scope: "residence", credential_signing_alg_values_supported: ["ES256"], ...binding },
  "licence-mdoc": {
    format: "mso_mdoc", doctype: DOCTYPE, scope: "licence", credential_signing_alg_values_supported: [-7],
    ...binding, cryptographic_binding_methods_supported: ["cose_key"],
  },
}

/** Credo's mapper: one credential for each key that the wallet proved. */
export function mapper(signer) {
  return async ({ agentContext, holderBinding, credentialConfigurationId, issuanceSession }) => {
    const wish = issuanceSession.issuanceMetadata ?? {}
    if (wish.defer) return { type: "deferral", transactionId: randomUUID(), interval: 1 }
    return credentials(signer, credentialConfigurationId, await holders(agentContext, holderBinding, wish))
  }
}

/** The same for what was put off. */
export function deferredMapper(signer) {
  return async ({ agentContext, issuanceSession, transaction }) => {
    const keys = await holders(agentContext, transaction.holderBinding, issuanceSession.issuanceMetadata ?? {})
    return credentials(signer, transaction.credentialConfigurationId, keys)
  }
}

async function holders(context, holderBinding, wish) {
  const keys = holderBinding.keys.map((key) => key.jwk)
  // An issuer that binds to a key which the wallet never proved, for the wallet to refuse.
  if (wish.foreignKey) {
    const kms = context.dependencyManager.resolve(Kms.KeyManagementApi)
    const made = await kms.createKey({ type: { kty: "EC", crv: "P-256" } })
    keys[keys.length - 1] = Kms.PublicJwk.fromPublicJwk(made.publicJwk)
  }
  return wish.backwards ? keys.reverse() : keys
}

function credentials(signer, configuration, keys) {
  // Whole seconds of one day, the same for a batch: times do not tell its members apart.
  const from = new Date(Math.floor(Date.now() / DAY) * DAY)
  const until = new Date(from.getTime() + 14 * DAY)
  if (configuration === "licence-mdoc") {
    return {
      type: "credentials",
      format: "mso_mdoc",
      credentials: keys.map((holderKey) => ({
        docType: DOCTYPE,
        issuerCertificate: signer,
        holderKey,
        validityInfo: { signed: from, validFrom: from, validUntil: until },
        namespaces: {
          "org.iso.18013.5.1": { family_name: "Nguyễn", given_name: "Thị Mẫu", birth_date: "1999-01-01", document_number: "000199012345", age_over_18: true },
        },
      })),
    }
  }
  const seconds = (date) => Math.floor(date.getTime() / 1000)
  return {
    type: "credentials",
    format: "dc+sd-jwt",
    credentials: keys.map((jwk) => ({
      payload: {
        vct: VCT, iat: seconds(from), nbf: seconds(from), exp: seconds(until),
        given_name: "Thị Mẫu", family_name: "Nguyễn", birthdate: "1999-01-01", address: { country: "VN", locality: "Hà Nội" },
        nationalities: ["VN", "LA"],
      },
      holder: { method: "jwk", jwk },
      issuer: { method: "x5c", x5c: [signer] },
      disclosureFrame: { _sd: ["given_name", "family_name", "birthdate"], address: { _sd: ["locality", "country"] }, nationalities: { _sd: [0, 1] } },
    })),
  }
}
