"""From what the parts of `run` measured to its figures.

    figures.py load FILE      lines of `load.c`, each with the library's name before it
    figures.py shells FILE    lines of the shells' programs
    figures.py print FILE     figures as rows, with --json as they are: one JSON object a line
"""
import collections
import json
import statistics
import sys


def figure(name, value, unit, floor=None):
    ratio = round(value / floor, 3) if floor else None
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "floor": floor and round(floor, 3), "ratio": ratio}))


def load(lines):
    times = collections.defaultdict(list)
    for line in lines:
        name, called, compared = line.split()
        times[name, "first_call"].append(float(called))
        times[name, "with_checksums"].append(float(compared))
    for what in ("first_call", "with_checksums"):
        figure(f"load.{what}", statistics.median(times["sen", what]), "us", statistics.median(times["bare", what]))


def shells(lines):
    told = collections.defaultdict(list)
    for line in map(json.loads, lines):
        told[line["language"]].append(line)
        assert line["apdus"] >= 1000
    # Of several runs the middle one; of a run the tenth that nothing interrupted, and the median.
    of = lambda language, take: statistics.median(take(one) for one in told[language])  # noqa: E731
    figures = {"frame.first": lambda one: one["first_us"]}
    for name, key in (("frame", "frame_us"), ("code", "code_us"), ("apdu", "gap_us")):
        figures[name] = lambda one, key=key: one[key][0]
        figures[f"{name}.median"] = lambda one, key=key: one[key][1]
    for name, take in figures.items():
        for language in told:
            figure(f"{name}.{language}", of(language, take), "us", None if language == "rust" else of("rust", take))
    for language in (one for one in told if one != "rust"):
        for name in ("apdu", "apdu.median"):
            figure(f"{name}.overhead.{language}", of(language, figures[name]) - of("rust", figures[name]), "us")


def show(lines):
    for line in lines:
        one = json.loads(line)
        floor = f"  floor {one['floor']:>12.3f} {one['unit']}  ratio {one['ratio']:.3f}" if one["floor"] else ""
        print(f"{one['name']:<52} {one['value']:>14.3f} {one['unit']}{floor}")


def main(what, file, *more):
    with open(file) as lines:
        if what == "print" and "--json" in more:
            print(lines.read(), end="")
        else:
            {"load": load, "shells": shells, "print": show}[what](lines)


main(*sys.argv[1:])
