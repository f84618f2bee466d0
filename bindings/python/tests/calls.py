"""Which exported calls the tests made, and how each of them ended, read against `bindings/api.txt`.

It stands between the tests and the package: every function and method of the package counts its calls, and every port that a test
implements counts those that come from the library.
"""
import functools
import inspect
import pathlib
import re
import threading

import sen

API = pathlib.Path(__file__).resolve().parents[2] / "api.txt"

# The sandbox's issuer neither has documents late nor gives leave to fetch them anew, so these are refused and never return here;
# what they do with an issuer that does is tested in the core.
REFUSED_ALONE = {"Wallet.fetch_awaited", "Wallet.give_up_awaited", "Wallet.refresh_document"}

_lock = threading.Lock()
returned, refused = set(), set()


def _count(into, name):
    with _lock:
        into.add(name)


def counted(name, call):
    if inspect.iscoroutinefunction(call):
        @functools.wraps(call)
        async def wrapper(*args, **named):
            try:
                result = await call(*args, **named)
            except sen.SenError:
                _count(refused, name)
                raise
            _count(returned, name)
            return result
    else:
        @functools.wraps(call)
        def wrapper(*args, **named):
            try:
                result = call(*args, **named)
            except sen.SenError:
                _count(refused, name)
                raise
            _count(returned, name)
            return result
    return wrapper


def exported():
    """`Object.call`, `Port.call` and `call`, as `api.txt` has them."""
    names, block = [], None
    for line in API.read_text().splitlines():
        if line.startswith(("object ", "port ")):
            block = line.split()[1]
        elif not line.startswith(" "):
            block = None
            if found := re.match(r"(?:async )?fn (\w+)\(", line):
                names.append(found[1])
        elif block and (found := re.match(r" +(?:async )?(?:fn|constructor) (\w+)\(", line)):
            names.append(f"{block}.{found[1]}")
    return names


def count_all():
    """Before the first test."""
    for name in exported():
        holder, _, call = name.rpartition(".")
        if not holder:
            setattr(sen, call, counted(name, getattr(sen, call)))
            continue
        classes = [getattr(sen, holder)]
        # A port is called on what the tests made of it.
        while classes:
            one = classes.pop()
            classes += one.__subclasses__()
            found = inspect.getattr_static(one, call, None)
            if call not in vars(one):
                continue
            if isinstance(found, classmethod):
                setattr(one, call, classmethod(counted(name, found.__func__)))
            else:
                setattr(one, call, counted(name, found))


def not_called():
    """What no test called with success, and what is said to be refused and was not even called."""
    wanted = set(exported())
    return sorted((wanted - returned - REFUSED_ALONE) | (REFUSED_ALONE - refused)), sorted(REFUSED_ALONE & returned | REFUSED_ALONE - wanted)
