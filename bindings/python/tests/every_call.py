"""The last test: no exported call is one that no test calls."""
import unittest

import calls


class EveryCall(unittest.TestCase):
    def test_every_exported_call_was_called_by_a_test(self):
        missing, wrongly_excused = calls.not_called()
        self.assertEqual(missing, [], "no test called these with success")
        self.assertEqual(wrongly_excused, [], "said to be refused by the sandbox's issuer, and is not")
        self.assertGreater(len(calls.exported()), 90)
