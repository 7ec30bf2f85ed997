"""Addresses of the API of refunds and returns, below /api/v1/."""

from django.urls import path

from marketplace.rest.paths import register_ids
from refunds.api import evidence, return_steps, returns
from refunds.api.refunds import OrderCancel, RefundDetail, Refunds

register_ids("ord", "rfd", "rtn", "evd")

_STEPS = {
    "approve": return_steps.Approval,
    "reject": return_steps.Rejection,
    "offer": return_steps.Offer,
    "accept-offer": return_steps.OfferAcceptance,
    "decline-offer": return_steps.OfferRefusal,
    "send-back": return_steps.Sending,
    "receive": return_steps.Receipt,
    "accept-goods": return_steps.Inspection,
    "refuse-goods": return_steps.GoodsRefusal,
    "dispute": return_steps.Dispute,
    "decide": return_steps.Decision,
    "withdraw": return_steps.Withdrawal,
}

urlpatterns = [
    path("orders/<ord:order_id>/cancel", OrderCancel.as_view(), name="order-cancel"),
    path("refunds", Refunds.as_view(), name="refunds"),
    path("refunds/<rfd:refund_id>", RefundDetail.as_view(), name="refund"),
    path("returns", returns.Returns.as_view(), name="returns"),
    path("returns/eligibility", returns.ReturnEligibility.as_view(), name="return-eligibility"),
    path("returns/preview", returns.ReturnPreview.as_view(), name="return-preview"),
    path("returns/<rtn:return_id>", returns.ReturnDetail.as_view(), name="return"),
    path("returns/<rtn:return_id>/evidence", evidence.ReturnEvidence.as_view(), name="return-evidence"),
    *(
        path(f"returns/<rtn:return_id>/{name}", step.as_view(), name=f"return-{name}")
        for name, step in _STEPS.items()
    ),
    path("evidence", evidence.UnusedEvidence.as_view(), name="evidence"),
    path("evidence/<evd:evidence_id>", evidence.EvidenceDetail.as_view(), name="one-evidence"),
    path("evidence/<evd:evidence_id>/file", evidence.EvidenceFile.as_view(), name="evidence-file"),
]
