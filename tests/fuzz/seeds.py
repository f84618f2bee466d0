#!/usr/bin/env python3
"""Seeds of the fuzz targets: every file of the vectors and of `seeds`, and every hexadecimal or longer text inside the JSON ones.

usage: seeds.py VECTORS FOLDER
"""
import hashlib
import json
import re
import sys
from pathlib import Path

LARGEST = 16384
vectors, folder = map(Path, sys.argv[1:])


def keep(content: bytes) -> None:
    if 0 < len(content) <= LARGEST:
        (folder / hashlib.sha256(content).hexdigest()[:20]).write_bytes(content)


def walk(value) -> None:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            walk(one)
    elif isinstance(value, str) and len(value) >= 4:
        keep(value.encode())
        if re.fullmatch(r"([0-9a-fA-F]{2})+", value):
            keep(bytes.fromhex(value))


# What issuers say of themselves is in no vectors.
ours = Path(__file__).parent / "seeds"
for path in sorted([*vectors.rglob("*"), *ours.rglob("*")]):
    if not path.is_file() or path.suffix == ".md":
        continue
    content = path.read_bytes()
    keep(content)
    if path.suffix == ".json":
        walk(json.loads(content))
