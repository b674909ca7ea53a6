"""What every suite has in common: where the server is, a client of it, and counting."""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

URL = os.environ["SCIM_URL"]
TOKEN = os.environ["SCIM_TOKEN"]


class Report:
    """Counts checks. What fails and is not a known deviation fails the suite; so does a deviation that is none any more."""

    def __init__(self, suite, deviations=None):
        self.suite = suite
        self.deviations = deviations or {}
        self.passed = 0
        self.skipped = 0
        self.deviated = set()
        self.failed = []

    def check(self, title, holds, detail=""):
        """One check; `detail` is printed when it fails."""
        if holds:
            self.passed += 1
        elif title in self.deviations:
            self.deviated.add(title)
        else:
            self.failed.append(title)
            print(f"  failed: {title}: {detail}")

    def skip(self, title, why):
        """A check that the suite itself left out."""
        self.skipped += 1
        print(f"  skipped: {title}: {why}")

    def finish(self):
        """Prints the counts and ends the process."""
        for title in sorted(self.deviated):
            print(f"  deviates: {title}: {self.deviations[title]}")
        for title in sorted(set(self.deviations) - self.deviated):
            self.failed.append(title)
            print(f"  failed: {title}: passes now, take it off the list of deviations")
        if not self.passed:
            self.failed.append("nothing was checked")
        print(
            f"  {self.suite}: {self.passed} passed, {len(self.failed)} failed, "
            f"{len(self.deviated)} deviations, {self.skipped} skipped"
        )
        sys.exit(1 if self.failed else 0)


class Answer:
    """Status, headers and body of an answer."""

    def __init__(self, status, headers, text):
        self.status = status
        self.headers = headers
        self.text = text
        try:
            self.json = json.loads(text) if text else None
        except ValueError:
            self.json = None

    def __repr__(self):
        return f"{self.status} {self.text[:500]}"

    def at(self, *path):
        """What is at a path of keys and indexes in the body, or None."""
        found = self.json
        for key in path:
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError):
                return None
        return found


def call(method, path, body=None, query=None, headers=None):
    """A request to the server, as JSON."""
    url = URL + path
    if query:
        url += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    standard = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/scim+json"}
    if data is not None:
        standard["Content-Type"] = "application/scim+json; charset=utf-8"
    for name, value in (standard | (headers or {})).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(answer.status, answer.headers, answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read().decode())
