"""What Microsoft's reference collection of requests for SCIM endpoints asserts and RFC 7644 agrees with, written anew."""

from report import Report, call

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

report = Report("Microsoft SCIM reference requests")


def person(user_name, **more):
    """A user as the collection writes it: capitals in names, nulls, empty lists, the schemas in any order."""
    return {
        "userName": user_name,
        "active": True,
        "displayName": "BobIsAmazing",
        "schemas": [ENTERPRISE, USER],
        "externalId": f"external-{user_name}",
        "name": {"formatted": "Andrew Ryan", "familyName": "Ryan", "givenName": "Andrew", "middleName": None},
        "emails": [
            {"Primary": True, "type": "work", "value": f"{user_name}@example.com"},
            {"Primary": False, "type": "home", "value": f"{user_name}@example.org"},
        ],
        "addresses": [
            {"type": "work", "formatted": "9132 Jennifer Way Suite 040\nSouth Nancy, MI 55645", "country": "Bermuda"},
            {"type": "other", "formatted": "18522 Lisa Unions", "country": None, "locality": None},
        ],
        "roles": [],
        ENTERPRISE: {"department": "bob", "manager": {"displayName": "SuzzyQ"}},
    } | more


def create(title, path, body):
    """Creates a resource and returns its id."""
    made = call("POST", path, body)
    report.check(f"{title}: 201", made.status == 201, made)
    return made.at("id")


def patch(title, path, *operations):
    answer = call("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})
    report.check(f"{title}: 200 or 204", answer.status in (200, 204), answer)


def read(title, path, query=None):
    answer = call("GET", path, query=query)
    report.check(f"{title}: 200", answer.status == 200, answer)
    return answer


def members(answer):
    return sorted(member["value"] for member in answer.at("members") or [])


# Endpoints.
report.check("no users", read("empty Users", "/Users").at("totalResults") == 0)
report.check("no groups", read("empty Groups", "/Groups").at("totalResults") == 0)
types = read("ResourceTypes", "/ResourceTypes")
report.check("ResourceTypes: Users", types.at("Resources", 0, "endpoint") == "/Users", types)
config = read("ServiceProviderConfig", "/ServiceProviderConfig")
report.check("ServiceProviderConfig: patch", config.at("patch", "supported") is True, config)
schemas = read("Schemas", "/Schemas")
report.check("Schemas: User Account", "User Account" in schemas.text, schemas)

# Users.
first = create("user", "/Users", person("UserName123", schemas=[USER]))
second = create("enterprise user", "/Users", person("UserName222", displayName="lennay"))
for title, identity in (("user", first), ("enterprise user", second)):
    report.check(f"{title}: its id", read(f"GET {title}", f"/Users/{identity}").at("id") == identity)
report.check("attributes", first in read("attributes", "/Users", {"attributes": "userName,emails"}).text)
found = read("filter in other case", "/Users", {"filter": 'DisplayName eq "BobIsAmazing"'})
report.check("filter in other case: found", found.at("totalResults") == 1 and first in found.text, found)
patch("rename", f"/Users/{first}", {"op": "replace", "path": "userName", "value": "ryan3"})
report.check("rename: done", read("renamed", f"/Users/{first}").at("userName") == "ryan3")
replaced = call("PUT", f"/Users/{second}", person("UserNameReplace2", id=second, name={"formatted": "NewName"}))
report.check("PUT: 200", replaced.status == 200, replaced)
report.check("PUT: done", read("after PUT", f"/Users/{second}").at("name", "formatted") == "NewName")

# Users with what should not be there.
true_as_text = call("POST", "/Users", person("emp1", active="True"))
report.check("active as text", true_as_text.status == 201 and true_as_text.at("active") is True, true_as_text)
for title, body in (("no userName", person(None)), ("no JSON", b'{"acve": tre}')):
    refused = call("POST", "/Users", body)
    report.check(f"{title}: 400", refused.status == 400, refused)
for attempt in (1, 2):
    taken = call("POST", "/Users", person("emp1"))
    report.check(f"taken, attempt {attempt}: 409 with detail", taken.status == 409 and taken.at("detail"), taken)
third = true_as_text.at("id")
nameless = call("PUT", f"/Users/{third}", {"id": third, "schemas": [USER], "userame": "emp1", "active": False})
report.check("PUT without userName: 400", nameless.status == 400, nameless)
misspelled = call("PUT", f"/Users/{third}", {"schemas": [USER], "userName": "emp1", "adreses": [{"country": "Germany"}]})
report.check("PUT with an unknown attribute: 200", misspelled.status == 200, misspelled)
report.check("PUT with an unknown attribute: ignored", "Germany" not in misspelled.text, misspelled)
patch("deactivate", f"/Users/{third}", {"op": "Replace", "path": "active", "value": "False"})
report.check("deactivate: done", read("deactivated", f"/Users/{third}").at("active") is False)
page = read("page", "/Users", {"startIndex": "1", "count": "2"})
report.check("page: all are counted", page.at("totalResults") == 3, page)
report.check("page: two are shown", page.at("itemsPerPage") == 2, page)
FILTERS = [
    ('name.FamilyName eq "Ryan" and (emails.Value co "example.com" or emails.Value co "example.net")', 3),
    ('userName sw "RYAN"', 1),
    ('meta.Created gt "2015-10-10T14:38:21.8617979-07:00"', 3),
    ('(ActiVe eq true) and meta.lastmodified ge "2021-09-23T19:35:41.8420572Z"', 2),
    (f'id eq "{first}"', 1),
]
for text, count in FILTERS:
    found = read(f"filter {text}", "/Users", {"filter": text})
    report.check(f"filter {text}: {count} found", found.at("totalResults") == count, found)
patch("manager as text", f"/Users/{second}", {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": first})
report.check("manager: done", read("managed", f"/Users/{second}").at(ENTERPRISE, "manager", "value") == first)

# Groups.
empty = create("empty group", "/Groups", {"schemas": [GROUP], "displayName": "Group1", "members": []})
filled = create(
    "filled group",
    "/Groups",
    {"schemas": [GROUP], "externalId": "g2", "displayName": "Group2", "members": [{"value": first, "display": "VP"}]},
)
report.check("filled group: its member", members(read("filled group", f"/Groups/{filled}")) == [first])
both = [{"value": first, "display": "VP"}, {"value": second, "display": "SeniorVP"}]
put = call("PUT", f"/Groups/{empty}", {"schemas": [GROUP], "id": empty, "displayName": "putName", "members": both})
report.check("PUT group: 200", put.status == 200, put)
after = read("after PUT", f"/Groups/{empty}")
report.check("PUT group: name", after.at("displayName") == "putName", after)
report.check("PUT group: members", members(after) == sorted([first, second]), after)
patch("remove a member", f"/Groups/{empty}", {"op": "remove", "path": f'members[value eq "{second}"]'})
report.check("remove a member: done", members(read("one left", f"/Groups/{empty}")) == [first])
add = {"name": "addMember", "op": "add", "path": "members", "value": [{"displayName": "new User", "value": second}]}
patch("add a member", f"/Groups/{empty}", add)
report.check("add a member: done", members(read("two again", f"/Groups/{empty}")) == sorted([first, second]))
patch("remove all members", f"/Groups/{empty}", {"op": "remove", "path": "members"})
report.check("remove all members: done", members(read("none left", f"/Groups/{empty}")) == [])
without = read("without members", f"/Groups/{filled}", {"excludedAttributes": "members"})
report.check("without members: none shown", without.at("members") is None, without)
kept = call("PUT", f"/Groups/{filled}", {"schemas": [GROUP], "displayName": "Tiffany Ortiz"})
report.check("PUT group without members: 200", kept.status == 200 and kept.at("displayName") == "Tiffany Ortiz", kept)

# Everything goes.
for path in (f"/Users/{first}", f"/Users/{second}", f"/Users/{third}", f"/Groups/{empty}", f"/Groups/{filled}"):
    gone = call("DELETE", path)
    report.check(f"DELETE {path.split('/')[1]}: 204", gone.status == 204, gone)
report.check("no users at the end", read("Users at the end", "/Users").at("totalResults") == 0)
report.check("no groups at the end", read("Groups at the end", "/Groups").at("totalResults") == 0)

report.finish()
