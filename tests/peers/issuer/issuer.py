"""The issuer of PyPI `openid4vci`, over https on a free port of this machine, below a root made at its start.

Of that package: offers, pre-authorised codes with transaction codes, tokens, nonces, key proofs, SD-JWT VC and mdoc, what is
put off, encryption and notifications, and the endpoints. Here: TLS, certificates, the token endpoint's form, the claims.
"""
import base64
import datetime
import ipaddress
import json
import logging
import socket
import threading
import time
import urllib.parse
from collections import defaultdict

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from joserfc import jws
from joserfc.jwk import ECKey
from openid4vci.adapters.mdoc import LocalCoseSigner, MdocAdapter
from openid4vci.adapters.sd_jwt_vc import SdJwtVcAdapter
from openid4vci.authorization import InMemoryAuthorizationServer, TokenError
from openid4vci.crypto.encryption import decrypt_credential_request, encrypt_credential_response
from openid4vci.crypto.proofs import validate_jwt_proof
from openid4vci.exceptions import CredentialRequestError
from openid4vci.models.credential import CredentialErrorCode, CredentialRequest, CredentialResponse
from openid4vci.models.metadata import credential_issuer_metadata_url
from openid4vci.models.oauth import TokenRequest
from openid4vci.models.offer import offer_uri_by_reference, offer_uri_by_value
from openid4vci.reference import InMemoryIssuerBackend
from openid4vci.server_fastapi.app import RequestContext, create_router
from pycose.keys import EC2Key

HOST = "127.0.0.1"
VCT, DOCTYPE, NAMESPACE = "urn:vn:residence:1", "org.iso.18013.5.1.mDL", "org.iso.18013.5.1"
PERSON = {"given_name": "Thị Mẫu", "family_name": "Nguyễn", "birthdate": "1999-01-01"}
LICENCE = {NAMESPACE: {"family_name": "Nguyễn", "given_name": "Thị Mẫu", "document_number": "000199012345"}}


def certificate(name, key, issuer, authority=False, address=None):
    """For this key, signed by a pair of certificate and key, or by itself."""
    by, signer = issuer or (None, key)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "VN"),
                         x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
    usage = dict.fromkeys(["content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
                           "decipher_only"], False)
    usage |= {"digital_signature": not authority, "key_cert_sign": authority, "crl_sign": authority}
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(by.subject if by else subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - day).not_valid_after(now + 400 * day)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True))
    if address:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        made = made.add_extension(names, critical=False)
    return made.sign(signer, hashes.SHA256())


def authority(name):
    key = ec.generate_private_key(ec.SECP256R1())
    return certificate(name, key, None, authority=True), key


def pem(one):
    return one.public_bytes(serialization.Encoding.PEM)


class LongHeaders(jws.JWSRegistry):
    """A certificate in the header is longer than the 512 bytes that the package's own signer may write."""

    max_header_length = 4096


class Signer:
    """`CredentialSigner` with the certificate in the header: the package's adapter writes none."""

    algorithm = "ES256"

    def __init__(self, key, leaf, with_certificate=True):
        self.key, self.leaf, self.with_certificate = ECKey.import_key(key), leaf, with_certificate

    async def sign(self, payload, header=None):
        protected = {"alg": self.algorithm, **(header or {})}
        if self.with_certificate:
            protected["x5c"] = [base64.b64encode(self.leaf.public_bytes(serialization.Encoding.DER)).decode()]
        return jws.serialize_compact(protected, payload, self.key, registry=LongHeaders())

    def public_jwk(self):
        return self.key.as_dict(private=False)


class Issuer(InMemoryIssuerBackend):
    """The issuer, in a thread. `wishes` say what it is to do wrong, each by its name until the next `reset`."""

    def __init__(self, folder):
        listener = socket.create_server((HOST, 0))
        self.base = f"https://{HOST}:{listener.getsockname()[1]}"
        self.url = f"{self.base}/tenant"
        self.authorization = InMemoryAuthorizationServer(self.url)
        self.encryption_key = ECKey.generate_key("P-256", {"kid": "request", "use": "enc", "alg": "ECDH-ES"})
        self.wishes, self.seen = {}, defaultdict(list)
        super().__init__(self.document(), self.mint)
        tls, self.documents = authority("TLS root"), authority("issuing root")
        key = ec.generate_private_key(ec.SECP256R1())
        self.signing = certificate("openid4vci test signer", key, self.documents), key
        self.roots, self.issuers = folder / "tls.pem", folder / "issuers.pem"
        self.roots.write_bytes(pem(tls[0]))
        self.issuers.write_bytes(pem(self.documents[0]))
        own = ec.generate_private_key(ec.SECP256R1())
        key_file, chain = folder / "own-key.pem", folder / "own.pem"
        key_file.write_bytes(own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                               serialization.NoEncryption()))
        chain.write_bytes(pem(certificate(HOST, own, tls, address=HOST)))
        config = uvicorn.Config(self.app(), log_level="warning", access_log=False, ssl_keyfile=key_file,
                                ssl_certfile=chain)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)

    def reset(self):
        self.wishes, self.notifications[:] = {}, []
        self.seen.clear()

    def stop(self):
        self.server.should_exit = True
        self.thread.join(timeout=30)

    def document(self):
        """What the issuer says of itself."""
        binding = {"proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
                   "credential_signing_alg_values_supported": ["ES256"]}
        configurations = {
            "residence": {"format": "dc+sd-jwt", "vct": VCT, "cryptographic_binding_methods_supported": ["jwk"], **binding},
            "licence": {"format": "mso_mdoc", "doctype": DOCTYPE,
                        "cryptographic_binding_methods_supported": ["cose_key"], **binding},
        }
        ends = {f"{name}_endpoint": f"{self.url}/{path}" for name, path in [
            ("credential", "credential"), ("nonce", "nonce"), ("notification", "notification"),
            ("deferred_credential", "deferred_credential")]}
        said = {"credential_issuer": self.url, "batch_credential_issuance": {"batch_size": 2},
                "credential_configurations_supported": configurations, **ends}
        if self.wishes.get("encrypts"):
            public = self.encryption_key.as_dict(private=False)
            encryption = {"enc_values_supported": ["A256GCM"], "encryption_required": True}
            said |= {"credential_request_encryption": {"jwks": {"keys": [public]}, **encryption},
                     "credential_response_encryption": {"alg_values_supported": ["ECDH-ES"], **encryption}}
        return said | self.wishes.get("metadata", {})

    def app(self):
        app = FastAPI()
        inserted = urllib.parse.urlparse(credential_issuer_metadata_url(self.url)).path

        @app.get(inserted)
        async def issuer_metadata():
            return self.document()

        @app.get("/.well-known/oauth-authorization-server/tenant")
        async def server_metadata():
            said = {"issuer": self.url, "token_endpoint": f"{self.url}/token",
                    "pre-authorized_grant_anonymous_access_supported": True}
            return said | self.wishes.get("server", {})

        @app.get("/tenant/offer/{name}")
        async def offer(name: str):
            return self.seen["offers"][int(name)].to_dict()

        @app.post("/tenant/token")
        async def token(request: Request):
            fields = dict(urllib.parse.parse_qsl((await request.body()).decode(), strict_parsing=True))
            self.seen["token"].append(fields)
            try:
                return self.authorization.redeem(TokenRequest.model_validate(fields)).to_dict()
            except TokenError as error:
                return JSONResponse({"error": error.code.value}, 400)

        # The package opens and seals; its endpoint reads plain requests alone.
        @app.middleware("http")
        async def sealed(request: Request, call_next):
            if request.headers.get("content-type") != "application/jwt":
                return await call_next(request)
            opened = decrypt_credential_request((await request.body()).decode(), self.encryption_key)
            self.seen["sealed"].append(opened)
            token = request.headers["authorization"].removeprefix("Bearer ")
            asked = CredentialRequest.model_validate(opened)
            answer = await self.issue_credential(asked, RequestContext(token, request))
            content = encrypt_credential_response(answer, asked.credential_response_encryption)
            return Response(content, media_type="application/jwt")

        app.include_router(create_router(self, "/tenant"))
        return app

    def offer(self, *configurations, code=None, by_reference=False):
        """A fresh offer as a link."""
        made, _ = self.authorization.offer("a person", list(configurations), tx_code=code)
        if not by_reference:
            return offer_uri_by_value(made)
        self.seen["offers"].append(made)
        return offer_uri_by_reference(f"{self.url}/offer/{len(self.seen['offers']) - 1}")

    def configuration(self, request, context):
        """What is asked for: by the identifier that came with the token, never by the configuration."""
        grant = self.authorization.grant_for(context.access_token)
        if grant is None:
            raise HTTPException(401)
        for configuration, identifiers in grant.credential_identifiers.items():
            if request.credential_identifier in identifiers:
                return configuration
        raise CredentialRequestError(CredentialErrorCode.UNKNOWN_CREDENTIAL_IDENTIFIER, "no such identifier")

    def keys(self, request):
        """The keys that the wallet proved, with one nonce for all."""
        proofs = (request.proofs or {}).get("jwt")
        if not proofs:
            raise CredentialRequestError(CredentialErrorCode.INVALID_PROOF, "no proof by jwt")
        payload = proofs[0].split(".")[1]
        nonce = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).get("nonce", "")
        if self.wishes.get("stale", 0) > 0:
            self.wishes["stale"] -= 1
            self.nonces.consume(nonce)
        current = nonce if self.nonces.consume(nonce) else "another"
        issuer = self.wishes.get("audience", self.url)
        checked = [validate_jwt_proof(proof, credential_issuer=issuer, c_nonce=current,
                                      supported_algorithms={"ES256"}) for proof in proofs]
        self.seen["proofs"].append([one.claims for one in checked])
        return [one.bound_key for one in checked]

    async def mint(self, request, context):
        """Issues, or puts off once where that is wished. What was put off comes back as what is kept here."""
        if isinstance(request, tuple):
            return await self.issued(*request)
        asked = self.configuration(request, context), self.keys(request)
        if self.wishes.get("defers"):
            return CredentialResponse(transaction_id=self.transactions.open(asked), interval=1)
        return await self.issued(*asked)

    async def issued(self, configuration, keys):
        if self.wishes.get("foreign_key"):
            keys = keys[:-1] + [ECKey.generate_key("P-256").as_dict(private=False)]
        leaf, key = self.wishes.get("signer", self.signing)
        if configuration == "licence":
            secret = key.private_numbers().private_value.to_bytes(32, "big")
            numbers = key.public_key().public_numbers()
            cose = EC2Key(crv="P_256", x=numbers.x.to_bytes(32, "big"), y=numbers.y.to_bytes(32, "big"), d=secret)
            chain = [leaf.public_bytes(serialization.Encoding.DER)]
            adapter = MdocAdapter(self.wishes.get("doctype", DOCTYPE), LocalCoseSigner(cose, chain),
                                  validity=datetime.timedelta(days=14))
            claims = LICENCE
        else:
            text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption())
            signer = Signer(text, leaf, not self.wishes.get("no_certificate"))
            # The adapter writes no times either.
            times = {"iat": int(time.time()), "exp": int(time.time()) + self.wishes.get("life", 14 * 86400)}
            adapter = SdJwtVcAdapter(self.wishes.get("vct", VCT), signer, self.url, always_visible=times)
            claims = PERSON | times
        credentials = [{"credential": await adapter.issue(claims, holder_key=one)} for one in keys]
        return CredentialResponse(credentials=credentials, notification_id="n-1")


logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
