"""Credo as a process, and a wallet that is driven through `sen`."""
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import urllib.request

FOLDER = pathlib.Path(__file__).resolve().parent
SEN = os.path.abspath(os.environ["SEN"])
LOGS = pathlib.Path(os.environ.get("SEN_LOGS") or tempfile.mkdtemp(prefix="sen-credo-"))


class Credo:
    """The peer of `peer.mjs`, until `stop`."""

    def __init__(self, folder):
        self.log = open(LOGS / "credo-stderr", "a", encoding="utf-8")
        self.process = subprocess.Popen(["node", str(FOLDER / "peer.mjs")], stdout=subprocess.PIPE, stderr=self.log,
                                        text=True)
        ready = json.loads(self.process.stdout.readline() or "{}")
        if "url" not in ready:
            raise AssertionError(f"Credo did not start; see {self.log.name}")
        self.url = ready["url"]
        self.roots, self.issuers = folder / "credo-tls.pem", folder / "credo-issuers.pem"
        self.roots.write_text(ready["roots"])
        self.issuers.write_text(ready["issuers"])
        self.context = ssl.create_default_context(cafile=str(self.roots))

    def call(self, path, body=None, accept="application/json"):
        """The text of an answer; a body makes it a POST."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": accept}
        request = urllib.request.Request(f"{self.url}{path}", content, headers)
        with urllib.request.urlopen(request, context=self.context, timeout=30) as answer:
            return answer.read().decode()

    def offer(self, *credentials, **wishes):
        """A fresh offer: its link, and the transaction code where one was asked for."""
        made = json.loads(self.call("/control/offer", ({"credentials": credentials} if credentials else {}) | wishes))
        return made["offer"], made.get("txCode")

    def request(self, query, **wishes):
        """A fresh request: its link, and the name of its session."""
        made = json.loads(self.call("/control/request", {"query": query} | wishes))
        return made["request"], made["session"]

    def session(self, name):
        """How the verifier sees a request by now."""
        return json.loads(self.call(f"/control/session/{name}"))

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.log.close()


class Wallet:
    """A wallet in a folder of its own, driven through `sen`."""

    def __init__(self, folder, credo):
        self.credo = credo
        folder.mkdir()
        self.env = {name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
        self.env |= {"SEN_HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}

    def sen(self, *words, status=0):
        """What a command answers; every other exit status is a failure of the test."""
        with open(LOGS / "credo-sen-stderr", "a", encoding="utf-8") as log:
            ran = subprocess.run([SEN, *words, "--json"], env=self.env, stdout=subprocess.PIPE, stderr=log, text=True,
                                 timeout=120, check=False)
        if ran.returncode != status:
            raise AssertionError(f"sen {words[0]} {words[1]}: {ran.returncode}\n{ran.stdout}")
        return json.loads(ran.stdout)

    def obtain(self, link, code=None, status=0, **roots):
        """Obtains what is offered, believing Credo's roots or those given."""
        believed = {"roots": self.credo.roots, "issuers": self.credo.issuers} | roots
        words = ["--roots", str(believed["roots"]), "--issuers", str(believed["issuers"])]
        return self.sen("credential", "obtain", link, *words, *(["--code", code] if code else []), status=status)

    def present(self, link, *words, status=0):
        """Answers a request, believing Credo's roots."""
        believed = ["--roots", str(self.credo.roots), "--verifiers", str(self.credo.issuers)]
        return self.sen("present", "online", link, *believed, *words, status=status)

    def documents(self):
        """What is held."""
        return self.sen("credential", "list")["documents"]
