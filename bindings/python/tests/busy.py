"""A provider that has too much to do: it says when to come back, over TLS under a root of its own, and then knows no such address."""
import datetime
import http.server
import ipaddress
import pathlib
import ssl
import tempfile
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _certificate(name, key, issuer, signer, is_root):
    today = datetime.datetime.now(datetime.timezone.utc)

    def named(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    draft = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer)).public_key(key.public_key())
    draft = draft.serial_number(x509.random_serial_number()).not_valid_before(today - datetime.timedelta(days=1))
    draft = draft.not_valid_after(today + datetime.timedelta(days=1))
    draft = draft.add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
    if not is_root:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        draft = draft.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return draft.sign(signer, hashes.SHA256())


class BusyServer:
    def __init__(self, waits):
        """`waits` are the seconds that it asks for, one after the other."""
        left = list(waits)
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = _certificate("root", root_key, "root", root_key, True)
        leaf = _certificate("127.0.0.1", key, "root", root_key, False)
        pem = serialization.Encoding.PEM
        self.roots = root.public_bytes(pem)

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(503 if left else 404)
                if left:
                    self.send_header("retry-after", str(left.pop(0)))
                self.send_header("content-length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "server.pem")
            private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            file.write_bytes(private + leaf.public_bytes(pem))
            context.load_cert_chain(file)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = "https://127.0.0.1:%d" % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
