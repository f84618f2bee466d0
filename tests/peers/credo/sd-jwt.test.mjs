// Our SD-JWT VC with its key binding before npm `@sd-jwt/sd-jwt-vc`, which verifies what it is handed and nothing else.
//
// The program `exchange` (an example of the credential crate, named by EXCHANGE) issues and presents; the keys are its own. The
// signatures are checked by Node's WebCrypto, which the package leaves to whoever uses it. It looks at no certificate, no status
// where there is none, and not at the audience: that is the verifier's own to compare.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { createHash, randomBytes, webcrypto } from "node:crypto"
import { test } from "node:test"

import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc"

const AUDIENCE = "x509_hash:abc"
const NONCE = "nonce"
const issued = JSON.parse(execFileSync(process.env.EXCHANGE, ["issue"], { encoding: "utf8" }))

/** A verifier of the package for signatures by this key. */
const by = (jwk) => async (data, signature) => {
  const key = await webcrypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"])
  const algorithm = { name: "ECDSA", hash: "SHA-256" }
  return webcrypto.subtle.verify(algorithm, key, Buffer.from(signature, "base64url"), new TextEncoder().encode(data))
}

/** The package's verdict: what it tells of a presentation, or an error. */
async function verdict(text, { nonce = NONCE, issuer = issued.issuer_key, holder, ...options } = {}) {
  const instance = new SDJwtVcInstance({
    hasher: (data, algorithm) => createHash(algorithm.replace("-", "")).update(data).digest(),
    hashAlg: "sha-256",
    saltGenerator: () => randomBytes(16).toString("base64url"),
    verifier: by(issuer),
    // The key is the one that the issuer wrote into the SD-JWT.
    kbVerifier: (data, signature, payload) => by(holder ?? payload.cnf.jwk)(data, signature),
  })
  return instance.verify(text, { keyBindingNonce: nonce ?? undefined, ...options })
}

/** The parts of the presentation, to put together again with one of them changed. */
function parts() {
  const [jws, ...rest] = issued.presentation.split("~")
  return { jws, disclosures: rest.slice(0, -1), binding: rest.at(-1) }
}

const joined = ({ jws, disclosures, binding }) => [jws, ...disclosures, binding].join("~")
const decoded = (text) => JSON.parse(Buffer.from(text, "base64url"))
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url")

test("believes our presentation, and reads what was chosen and nothing else", async () => {
  const { payload, kb, header } = await verdict(issued.presentation)
  assert.equal(header.typ, "dc+sd-jwt")
  assert.equal(payload.vct, "urn:vn:citizen:1")
  assert.equal(payload.family_name, "Nguyễn")
  assert.deepEqual(payload.nationalities, ["VN"])
  assert.equal("address" in payload, false)
  assert.deepEqual([kb.payload.aud, kb.payload.nonce], [AUDIENCE, NONCE])
})

test("believes all that was issued, where no key binding is wanted", async () => {
  const { payload } = await verdict(issued.sd_jwt, { nonce: null })
  assert.deepEqual(payload.address, { province: "01", street: "1 Đường Mẫu" })
  assert.deepEqual(payload.nationalities, ["VN", "XX"])
})

test("finds the claims that a verifier demands, and misses one that was kept back", async () => {
  await verdict(issued.presentation, { requiredClaimKeys: ["family_name", "cnf"] })
  await assert.rejects(verdict(issued.presentation, { requiredClaimKeys: ["address"] }))
})

test("refuses a changed disclosure", async () => {
  const changed = parts()
  const [salt, name] = decoded(changed.disclosures[0])
  changed.disclosures[0] = encoded([salt, name, "Trần"])
  await assert.rejects(verdict(joined(changed)))
})

test("refuses a disclosure that was taken away or added", async () => {
  await assert.rejects(verdict(joined({ ...parts(), disclosures: [] })))
  const another = issued.sd_jwt.split("~").slice(1, -1).find((one) => !parts().disclosures.includes(one))
  await assert.rejects(verdict(joined({ ...parts(), disclosures: [...parts().disclosures, another] })))
})

test("refuses another nonce", async () => {
  await assert.rejects(verdict(issued.presentation, { nonce: "another" }), /nonce/i)
})

test("refuses a presentation without its key binding", async () => {
  await assert.rejects(verdict(joined({ ...parts(), binding: "" })))
})

test("refuses the signature of another issuer and of another holder", async () => {
  await assert.rejects(verdict(issued.presentation, { issuer: issued.device_key }))
  await assert.rejects(verdict(issued.presentation, { holder: issued.issuer_key }))
})

test("refuses another claim under the issuer's signature, and another audience under the holder's", async () => {
  const rewritten = (jwt, members) => {
    const [header, payload, signature] = jwt.split(".")
    return [header, encoded({ ...decoded(payload), ...members }), signature].join(".")
  }
  const { jws, binding } = parts()
  await assert.rejects(verdict(joined({ ...parts(), jws: rewritten(jws, { vct: "urn:vn:other:1" }) })))
  await assert.rejects(verdict(joined({ ...parts(), binding: rewritten(binding, { aud: "x509_hash:b" }) })))
})

test("refuses what has expired", async () => {
  const { exp } = decoded(parts().jws.split(".")[1])
  await verdict(issued.presentation, { currentDate: exp - 1 })
  await assert.rejects(verdict(issued.presentation, { currentDate: exp + 1 }))
})
