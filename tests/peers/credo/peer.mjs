// Credo as issuer (OpenID4VCI 1.0) and verifier (OpenID4VP 1.0) on a free port of this machine, over https.
//
// Prints one line {"url","roots","issuers"} when it is ready: its address, and the two roots as PEM. Tests steer it by
// POST /control/offer, /control/request and /control/wish, and GET /control/session/ID. It ends with SIGTERM.
import { createServer } from "node:https"
import { createServer as freePort } from "node:net"

import { Agent, DependencyManager, InjectionSymbols, Kms, StorageVersionRecord, X509Module } from "@credo-ts/core"
import { NodeInMemoryKeyManagementStorage, NodeKeyManagementService, agentDependencies } from "@credo-ts/node"
import { OpenId4VcModule } from "@credo-ts/openid4vc"
import express from "express"

import { changes, nonces } from "./between.mjs"
import { certificates } from "./certificates.mjs"
import { configurations, deferredMapper, mapper } from "./documents.mjs"
import { MemoryStorage } from "./memory.mjs"
import { fetchUnder } from "./own-fetch.mjs"

const host = "127.0.0.1"
const port = await new Promise((resolve) => {
  const probe = freePort().listen(0, host, () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})
const url = `https://${host}:${port}`

const app = express()
// Of one test at a time: POST /control/wish replaces them.
const wish = {}
app.use("/issuer", nonces(wish))
app.use("/verifier", ...changes(wish))
let made
const issue = (kind) => async (options) => kind(made.signer)(options)
const storage = new MemoryStorage()
const dependencies = new DependencyManager()
dependencies.registerInstance(InjectionSymbols.StorageService, storage)
const agent = new Agent({
  config: {},
  dependencies: { ...agentDependencies, fetch: fetchUnder(() => made.tls.certificate.toString("pem")) },
  modules: {
    kms: new Kms.KeyManagementModule({ backends: [new NodeKeyManagementService(new NodeInMemoryKeyManagementStorage())] }),
    x509: new X509Module({ getTrustedCertificatesForVerification: () => [made.documents.certificate.toString("pem")] }),
    openid4vc: new OpenId4VcModule({
      app,
      issuer: {
        baseUrl: `${url}/issuer`,
        credentialRequestToCredentialMapper: issue(mapper),
        deferredCredentialRequestToCredentialMapper: issue(deferredMapper),
      },
      verifier: { baseUrl: `${url}/verifier` },
    }),
  },
}, dependencies)
await storage.save(agent.context, new StorageVersionRecord({ storageVersion: "0.6" }))
await agent.initialize()
made = await certificates(agent, host)
const asSigner = { method: "x5c", x5c: [made.signer] }

const { issuer, verifier } = agent.openid4vc
await issuer.createIssuer({
  issuerId: "credo",
  credentialConfigurationsSupported: configurations,
  batchCredentialIssuance: { batchSize: 2 },
  dpopSigningAlgValuesSupported: ["ES256"],
  metadataSigner: asSigner,
})
await verifier.createVerifier({ verifierId: "credo", clientMetadata: { client_name: "Credo test verifier" } })

const control = express.Router().use(express.json())

control.post("/offer", async ({ body }, answer) => {
  const { credentials, txCode, dpop = false, attestation = false, refresh = false, ...issuanceMetadata } = body
  const { credentialOffer, issuanceSession } = await issuer.createCredentialOffer({
    issuerId: "credo",
    credentialConfigurationIds: credentials ?? Object.keys(configurations),
    preAuthorizedCodeFlowConfig: { txCode: txCode ? { input_mode: "numeric", length: 6 } : undefined },
    authorization: { requireDpop: dpop, requireWalletAttestation: attestation },
    generateRefreshTokens: refresh,
    issuanceMetadata,
    version: "v1",
  })
  answer.json({ offer: credentialOffer, txCode: issuanceSession.userPin })
})

control.post("/request", async ({ body }, answer) => {
  const { query, transactionData, responseMode = "direct_post.jwt", clientIdPrefix = "x509_hash", redirect, seconds, unsigned } = body
  const asked = await verifier.createAuthorizationRequest({
    verifierId: "credo",
    requestSigner: unsigned ? { method: "none" } : { method: "x5c", x5c: [made.reader], clientIdPrefix },
    dcql: { query },
    transactionData,
    responseMode,
    authorizationResponseRedirectUri: redirect,
    expirationInSeconds: seconds,
    version: "v1",
  })
  answer.json({ request: asked.authorizationRequest, session: asked.verificationSession.id })
})

control.post("/wish", ({ body }, answer) => {
  const { nonceRefusals } = wish
  for (const name of Object.keys(wish)) delete wish[name]
  Object.assign(wish, body, { nonceRefusals: [] })
  answer.json({ nonceRefusals })
})

control.get("/session/:id", async ({ params }, answer) => {
  const session = await verifier.getVerificationSessionById(params.id)
  if (session.state !== "ResponseVerified") return answer.json({ state: session.state, error: session.errorMessage })
  const { dcql, transactionData } = await verifier.getVerifiedAuthorizationResponse(params.id)
  const shown = Object.entries(dcql.presentations).map(([id, list]) => [id, list.map(claims)])
  answer.json({ state: session.state, shown: Object.fromEntries(shown), transactions: transactionData?.length ?? 0 })
})

/** What one presentation discloses. */
function claims(presentation) {
  return presentation.prettyClaims ?? presentation.documents?.map((document) => document.issuerSignedNamespaces)
}

app.use("/control", control)
app.use((error, _, answer, __) => answer.status(500).json({ error: String(error) }))

const { certificate, pem } = made.server
const server = createServer({ cert: certificate.toString("pem"), key: pem }, app)
server.listen(port, host, () => {
  const [roots, issuers] = [made.tls, made.documents].map((root) => root.certificate.toString("pem"))
  console.log(JSON.stringify({ url, roots, issuers }))
})
process.on("SIGTERM", () => process.exit(0))
