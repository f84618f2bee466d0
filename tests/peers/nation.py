"""A sandbox, a citizen with the credential for clinics, and a desk, all driven through `sen`."""
import http.client
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
CARD = ROOT / "tests/vectors/emrtd/vn_cccd/b_bp384_named_2024"
SEN = os.path.abspath(os.environ["SEN"])
NUMBER, PHONE, CAN = "000204067891", "0900000002", "067891"


class Nation:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sen-peers-")
        self.home = pathlib.Path(self.folder.name)
        # What the servers say: tests/run looks for names and secrets in it.
        self.logs = pathlib.Path(os.environ.get("SEN_LOGS", self.home))
        self.running = []
        self.env = {name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
        self.env |= {"SEN_HOME": str(self.home / "home"), "XDG_RUNTIME_DIR": str(self.home)}
        self.sandbox = self.serve("sandbox", "serve", "--listen", "127.0.0.1:0", "--data", str(self.home / "nation"),
                                  "--csca", str(CARD / "csca.cer"))
        self.trust, self.status = pathlib.Path(self.sandbox["trust"]), pathlib.Path(self.sandbox["status"])
        self.sen("account", "open", "--provider", self.sandbox["url"], "--roots", self.sandbox["roots"],
                 "--number", NUMBER, "--phone", PHONE)
        self.sen("account", "activate", "--code", self.newest_code())
        self.sen("account", "verify", "--simulate", str(CARD), "--can", CAN)
        self.sen("credential", "obtain", "health-insurance")

    def sen(self, *words, statuses=(0,)):
        ran = subprocess.run([SEN, *words, "--json"], env=self.env, capture_output=True, text=True, timeout=120)
        if ran.returncode not in statuses:
            raise AssertionError(f"sen {' '.join(words)}: {ran.returncode}\n{ran.stderr}")
        return json.loads(ran.stdout)

    def serve(self, *words):
        """Starts a command that stays, and waits for the object that it prints."""
        with open(self.logs / f"peers-{words[0]}-{len(self.running)}", "w", encoding="utf-8") as log:
            child = subprocess.Popen([SEN, *words, "--json"], env=self.env, stdout=subprocess.PIPE,
                                     stderr=log, text=True)
        self.running.append(child)
        text = ""
        for line in child.stdout:
            text += line
            try:
                return json.loads(text)
            except ValueError:
                continue
        raise AssertionError(f"it ended: {text}")

    def newest_code(self):
        context = ssl.create_default_context(cafile=self.sandbox["roots"])
        request = urllib.request.Request(f"{self.sandbox['url']}/mailbox?phone={PHONE}",
                                         headers={"Accept": "application/json"})
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            return json.load(answer)["messages"][0]["text"].rsplit(" ", 1)[1]

    def code(self, name):
        """A fresh code: its digits and its picture."""
        picture = self.home / name
        shown = self.sen("present", "qr", "--yes", "--once", "--png", str(picture))
        return shown["text"], picture

    def stop(self):
        for child in self.running:
            child.terminate()
            child.wait(timeout=30)
            child.stdout.close()
        self.folder.cleanup()


class Desk:
    """A clerk at a desk with an account at the insurance portal's stand-in."""

    def __init__(self, nation):
        account = nation.home / "portal.json"
        account.write_text(json.dumps({"user": "00000_BV", "password": "cong-tra-cuu-mau", "staff_name": "Nguyễn Thị Mẫu",
                                       "staff_number": "000199012345", "secrets_in_body": True}))
        account.chmod(0o600)
        desk = nation.serve("clinic", "serve", "--listen", "127.0.0.1:0", "--data", str(nation.home / "desk"),
                            "--trust", str(nation.trust), "--status", str(nation.status), "--facility", "01C54",
                            "--lookup", nation.sandbox["url"], "--lookup-account", str(account),
                            "--lookup-roots", nation.sandbox["roots"])
        self.host = urllib.parse.urlparse(desk["url"]).netloc
        self.cookie = ""
        _, headers = self.call("POST", "/api/session", {"password": desk["password"]})
        self.cookie = headers["Set-Cookie"].split(";")[0]

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        headers = {"Cookie": self.cookie, "X-Sen-Desk": "1", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {content.decode()}")
        return content, answer.headers

    def json(self, method, path, body=None):
        return json.loads(self.call(method, path, body)[0])
