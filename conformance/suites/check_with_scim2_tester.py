"""Runs scim2-tester, which reads /Schemas and tries every operation on every attribute it finds there."""

from httpx2 import Client
from report import TOKEN, URL, Report
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

DEVIATIONS = {
    "check_remove_attribute User active": "`active` is kept when it is cleared, and always answered (SCIM-12): "
    "only `true` and `false` decide about access",
}


def title(result):
    """Tells results of the same check apart."""
    urn = result.data.get("urn") if isinstance(result.data, dict) else None
    return " ".join(part for part in (result.title, result.resource_type, urn) if part)


report = Report("scim2-tester", DEVIATIONS)
with Client(base_url=URL, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as client:
    for result in check_server(SyncSCIMClient(client)):
        if result.status == Status.SKIPPED:
            report.skip(title(result), result.reason)
        else:
            report.check(title(result), result.status == Status.SUCCESS, f"{result.reason} {result.data}")
report.finish()
