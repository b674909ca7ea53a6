"""Signing in: oidc-provider, which is certified by the OpenID Foundation, as the provider; this script is the browser."""

import html
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import requests
from report import URL, Report

BASE_URL = URL.removesuffix("/scim/v2")
MUSTER = json.loads(os.environ["MUSTER"])
PROVIDER = os.environ["OIDC_PROVIDER"]
# Seconds in which the provider starts, with much to spare.
PATIENCE = 30
EMAIL = "grace@oidc-provider.example.com"
SECRET = "a secret of forty-three characters or a few more"

DECLARATION = """
[[organization]]
name = "moby"

[[domain]]
name = "oidc-provider.example.com"
organization = "moby"
verified = true

[[connection]]
name = "oidc-provider"
organizations = ["moby"]
domains = ["oidc-provider.example.com"]
default_organization = "moby"

[connection.oidc]
issuer = "{issuer}"
client_id = "muster"
{authentication}
"""


class Provider:
    """oidc-provider on a port of its own, with one client."""

    def __init__(self, port, method, algorithm, told):
        arguments = [str(port), told["redirect_url"], method, algorithm]
        arguments += [told["post_logout_redirect_url"], told["backchannel_logout_url"]]
        self.issuer = f"http://127.0.0.1:{port}"
        for _ in range(3):
            self.process = subprocess.Popen(
                ["node", PROVIDER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            # Seldom, node stands still before it runs anything.
            watchdog = threading.Timer(PATIENCE, self.process.kill)
            watchdog.start()
            is_ready = any(line.strip() == b"ready" for line in self.process.stdout)
            watchdog.cancel()
            if is_ready:
                return
        sys.exit("  oidc-provider does not start")

    def stop(self):
        self.process.kill()
        self.process.wait()


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def declare(folder, issuer, method):
    """Tells Muster of the provider; what the provider must be told."""
    authentication = f'authentication = "{method}"'
    if method != "none":
        with open(os.path.join(folder, "secret"), "w", encoding="utf-8") as file:
            file.write(SECRET)
        authentication += '\nclient_secret_file = "secret"'
    path = os.path.join(folder, "muster.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(DECLARATION.format(issuer=issuer, authentication=authentication))
    applied = subprocess.run([*MUSTER, "apply", path, "--json"], check=True, capture_output=True)
    # Nodes look every quarter of a second whether something changed.
    time.sleep(1)
    return json.loads(applied.stdout)["connections"]["oidc-provider"]["oidc"]


class Browser(requests.Session):
    """Cookies are kept, redirects are followed by hand where the script wants to look."""

    def begin(self, email):
        """Types an address in; where that leads."""
        same_origin = {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"}
        answer = self.post(f"{BASE_URL}/signin", data={"email": email}, headers=same_origin, allow_redirects=False)
        return answer.headers.get("Location", f"{answer.status_code} {answer.text[:1000]}")

    def pass_by(self, location, login):
        """Goes through the provider's pages as `login`; the address that leads back."""
        for _ in range(20):
            if location.startswith(f"{BASE_URL}/sso/oidc/callback"):
                return location
            answer = self.get(location, allow_redirects=False)
            if answer.is_redirect:
                location = urllib.parse.urljoin(location, answer.headers["Location"])
                continue
            action = re.search(r'action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="([^"]+)"', answer.text)
            if not action or not prompt:
                sys.exit(f"  the provider says {answer.status_code}: {words(answer.text)[-300:]}")
            fields = {"prompt": prompt.group(1), "login": login, "password": "any"}
            target = urllib.parse.urljoin(location, html.unescape(action.group(1)))
            answer = self.post(target, data=fields, allow_redirects=False)
            location = urllib.parse.urljoin(target, answer.headers["Location"])
        sys.exit("  the provider never leads back")

    def account(self):
        """Who is signed in; nothing if nobody is."""
        answer = self.get(f"{BASE_URL}/account", headers={"Accept": "application/json"})
        return answer.json() if answer.status_code == 200 else None


def sign_in(report, title):
    """The whole way; the browser, and the address that led back."""
    browser = Browser()
    back = browser.pass_by(browser.begin(EMAIL), EMAIL)
    arrived = browser.get(back, allow_redirects=False)
    account = browser.account()
    report.check(f"{title}: signed in", account is not None, f"{arrived.status_code} {words(arrived.text)}")
    if account:
        report.check(f"{title}: the address", account["email"] == EMAIL, account)
        report.check(f"{title}: the name", account["full_name"] == "Grace Okafor", account)
        report.check(f"{title}: the team of the group", "pilots" in json.dumps(account["organizations"]), account)
    return browser, back


def refuse(report):
    """What must let nobody in."""
    browser, back = sign_in(report, "once")
    again = browser.get(back, allow_redirects=False)
    report.check("the same answer again: refused", again.status_code == 403, words(again.text))
    thief = Browser()
    other = Browser()
    back = other.pass_by(other.begin(EMAIL), EMAIL)
    for title, address in {
        "in another browser": back,
        "with another code": re.sub(r"code=[^&]+", "code=forged", back),
        "from another issuer": re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back),
        "with another state": re.sub(r"state=[^&]+", "state=forged", back),
    }.items():
        who = thief if title == "in another browser" else other
        arrived = who.get(address, allow_redirects=False)
        refused = arrived.status_code >= 400 and who.account() is None
        report.check(f"{title}: refused", refused, f"{arrived.status_code} {words(arrived.text)}")
        report.check(f"{title}: with a TraceID", "TraceID" in arrived.text, words(arrived.text))
    unverified = Browser()
    back = unverified.pass_by(unverified.begin(EMAIL), "unverified@oidc-provider.example.com")
    arrived = unverified.get(back, allow_redirects=False)
    refused = arrived.status_code >= 400 and unverified.account() is None
    report.check("an address that is not verified: refused", refused, words(arrived.text))


def leave(report):
    """Signing out, here and there."""
    browser, other = Browser(), Browser()
    for each in (browser, other):
        each.get(each.pass_by(each.begin(EMAIL), EMAIL), allow_redirects=False)
    same_origin = {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"}
    answer = browser.post(f"{BASE_URL}/signout", headers=same_origin, allow_redirects=False)
    location = answer.headers.get("Location", "")
    report.check("signing out leads to the provider", "id_token_hint=" in location, location[:200])
    report.check("signing out: over here at once", browser.account() is None, browser.account())
    back = confirm(browser, location)
    report.check("signing out: back here", back == f"{BASE_URL}/sso/oidc/signed-out", back)
    again = browser.get(browser.begin(EMAIL), allow_redirects=True)
    report.check("signing out: over there as well", 'name="login"' in again.text, words(again.text))
    report.check("signing out: another browser stays signed in", other.account() is not None, "")
    # At the provider, without Muster: it says so by a request of its own.
    issuer = urllib.parse.urlsplit(location)
    confirm(other, f"{issuer.scheme}://{issuer.netloc}/session/end")
    report.check("signed out at the provider: over here by its word", other.account() is None, other.account())


def confirm(browser, location):
    """Says yes at the provider's page; where that leads."""
    page = browser.get(location)
    action = re.search(r'action="([^"]+)"', page.text)
    secret = re.search(r'name="xsrf" value="([^"]+)"', page.text)
    if not action or not secret:
        return f"{page.status_code} {words(page.text)}"
    fields = {"xsrf": secret.group(1), "logout": "yes"}
    target = urllib.parse.urljoin(page.url, html.unescape(action.group(1)))
    return browser.post(target, data=fields, allow_redirects=False).headers.get("Location", "")


def words(page):
    """What a page says."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]*>", " ", page, flags=re.S)))[:500]


def main():
    report = Report("oidc-provider")
    with tempfile.TemporaryDirectory() as folder:
        ways = [
            ("client_secret_basic", "RS256"),
            ("client_secret_post", "ES256"),
            ("none", "RS256"),
            ("client_secret_basic", "EdDSA"),
        ]
        for number, (method, algorithm) in enumerate(ways):
            port = free_port()
            told = declare(folder, f"http://127.0.0.1:{port}", method)
            provider = Provider(port, method, algorithm, told)
            try:
                sign_in(report, f"{method}, {algorithm}")
                if number == 0:
                    refuse(report)
                    leave(report)
            finally:
                provider.stop()
    report.finish()


main()
