"""The lines in which brands, streamers and agencies have a part."""

from collections.abc import Collection, Mapping

from django.db.models import Q

from orders.models import Party
from streams.models import Slot


def lines_of(owners: Mapping[Party, Collection[str]]) -> Q:
    """Return the condition of lines in which one of these has a part; each party's are found by an index.

    A streamer's are those of the slots of their shows: every purchase would write an index of its own.
    """
    own = Q(pk__in=[])
    for party, ids in owners.items():
        if party is Party.STREAMER:
            own |= Q(slot_id__in=Slot.objects.filter(session__streamer_id__in=ids).order_by().values("id"))
        else:
            own |= Q(**{f"{party.value}_id__in": ids})
    return own
