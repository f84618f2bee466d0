// Made anew at each start: a root for TLS, and a root for those who sign documents, metadata and requests.
import { generateKeyPairSync } from "node:crypto"

import { Kms, X509ExtendedKeyUsage, X509KeyUsage } from "@credo-ts/core"

const DAY = 86_400_000

function validity(days) {
  return { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + days * DAY) }
}

async function newKey(agent) {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const { publicJwk } = await agent.kms.importKey({ privateJwk: privateKey.export({ format: "jwk" }) })
  return { jwk: Kms.PublicJwk.fromPublicJwk(publicJwk), pem: privateKey.export({ type: "pkcs8", format: "pem" }) }
}

async function newRoot(agent, commonName) {
  const key = await newKey(agent)
  const certificate = await agent.x509.createCertificate({
    authorityKey: key.jwk,
    issuer: { countryName: "VN", commonName },
    validity: validity(365),
    extensions: {
      subjectKeyIdentifier: { include: true },
      basicConstraints: { ca: true, pathLenConstraint: 0, markAsCritical: true },
      keyUsage: { usages: [X509KeyUsage.KeyCertSign, X509KeyUsage.CrlSign], markAsCritical: true },
    },
  })
  return { key: key.jwk, certificate }
}

async function newLeaf(agent, root, commonName, usage, names) {
  const { jwk, pem } = await newKey(agent)
  const certificate = await agent.x509.createCertificate({
    authorityKey: root.key,
    subjectPublicKey: jwk,
    issuer: root.certificate.issuer,
    subject: { countryName: "VN", commonName },
    validity: validity(90),
    extensions: {
      subjectKeyIdentifier: { include: true },
      authorityKeyIdentifier: { include: true },
      basicConstraints: { ca: false },
      keyUsage: { usages: [X509KeyUsage.DigitalSignature], markAsCritical: true },
      extendedKeyUsage: { usages: [usage] },
      subjectAlternativeName: { name: names },
    },
  })
  // Where Credo signs with a certificate it finds the key by this id.
  certificate.publicJwk.keyId = jwk.keyId
  return { certificate, pem }
}

/** Certificates for a server at this address. */
export async function certificates(agent, host) {
  const tls = await newRoot(agent, "Credo test TLS root")
  const documents = await newRoot(agent, "Credo test issuing root")
  const server = await newLeaf(agent, tls, host, X509ExtendedKeyUsage.ServerAuth, [{ type: "ip", value: host }])
  const named = [{ type: "dns", value: "localhost" }]
  const signer = await newLeaf(agent, documents, "Credo test signer", X509ExtendedKeyUsage.MdlDs, named)
  // Who asks is another than who issues: mdlReaderAuth (ISO/IEC 18013-5, Annex B).
  const reader = await newLeaf(agent, documents, "Credo test verifier", "1.0.18013.5.1.6", named)
  return { tls, documents, server, signer: signer.certificate, reader: reader.certificate }
}
