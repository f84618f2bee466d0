"""What a library's octets are: its sections, and the code by crate, from an unstripped build.

    size.py LIBRARY    one JSON object a line: {"name", "value", "unit", "floor", "ratio"}

A function that is generic counts for the crate that wrote it, wherever it was needed; one that implements a trait for a type of the
standard library counts for the trait's. C has no crates: its functions count for the library whose file they come from.
"""
import collections
import json
import re
import subprocess
import sys

STANDARD = {"core", "alloc", "std", "compiler_builtins"}


def read(*words):
    return subprocess.run(["readelf", "--wide", *words], check=True, capture_output=True, text=True).stdout.splitlines()


def sections(library):
    """Name, address and size of what is loaded."""
    found = {}
    for line in read("--section-headers", library):
        row = re.match(r" *\[ *\d+\] (\S+) +(\S+) +([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+) \S\S \S* *(\S*)", line)
        if row and int(row[3], 16):
            found[row[1]] = int(row[3], 16), int(row[4], 16), row[2]
    return found


def functions(library, text):
    """Name, size and file of each function, each address once; the file is told of local ones alone."""
    start, size, _ = text
    seen, file, names = set(), "", []
    for line in read("--symbols", library):
        row = line.split()
        if len(row) < 8 or not row[0].endswith(":"):
            continue
        if row[3] == "FILE":
            file = row[7]
        elif row[3] == "FUNC" and start <= int(row[1], 16) < start + size and (row[1], row[2]) not in seen:
            seen.add((row[1], row[2]))
            names.append((row[7], int(row[2], 0), file if row[4] == "LOCAL" else ""))
    return names


def demangled(names):
    """By binutils, which knows both ways in which rustc mangles."""
    out = subprocess.run(["c++filt", "--format=rust"], input="\n".join(names), check=True, capture_output=True, text=True)
    return out.stdout.splitlines()


def crate(mangled, name, file):
    if mangled.startswith(("_R", "_ZN")) and name != mangled:
        paths = re.findall(r"(?<![\w:>])([a-z_][a-z0-9_]*)(?:\[[0-9a-f]+\])?::", name)
        return next((one for one in paths if one not in STANDARD), paths[0] if paths else "(no path)")
    if file == "sqlite3.c" or mangled.startswith("sqlite3"):
        return "SQLite (C)"
    # What uniffi's macros export.
    if mangled.startswith(("uniffi_sen_", "ffi_sen_")):
        return "sen"
    return "ring (C, assembly)" if "ring_core" in mangled or file else "(C, no file)"


def main(library):
    parts = sections(library)
    found = functions(library, parts[".text"])
    by_crate = collections.Counter()
    for (mangled, size, file), name in zip(found, demangled([one[0] for one in found])):
        by_crate[crate(mangled, name, file)] += size
    text = parts[".text"][1]
    by_crate["(padding, no symbol)"] = text - sum(by_crate.values())
    rows = [(f"size.section.{name}", size) for name, (_, size, kind) in parts.items() if kind != "NOBITS"]
    rows += [(f"size.code.{name}", size) for name, size in by_crate.most_common()]
    for name, size in rows:
        whole = text if ".code." in name else None
        print(json.dumps({"name": name, "value": size, "unit": "B", "floor": whole, "ratio": whole and round(size / whole, 4)}))


main(sys.argv[1])
