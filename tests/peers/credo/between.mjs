// What stands before Credo's own endpoints: it asks for nonces in proofs of possession, which Credo does not, and changes answers
// on their way, which a wallet that keeps to the rules does not. Credo itself answers all the rest.
import { randomBytes } from "node:crypto"

import express from "express"

const text = () => randomBytes(16).toString("base64url")

/**
 * Asks like a server that wants its nonce in every DPoP proof (RFC 9449, 8 and 9): the authorization server and the issuer each
 * one of its own. `wish.dpopNonce` is "once" for one that stays, or "never" for one that no proof can have. A proof with the nonce that
 * the other one of the two gave is refused as "foreign".
 */
export function nonces(wish) {
  const own = { token: text(), resource: text() }
  wish.nonceRefusals = []
  return (asked, answer, next) => {
    const proof = asked.headers.dpop
    if (!wish.dpopNonce || !proof || asked.method !== "POST") return next()
    const party = asked.path.endsWith("/token") ? "token" : "resource"
    const { nonce } = JSON.parse(Buffer.from(proof.split(".")[1], "base64url"))
    if (wish.dpopNonce === "never") own[party] = text()
    answer.set("DPoP-Nonce", own[party])
    if (nonce === own[party]) return next()
    const other = own[party === "token" ? "resource" : "token"]
    wish.nonceRefusals.push(nonce === other ? "foreign" : party)
    if (party === "resource") answer.set("WWW-Authenticate", 'DPoP error="use_dpop_nonce"')
    answer.status(party === "token" ? 400 : 401).json({ error: "use_dpop_nonce" })
  }
}

/**
 * Changes presentations that are posted in the clear (`direct_post`), as `wish.alter` says: "earlier" puts those of the answer
 * before in their place, "signature" changes the holder's signature, "claim" a disclosed value, "missing" leaves one out.
 */
export function changes(wish) {
  let earlier
  const change = {
    earlier: () => earlier,
    signature: (token) => mapped(token, flipped),
    claim: (token) => mapped(token, claimChanged),
    missing: (token) => Object.fromEntries(Object.entries(token).slice(1)),
  }
  return [
    express.urlencoded({ extended: false, limit: "1mb" }),
    ({ body }, _, next) => {
      if (body?.vp_token) {
        const token = JSON.parse(body.vp_token)
        if (wish.alter) body.vp_token = JSON.stringify(change[wish.alter](token))
        earlier = token
      }
      next()
    },
  ]
}

const mapped = (token, change) => Object.fromEntries(Object.entries(token).map(([id, list]) => [id, list.map(change)]))

/** The last octet but two is of the device's signature, in an mdoc followed by nothing that matters. */
function flipped(presentation) {
  if (presentation.includes("~")) return presentation.slice(0, -4) + (presentation.at(-4) === "A" ? "B" : "A") + presentation.slice(-3)
  return changedBytes(presentation, Buffer.from("deviceSignature"), 40)
}

function claimChanged(presentation) {
  if (!presentation.includes("~")) return changedBytes(presentation, Buffer.from("Nguy"), 0)
  const [jws, first, ...rest] = presentation.split("~")
  const disclosure = JSON.parse(Buffer.from(first, "base64url"))
  disclosure[disclosure.length - 1] = "changed"
  return [jws, Buffer.from(JSON.stringify(disclosure)).toString("base64url"), ...rest].join("~")
}

/** One bit, so many octets behind this text. */
function changedBytes(presentation, after, offset) {
  const bytes = Buffer.from(presentation, "base64url")
  const at = bytes.indexOf(after)
  if (at < 0) throw new Error("there is nothing to change")
  bytes[at + after.length + offset] ^= 1
  return bytes.toString("base64url")
}
