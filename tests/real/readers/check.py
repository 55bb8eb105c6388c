"""What readers from PyPI find in a JUnit file, compared with the JSON report of the same run.

check.py JUNIT JSON STRICT    junitparser; writes STRICT, the file as the strictest schema knows it
check.py --page HTML JSON     the page that junit2html made
"""

import html
import json
import re
import sys

import junitparser

KINDS = {"failed": junitparser.Failure, "errored": junitparser.Error, "skipped": junitparser.Skipped}


def name(case):
    return f"{case['test']}@{case['target']}"


def read(path, report, strict):
    cases = {(case["file"], name(case)): case for case in report["cases"]}
    suites = list(junitparser.JUnitXml.fromfile(path))
    found = {(test._elem.get("file"), test.name): test for suite in suites for test in suite}
    assert found.keys() == cases.keys(), (found.keys(), cases.keys())
    summary = report["summary"]
    counts = {
        "cases": sum(suite.tests for suite in suites),
        "failed": sum(suite.failures for suite in suites),
        "errored": sum(suite.errors for suite in suites),
        "skipped": sum(suite.skipped for suite in suites),
    }
    for key, count in counts.items():
        assert count == summary[key], (key, count, summary)
    for key, test in found.items():
        case = cases[key]
        stem = case["file"].rsplit(".", 1)[0].replace(".", "_")
        assert test.classname == stem, (test.classname, stem)
        assert abs(test.time - case["duration_ms"] / 1e3) < 0.001, (test.time, case["duration_ms"])
        assert int(test._elem.get("line")) == case["line"]
        results = [type(result) for result in test.result]
        kind = KINDS.get(case["outcome"])
        wanted = [kind] if kind else []
        plain = [result for result in results if result in KINDS.values()]
        assert plain == wanted, (key, results)
        reruns = [child.tag for child in test._elem if child.tag.startswith(("flaky", "rerun"))]
        attempts = sum(len(step["attempts"]) for step in case["steps"])
        if case["outcome"] != "skipped":
            assert len(reruns) == attempts, (key, reruns, attempts)
        if case["flaky"]:
            assert reruns and test.system_out, key
        properties = {(own.get("name"), own.get("value")) for own in test._elem.iter("property")}
        assert ("target", case["target"]) in properties, properties
        assert {("tag", tag) for tag in case["tags"]} <= properties, properties
        assert (("quarantined", "true") in properties) == case["quarantined"], properties
        problems = [problem["message"] for step in case["steps"] for problem in step["problems"]]
        if kind in (junitparser.Failure, junitparser.Error):
            assert problems[0].splitlines()[0] in test.result[0].text, (problems, test.result[0].text)
    # What the schema does not know, and every reader takes.
    text = open(path, encoding="utf-8").read()
    text = re.sub(r' (file|line)="[^"]*"', "", text)
    text = re.sub(r"<properties>.*?</properties>", "", text, flags=re.DOTALL)
    open(strict, "w", encoding="utf-8").write(text)
    print(f"junitparser: {len(found)} cases, {counts}")


def page(path, report):
    text = html.unescape(open(path, encoding="utf-8").read())
    for case in report["cases"]:
        assert name(case) in text, name(case)
    print(f"junit2html: {len(report['cases'])} cases on its page")


def load(path):
    return json.load(open(path, encoding="utf-8"))


if sys.argv[1] == "--page":
    page(sys.argv[2], load(sys.argv[3]))
else:
    read(sys.argv[1], load(sys.argv[2]), sys.argv[3])
