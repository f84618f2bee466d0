"""Credo as a process."""
import json
import pathlib
import ssl
import subprocess
import urllib.request

from wallet import LOGS

FOLDER = pathlib.Path(__file__).resolve().parent


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

    def wish(self, **wishes):
        """What is to come between from here on; answers which servers asked for a nonce until now."""
        return json.loads(self.call("/control/wish", wishes))["nonceRefusals"]

    def session(self, name):
        """How the verifier sees a request by now."""
        return json.loads(self.call(f"/control/session/{name}"))

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.log.close()
