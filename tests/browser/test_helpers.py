"""The helpers of the browser tests notice what they are there to notice."""

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import Meet
from tests.browser.person import PHONE, Person

pytestmark = pytest.mark.only_in("embedded")

BROKEN = f"""<!DOCTYPE html><html lang="en"><head><title>Broken</title></head><body><main><h1>Broken</h1>
<p>{"wide" * 100}</p><img src="http://203.0.113.1/far.png"><script>1</script>
<script src="/static/absent.js"></script>
</main></body></html>"""
POLICY = {"Content-Security-Policy": "default-src 'self'; img-src *"}


def open_broken(person: Person) -> None:
    """Open a page of which everything is wrong."""

    def fulfil(route: Route) -> None:
        route.fulfill(body=BROKEN, content_type="text/html", headers=POLICY)

    person.page.route("**/broken", fulfil)
    person.visit("/broken")


def test_faults_of_a_page_are_noticed(meet: Meet) -> None:
    tester = meet(size=PHONE)
    open_broken(tester)
    assert tester.scrolls_sideways()
    assert [line.split(":")[0] for line in tester.violations()] == ["image-alt"]
    seen = "\n".join(tester.unexpected())
    tester.expect_fault("203.0.113.1|absent.js|Content Security Policy directive 'default-src")
    assert tester.unexpected() == []
    assert "failed: GET http://203.0.113.1/far.png: net::ERR_NAME_NOT_RESOLVED" in seen
    assert f"404: GET {tester.site.url}/static/absent.js" in seen
    assert "Executing inline script violates" in seen
