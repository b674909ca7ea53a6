"""Signing in: pysaml2 as the identity provider, and this script as the browser."""

import base64
import functools
import html
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

import requests
from report import URL, Report
from saml2 import BINDING_HTTP_REDIRECT, entity, saml, sigver
from saml2.config import IdPConfig
from saml2.metadata import create_metadata_string
from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA1, SIG_RSA_SHA256, SIG_RSA_SHA512

ENTITY_ID = "https://idp.example.com/saml"
SSO_URL = "https://idp.example.com/sso"
SLO_URL = "https://idp.example.com/slo"
EMAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
ANOTHER = "https://another.example.com/saml"
BASE_URL = URL.removesuffix("/scim/v2")
MUSTER = json.loads(os.environ["MUSTER"])
PASSWORD = {"class_ref": saml.AUTHN_PASSWORD_PROTECTED, "authn_auth": ENTITY_ID}

DECLARATION = """
[[organization]]
name = "moby"

[[domain]]
name = "pysaml2.example.com"
organization = "moby"
verified = true

[[connection]]
name = "pysaml2"
organizations = ["moby"]
domains = ["pysaml2.example.com"]
default_organization = "moby"

[connection.saml]
metadata_file = "idp.xml"
sign_requests = true
encryption = true
"""


def key_pair(folder):
    """A new key and its certificate, as PEM files."""
    key, certificate = os.path.join(folder, "idp.key"), os.path.join(folder, "idp.crt")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=idp.example.com"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


def settings(folder, key, certificate, *sp_metadata):
    """The identity provider's configuration."""
    return {
        "entityid": ENTITY_ID,
        "key_file": key,
        "cert_file": certificate,
        "service": {
            "idp": {
                "endpoints": {
                    "single_sign_on_service": [(SSO_URL, BINDING_HTTP_REDIRECT)],
                    "single_logout_service": [(SLO_URL, BINDING_HTTP_REDIRECT)],
                },
                "want_authn_requests_signed": True,
                "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None}},
                "subject_data": os.path.join(folder, "subjects"),
            }
        },
        "metadata": {"inline": list(sp_metadata)} if sp_metadata else {},
    }


class Browser(requests.Session):
    """Cookies are kept, redirects are followed by hand."""

    def begin(self, email):
        """Types an address in; the parameters that travel to the identity provider."""
        same_origin = {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"}
        answer = self.post(f"{BASE_URL}/signin", data={"email": email}, headers=same_origin, allow_redirects=False)
        location = answer.headers.get("Location", "")
        if not location.startswith(SSO_URL):
            sys.exit(f"  no way to the identity provider: {answer.status_code} {location} {answer.text[:1000]}")
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))

    def bring(self, acs_url, response, relay_state):
        """Posts a response as the identity provider's page would."""
        fields = {"SAMLResponse": base64.b64encode(response.encode()).decode(), "RelayState": relay_state}
        from_elsewhere = {"Origin": "https://idp.example.com", "Sec-Fetch-Site": "cross-site"}
        return self.post(acs_url, data=fields, headers=from_elsewhere, allow_redirects=False)

    def account(self):
        """Who is signed in; nothing if nobody is."""
        answer = self.get(f"{BASE_URL}/account", headers={"Accept": "application/json"})
        return answer.json() if answer.status_code == 200 else None


class IdentityProvider:
    """pysaml2, with Muster's metadata."""

    def __init__(self, folder, saml_urls):
        key, certificate = os.path.join(folder, "idp.key"), os.path.join(folder, "idp.crt")
        metadata = requests.get(saml_urls["metadata_url"], timeout=30).text
        # For what is meant for somebody else.
        another = metadata.replace(saml_urls["entity_id"], ANOTHER)
        config = IdPConfig().load(settings(folder, key, certificate, metadata, another))
        self.server = Server(config=config)
        self.urls = saml_urls

    def read(self, asked):
        """The request in a redirect; pysaml2 verifies its signature."""
        return self.server.parse_authn_request(
            asked["SAMLRequest"],
            BINDING_HTTP_REDIRECT,
            relay_state=asked["RelayState"],
            sigalg=asked["SigAlg"],
            signature=asked["Signature"],
        ).message

    def answer(self, request, name_id, groups=("moby:pilots",), **how):
        """A response for one person."""
        # By its long name: pysaml2 has a table in which `email` is an object identifier.
        identity = {EMAIL: ["grace@pysaml2.example.com"], "name": ["Grace Okafor"], "groups": list(groups)}
        standard = {"sign_alg": SIG_RSA_SHA256, "digest_alg": DIGEST_SHA256, "authn": PASSWORD}
        arguments = {
            "in_response_to": request.id,
            "destination": self.urls["acs_url"],
            "sp_entity_id": self.urls["entity_id"],
        }
        response = self.server.create_authn_response(identity, name_id=name_id, **(standard | arguments | how))
        return str(response)


AES_256_GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
PRE_ENCRYPTION_PART = sigver.pre_encryption_part
ENCRYPT_ASSERTION = sigver.CryptoBackendXmlSec1.encrypt_assertion


def encrypt_with(cipher, key_type):
    """pysaml2 knows one cipher, Triple DES, unless told otherwise here."""

    def encrypt(self, statement, enc_key, template, _key_type="", node_xpath=None, node_id=None):
        return ENCRYPT_ASSERTION(self, statement, enc_key, template, key_type, node_xpath, node_id)

    sigver.CryptoBackendXmlSec1.encrypt_assertion = encrypt
    entity.pre_encryption_part = functools.partial(PRE_ENCRYPTION_PART, msg_enc=cipher)


def by_email(_=None):
    return NameID(format=NAMEID_FORMAT_EMAILADDRESS, text="grace@pysaml2.example.com")


def main():
    report = Report("pysaml2 as identity provider")
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = key_pair(folder)
        own = create_metadata_string(None, config=IdPConfig().load(settings(folder, key, certificate)))
        with open(os.path.join(folder, "idp.xml"), "wb") as file:
            file.write(own)
        with open(os.path.join(folder, "muster.toml"), "w", encoding="utf-8") as file:
            file.write(DECLARATION)
        command = [*MUSTER, "apply", os.path.join(folder, "muster.toml"), "--json"]
        applied = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        provider = IdentityProvider(folder, json.loads(applied)["connections"]["pysaml2"]["saml"])
        sign_in(report, provider)
        refuse(report, provider)
        sign_out(report, provider)
        provider.server.close()
    report.finish()


def sign_in(report, provider):
    """Every way of signing that pysaml2 has."""
    persistent = NameID(format=NAMEID_FORMAT_PERSISTENT, text="3f1c-grace", sp_name_qualifier=provider.urls["entity_id"])
    ways = {
        "a signed assertion": (by_email(), {"sign_assertion": True, "sign_response": False}),
        "a signed response": (by_email(), {"sign_assertion": False, "sign_response": True}),
        "both signed": (by_email(), {"sign_assertion": True, "sign_response": True}),
        "RSA with SHA-512": (by_email(), {"sign_assertion": True, "sign_response": True, "sign_alg": SIG_RSA_SHA512}),
        "encrypted in a signed response": (by_email(), {"sign_response": True, "encrypt_assertion": True}),
        "encrypted and both signed": (
            by_email(),
            {"sign_assertion": True, "sign_response": True, "encrypt_assertion": True},
        ),
        "a persistent name": (persistent, {"sign_assertion": True, "sign_response": True}),
    }
    encrypt_with(AES_256_GCM, "aes-256")
    for title, (name_id, how) in ways.items():
        browser = Browser()
        asked = browser.begin("grace@pysaml2.example.com")
        request = provider.read(asked)
        report.check(f"{title}: the request names us", request.issuer.text == provider.urls["entity_id"], str(request))
        response = provider.answer(request, name_id, **how)
        arrived = browser.bring(provider.urls["acs_url"], response, asked["RelayState"])
        account = browser.account()
        report.check(f"{title}: signed in", account is not None, f"{arrived.status_code} {words(arrived.text)}")
        if account:
            report.check(f"{title}: the address", account["email"] == "grace@pysaml2.example.com", account)
            report.check(f"{title}: the name", account["full_name"] == "Grace Okafor", account)
            report.check(f"{title}: the team of the group", "pilots" in json.dumps(account["organizations"]), account)


def refuse(report, provider):
    """What must let nobody in."""
    encrypt_with(sigver.TRIPLE_DES_CBC, "des-192")
    for title, how in {
        "not signed": {"sign_assertion": False, "sign_response": False},
        "SHA-1": {"sign_assertion": True, "sign_response": True, "sign_alg": SIG_RSA_SHA1},
        "Triple DES": {"sign_response": True, "encrypt_assertion": True},
        "another audience": {"sign_assertion": True, "sign_response": True, "sp_entity_id": ANOTHER},
        "another destination": {"sign_assertion": True, "sign_response": True, "destination": ANOTHER},
    }.items():
        browser = Browser()
        asked = browser.begin("grace@pysaml2.example.com")
        response = provider.answer(provider.read(asked), by_email(), **how)
        arrived = browser.bring(provider.urls["acs_url"], response, asked["RelayState"])
        refused = arrived.status_code >= 400 and browser.account() is None
        report.check(f"{title}: refused", refused, f"{arrived.status_code} {words(arrived.text)}")
        report.check(f"{title}: with a TraceID", "TraceID" in arrived.text, words(arrived.text))
    first, second = Browser(), Browser()
    asked = first.begin("grace@pysaml2.example.com")
    response = provider.answer(provider.read(asked), by_email(), sign_assertion=True, sign_response=True)
    first.bring(provider.urls["acs_url"], response, asked["RelayState"])
    report.check("a response, the first time", first.account() is not None)
    other = second.begin("grace@pysaml2.example.com")
    for state in (asked["RelayState"], other["RelayState"]):
        arrived = second.bring(provider.urls["acs_url"], response, state)
        refused = arrived.status_code >= 400 and second.account() is None
        report.check("the same response in another browser: refused", refused, words(arrived.text))


def sign_out(report, provider):
    """Single Logout, begun here."""
    browser = Browser()
    asked = browser.begin("grace@pysaml2.example.com")
    response = provider.answer(provider.read(asked), by_email(), sign_assertion=True, sign_response=True)
    browser.bring(provider.urls["acs_url"], response, asked["RelayState"])
    same_origin = {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"}
    leaving = browser.post(f"{BASE_URL}/signout", headers=same_origin, allow_redirects=False)
    location = leaving.headers.get("Location", "")
    report.check("signing out goes to the identity provider", location.startswith(SLO_URL), location)
    report.check("signing out ends the session first", browser.account() is None)
    if location.startswith(SLO_URL):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        request = provider.server.parse_logout_request(
            query["SAMLRequest"],
            BINDING_HTTP_REDIRECT,
            relay_state=query.get("RelayState"),
            sigalg=query["SigAlg"],
            signature=query["Signature"],
        ).message
        report.check("the logout request names the person", request.name_id.text == "grace@pysaml2.example.com", str(request))


def words(page):
    """What a page says."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))[:500]


main()
