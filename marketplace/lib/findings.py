"""Findings: what an audit reports. Every app's ``audit.findings(now)`` returns a list of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One broken invariant: which one, about what (a public id), and what was found."""

    code: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code} {self.subject}: {self.detail}"
