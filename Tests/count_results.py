"""Counts passed, failed and skipped tests of one run of Swift Testing: REPORT.xml LOG EXIT_CODE -> 'P F S'.

A run that crashed, that ended with an error no test reported, or that ran no test at all counts as one failure, so that
nothing can pass by not running.
"""
import re
import sys
import xml.etree.ElementTree as tree

report, log, code = sys.argv[1], sys.argv[2], int(sys.argv[3])
try:
    cases = list(tree.parse(report).getroot().iter("testcase"))
except (OSError, tree.ParseError):
    cases = []
with open(log, encoding="utf-8", errors="replace") as lines:
    # The report has no entry for what is disabled, or one without a mark; the log names every such test.
    skipped_names = {match[1] for match in re.finditer(r"^➜ Test (.+?) skipped", lines.read(), re.MULTILINE)}
failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
marked = sum(1 for case in cases if case.find("skipped") is not None or case.get("name") in skipped_names)
passed = len(cases) - failed - marked
if (failed == 0 and code != 0) or passed + failed + len(skipped_names) == 0:
    failed += 1
print(passed, failed, max(marked, len(skipped_names)))
