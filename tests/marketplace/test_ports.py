"""Where servers listen: names that they answer to, addresses that are this machine's."""

import pytest
from django.http.request import validate_host

from marketplace.lib.ports import is_own, names_served, url_of

pytestmark = pytest.mark.only_in("embedded")


@pytest.mark.parametrize("host", ("127.0.0.1", "127.0.0.2", "192.0.2.7", "::1", "2001:db8::7"))
def test_a_server_answers_to_the_address_that_its_page_names(host: str) -> None:
    named = url_of(host, 8000).removeprefix("http://").removesuffix(":8000")
    assert validate_host(named, names_served(host).split(","))


def test_a_server_that_listens_everywhere_answers_to_this_machines_own_names_alone() -> None:
    served = names_served("0.0.0.0").split(",")  # noqa: S104 - nothing listens
    assert validate_host("127.0.0.1", served)
    assert not validate_host("shop.example", served)


@pytest.mark.parametrize(
    ("host", "own"),
    (("localhost", True), ("127.0.0.2", True), ("192.0.2.7", False), ("nowhere.invalid", False), ("", False)),
)
def test_an_address_of_this_machine_can_be_listened_on(host: str, own: bool) -> None:
    assert is_own(host) is own
