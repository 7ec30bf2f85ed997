"""The pages that need no show: they come up, and the browser has nothing to complain of."""

import pytest

from tests.browser.conftest import Meet
from tests.browser.site import Site

pytestmark = pytest.mark.only_in("embedded")


def test_the_administration_lets_its_people_in(site: Site, meet: Meet) -> None:
    ada = meet()
    ada.expect_fault("/favicon.ico")
    assert ada.visit("/admin/").status == 200
    ada.page.get_by_label("Username").fill("ada")
    ada.page.get_by_label("Password").fill("correct horse battery staple")
    ada.page.get_by_role("button", name="Log in").click()
    ada.page.wait_for_url(f"{site.url}/admin/")
    assert ada.page.get_by_role("link", name="Sessions").count() > 0


def test_the_api_documentation_lists_the_routes(meet: Meet) -> None:
    reader = meet()
    assert reader.visit("/api/docs/").status == 200
    # the page draws its first sections, and more as one scrolls
    reader.page.locator('[data-path="/api/v1/brands"]').first.wait_for()
