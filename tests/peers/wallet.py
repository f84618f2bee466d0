"""A wallet that is driven through `sen`."""
import json
import os
import pathlib
import subprocess
import tempfile

SEN = os.path.abspath(os.environ["SEN"])
# What the programs say: tests/run looks for names and secrets in it.
LOGS = pathlib.Path(os.environ.get("SEN_LOGS") or tempfile.mkdtemp(prefix="sen-peers-"))


class Wallet:
    """A wallet in a folder of its own, driven through `sen`."""

    def __init__(self, folder, peer):
        self.peer = peer
        folder.mkdir()
        self.env = {name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
        self.env |= {"SEN_HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}

    def sen(self, *words, status=0):
        """What a command answers; every other exit status is a failure of the test."""
        with open(LOGS / "wallet-stderr", "a", encoding="utf-8") as log:
            ran = subprocess.run([SEN, *words, "--json"], env=self.env, stdout=subprocess.PIPE, stderr=log, text=True,
                                 timeout=120, check=False)
        if ran.returncode != status:
            raise AssertionError(f"sen {words[0]} {words[1]}: {ran.returncode}\n{ran.stdout}")
        return json.loads(ran.stdout)

    def obtain(self, link, code=None, status=0, **roots):
        """Obtains what is offered, believing the peer's roots or those given."""
        believed = {"roots": self.peer.roots, "issuers": self.peer.issuers} | roots
        words = ["--roots", str(believed["roots"]), "--issuers", str(believed["issuers"])]
        return self.sen("credential", "obtain", link, *words, *(["--code", code] if code else []), status=status)

    def present(self, link, *words, status=0):
        """Answers a request, believing the peer's roots."""
        believed = ["--roots", str(self.peer.roots), "--verifiers", str(self.peer.issuers)]
        return self.sen("present", "online", link, *believed, *words, status=status)

    def documents(self):
        """What is held."""
        return self.sen("credential", "list")["documents"]
