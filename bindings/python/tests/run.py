"""Runs the tests against the package that is installed, and asks at the end whether each exported call was called.

    run.py            everything
    run.py NAME...    some of the modules beside this one
"""
import pathlib
import sys
import unittest

import calls
import nation  # noqa: F401: its ports are counted
import sen

HERE = pathlib.Path(__file__).resolve().parent
chosen = sys.argv[1:]
print(f"the package is {pathlib.Path(sen.__file__).parent}, of {sys.prefix}")
if pathlib.Path(sys.prefix) not in pathlib.Path(sen.__file__).resolve().parents:
    sys.exit("the package under test is not the installed one")
calls.count_all()
loader = unittest.TestLoader()
suite = loader.loadTestsFromNames(chosen) if chosen else loader.discover(str(HERE), pattern="test_*.py")
if not chosen:
    # Not found by its name: it comes when all others have been.
    import every_call
    suite.addTests(loader.loadTestsFromModule(every_call))
result = unittest.TextTestRunner(verbosity=2).run(suite)
failed = len(result.failures) + len(result.errors)
print(f"python: {result.testsRun - failed} passed, {failed} failed")
sys.exit(failed > 0)
