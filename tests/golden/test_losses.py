"""What tests/golden/losses lets pass and what it does not."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

LOSSES = pathlib.Path(__file__).resolve().parent / "losses"
LOSS = "walk VAR(length=5).VAR: bar 273: 0.17200000000016008 not 0.1719987392425537"
FLAT = "edge STDDEV(length=3;nbdev=1.25).STDDEV: bar 4: 0 not 3.3717478808715227e-06"
MISTAKES = {
    "ours is wrong, where theirs is too": LOSS.replace("0.17200000000016008", "0.1720000001"),
    "both are right": LOSS.replace("0.1719987392425537", "0.17200000000016008"),
    "no row that loses digits": "walk SMA(length=6).SMA: bar 9: 1 not 2",
    "a row that is refused": "(('VAR', 'length=5')): {'code': 'BAD_PARAMETER'}",
    "no value": "walk VAR(length=5).VAR: bar 273: None not 0.1719987392425537",
    "before there is one": "walk VAR(length=5).VAR: bar 3: 0 not 1",
    "no such output": "walk VAR(length=5).STDDEV: bar 273: 0 not 1",
    "no such bar": "walk VAR(length=5).VAR: bar 5000: 0 not 1",
    "no such series": "other VAR(length=5).VAR: bar 273: 0 not 1",
    "no definition": "walk MACDEXT(fast=7;slow=16;signal=5;mamode=ema).MACD: bar 90: 0 not 1",
}


def passes(lines, counts=None):
    """`lines`: of the list; None where there is none."""
    right, columns, wrong, absent = counts or (3, 3 + len(lines or []), len(lines or []), 0)
    with tempfile.TemporaryDirectory() as folder:
        wrong_columns, report = (pathlib.Path(folder) / name for name in ("list", "report"))
        if lines is not None:
            wrong_columns.write_text("\n".join(lines) + "\n", encoding="utf-8")
        report.write_text(f"FAIL golden: {right} of {columns} columns right, {wrong} wrong, "
                          f"{absent} absent (list: {wrong_columns})\n", encoding="utf-8")
        return subprocess.run([sys.executable, LOSSES, wrong_columns, report],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False).returncode == 0


class Losses(unittest.TestCase):
    def test_what_the_reference_lost_passes(self):
        self.assertTrue(passes([LOSS, FLAT]))

    def test_any_other_line_does_not(self):
        for what, line in MISTAKES.items():
            with self.subTest(what):
                self.assertFalse(passes([LOSS, line]))

    def test_a_list_that_is_not_this_reports_does_not(self):
        self.assertFalse(passes(None))
        self.assertFalse(passes([]))
        self.assertFalse(passes([LOSS], (3, 5, 2, 0)))
        self.assertFalse(passes([LOSS], (3, 5, 1, 1)))


if __name__ == "__main__":
    unittest.main()
