"""The requests and assertions of Okta's "SCIM 2.0 SPEC Test" (a Runscope suite), written anew."""

import secrets
import time

from report import Report, call

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
# What Okta's runner sends besides the token.
HEADERS = {
    "Accept-Charset": "utf-8",
    "Content-Type": "application/scim+json; charset=utf-8",
    "User-Agent": "OKTA SCIM Integration",
}

report = Report("Okta SCIM 2.0 SPEC Test")


def get(path, query=None, **headers):
    return call("GET", path, query=query, headers=HEADERS | headers)


def user(email, given_name="Okta", family_name="Tester"):
    """A user as Okta creates it."""
    return {
        "schemas": [USER],
        "userName": email,
        "name": {"givenName": given_name, "familyName": family_name},
        "emails": [{"primary": True, "value": email, "type": "work"}],
        "displayName": f"{given_name} {family_name}",
        "active": True,
    }


def check_error(title, answer, status):
    report.check(f"{title}: status", answer.status == status, answer)
    report.check(f"{title}: status in the body is text", answer.at("status") == str(status), answer)
    report.check(f"{title}: detail", answer.at("detail"), answer)
    report.check(f"{title}: schema", ERROR in (answer.at("schemas") or []), answer)


# The suite asks for one user that is there already.
there = call("POST", "/Users", user(f"there-{secrets.token_hex(8)}@example.com"))
report.check("a user to find", there.status == 201, there)

page = get("/Users", {"count": "1", "startIndex": "1"})
report.check("Users: status", page.status == 200, page)
report.check("Users: schema", LIST in (page.at("schemas") or []), page)
for number in ("itemsPerPage", "startIndex", "totalResults"):
    report.check(f"Users: {number} is a number", isinstance(page.at(number), int), page)
found = page.at("Resources", 0, "id")
NEEDED = [("id",), ("name", "familyName"), ("name", "givenName"), ("userName",), ("active",), ("emails", 0, "value")]
for path in NEEDED:
    report.check(f"Users: {path} in the first", page.at("Resources", 0, *path) not in (None, ""), page)

one = get(f"/Users/{found}")
report.check("Users/{id}: status", one.status == 200, one)
report.check("Users/{id}: the same id", one.at("id") == found, one)
for path in NEEDED:
    report.check(f"Users/{{id}}: {path}", one.at(*path) not in (None, ""), one)

email = f"Runscope.{secrets.token_hex(8)}@example.com"
for title, name in (("an invalid user", "abcdefgh@example.com"), ("the user before its creation", email)):
    nobody = get("/Users", {"filter": f'userName eq "{name}"'})
    report.check(f"{title}: status", nobody.status == 200, nobody)
    report.check(f"{title}: schema", LIST in (nobody.at("schemas") or []), nobody)
    report.check(f"{title}: none", nobody.at("totalResults") == 0, nobody)

check_error("an unknown id", get("/Users/010101001010101011001010101011"), 404)

as_json = {"Content-Type": "application/json", "Accept": "application/scim+json; charset=utf-8"}
made = call("POST", "/Users", user(email), headers=as_json)
report.check("create: status", made.status == 201, made)
report.check("create: active", made.at("active") is True, made)
report.check("create: id", made.at("id"), made)
report.check("create: familyName", made.at("name", "familyName") == "Tester", made)
report.check("create: givenName", made.at("name", "givenName") == "Okta", made)
report.check("create: schema", USER in (made.at("schemas") or []), made)
report.check("create: userName", made.at("userName") == email, made)

read = get(f"/Users/{made.at('id')}")
report.check("created: status", read.status == 200, read)
report.check("created: userName", read.at("userName") == email, read)
report.check("created: familyName", read.at("name", "familyName") == "Tester", read)
report.check("created: givenName", read.at("name", "givenName") == "Okta", read)

again = call("POST", "/Users", user(email), headers=as_json)
report.check("create again: status", again.status == 409, again)

capitals = get("/Users", {"filter": f'userName eq "{email.upper()}"'})
report.check("userName in capitals: status", capitals.status == 200, capitals)
report.check("userName in capitals: found", capitals.at("totalResults") == 1, capitals)

begin = time.monotonic()
groups = get("/Groups")
milliseconds = (time.monotonic() - begin) * 1_000
report.check("Groups: status", groups.status == 200, groups)
report.check("Groups: within 600 ms", milliseconds < 600, f"{milliseconds:.0f} ms")

check_error("without a token", get("/Users", {"filter": f'userName eq "{email}"'}, Authorization="non-token"), 401)
check_error("another unknown id", get("/Users/00919288221112222"), 404)

report.finish()
