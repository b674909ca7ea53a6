"""Runs scim-sanity's probe in its strict mode."""

import json
import subprocess
import sys

from report import TOKEN, URL, Report

DEVIATIONS = {
    "PATCH /Groups/{id} add member": "it adds `fake-member-id`, which is no user: a member that does not exist is "
    "refused (400 `invalidValue`) rather than lost",
}

report = Report("scim-sanity", DEVIATIONS)
probe = [sys.executable, "-m", "scim_sanity", "probe", URL, "--token", TOKEN]
probe += ["--strict", "--json-output", "--i-accept-side-effects"]
found = subprocess.run(probe, capture_output=True, text=True, check=False)
try:
    results = json.loads(found.stdout)["results"]
except ValueError:
    sys.exit(f"scim-sanity did not answer as JSON: {found.stdout} {found.stderr}")
for result in results:
    name, status = result["name"], result["status"]
    if status == "skip":
        report.skip(name, result.get("message", ""))
    else:
        report.check(name, status == "pass", f"{status} {result.get('message', '')}")
report.finish()
