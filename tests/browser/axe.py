"""axe-core over a page, whatever the page's Content-Security-Policy."""

from typing import Any

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

#: Best practices beside the rules of WCAG 2.2, levels A and AA.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = f"axe.run(document, {{runOnly: {TAGS}, resultTypes: ['violations']}})"


def violations(page: Page) -> list[str]:
    """Return one line for each element that breaks a rule: the rule, the element and what is wrong."""
    session = page.context.new_cdp_session(page)  # not bound by the policy, as a page's own scripts are
    try:
        # one expression: a page that loads itself anew in between would have forgotten the first half
        found: dict[str, Any] = _run(session, f"globalThis.axe ? {RUN} : null") or _run(
            session, f"{AXE_FILE_PATH.read_text(encoding='utf-8')};\n{RUN}"
        )
    finally:
        session.detach()
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def _run(session: Any, expression: str) -> Any:
    answer = session.send(
        "Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True}
    )
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"].get("value")
