"""What every admin of the marketplace shares: rows of one's own, read-only pages, buttons that run an action.

A button is a method marked with ``button``; it has its own address, asks on GET and runs one action on POST,
outside the transaction that Django's change form would open. What the action refuses is shown in the form.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, TypeVar, cast

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold import admin as unfold_admin
from unfold import decorators
from unfold.enums import ActionVariant
from unfold.paginator import InfinitePaginator

from marketplace.admin.forms import ActionForm, Choices
from marketplace.errors import DomainError
from marketplace.models import User
from marketplace.permissions import Person, is_platform_staff

F = TypeVar("F", bound=Callable[..., Any])


def button(
    title: str, *, path: str, icon: str = "", danger: bool = False, primary: bool = False
) -> Callable[[F], F]:
    """Make a method a button: its admin names it in ``actions_detail``, ``actions_row`` or ``actions_list``.

    The method takes the request and, except in ``actions_list``, the ``object_id``; it returns
    ``self.ask(...)``.
    """
    variant = ActionVariant.DANGER if danger else ActionVariant.PRIMARY if primary else ActionVariant.DEFAULT
    return cast(
        Callable[[F], F],
        decorators.action(description=title, url_path=path, icon=icon or None, variant=variant),
    )


def column(
    title: str, *, ordering: str = "", label: Any = None, boolean: bool | None = None
) -> Callable[[F], F]:
    """Make a method a column of a list; ``label`` maps values to colours, such as ``{"draft": "info"}``.

    A labelled value is shown in words: ``pending_payment`` is ``Pending payment``.
    """
    display = decorators.display(
        description=title,
        ordering=ordering or None,
        label=defaultdict(lambda: None, label) if label else None,
        boolean=boolean,
    )

    def mark(method: F) -> F:
        return cast(F, display(_in_words(method) if label else method))

    return mark


def percent(field: str, title: str) -> Callable[[Any, Any], str]:
    """Return a column that shows a share in basis points as people say it: 1,250 is ``12.5 %``."""

    @column(title, ordering=field)
    def shown(_self: Any, row: Any) -> str:
        return f"{getattr(row, field) / 100:g} %"

    return shown


class Labelled(tuple[str, str]):
    """A value, which has the colour in a list, and its words, which are all that a row's own page shows."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return the words."""
        return self[1]


def _in_words(method: Callable[..., str]) -> Callable[..., Labelled]:
    """Return a column that gives the value and its words."""

    @wraps(method)
    def shown(self: Any, row: Any) -> Labelled:
        value = method(self, row)
        return Labelled((value, value[:1].upper() + value[1:].replace("_", " ")))

    return shown


class OwnAdmin(unfold_admin.ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Shows people what is theirs and changes nothing by itself.

    Attributes:
        audience: who sees the list at all; platform staff unless it says otherwise.
        group: of the sidebar, one of ``marketplace.admin_site.GROUPS``.
        icon: a Material Symbol.
        in_sidebar: whether the list stands there.
    """

    audience: "ClassVar[staticmethod[[Person], bool]]" = staticmethod(is_platform_staff)
    group: ClassVar[str] = ""
    icon: ClassVar[str] = "list"
    in_sidebar: ClassVar[bool] = True

    actions: ClassVar[tuple[str, ...] | None] = None
    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    compressed_fields = True

    def own(self, person: User) -> QuerySet[Any]:
        """Return the rows that a person may see, with what the list shows of other tables."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the person's rows in the list's order."""
        rows = self.own(person_of(request))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def is_for(self, request: HttpRequest) -> bool:
        """Tell whether the list is for this person; asked once a request."""
        known: dict[Any, bool] = vars(request).setdefault("_admin_audiences", {})
        audience = type(self).audience
        if audience not in known:
            known[audience] = audience(request.user)
        return known[audience]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Tell whether the list shows in the sidebar."""
        return self.is_for(request)

    def has_view_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        """Tell whether the person may read; ``get_queryset`` has left what is theirs."""
        return self.is_for(request)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Refuse the form that writes without an action."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Refuse the form that writes without an action."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Refuse deletion: rows are archived, ended, removed by actions."""
        return False

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return the person's row or None; raises PermissionDenied before looking for it in others' lists."""
        if not self.is_for(request):
            raise PermissionDenied
        return super().get_object(request, *args, **kwargs)

    def delete_view(self, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Refuse deletion before Django looks for the row."""
        raise PermissionDenied

    def one(self, request: HttpRequest, object_id: str) -> Any:
        """Return the person's row with this id, as it stands in an address; raises Http404."""
        if not self.is_for(request):
            raise Http404
        key = unquote(object_id) if "_5F" in object_id else object_id
        try:
            found = self.get_queryset(request).filter(pk=key).first()
        except (ValidationError, ValueError):
            found = None
        if found is None:
            raise Http404
        return found

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Run an action on the rows that are ticked; raises Http404 for ids that are none."""
        try:
            return cast(HttpResponse | None, super().response_action(request, queryset))
        except ValidationError:
            raise Http404 from None

    def address(self, obj: Model | None = None) -> str:
        """Return the address of an object's page, or of the list."""
        start = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{start}_change", args=[quote(obj.pk)]) if obj else reverse(f"{start}_changelist")

    def ask(
        self,
        request: HttpRequest,
        *,
        title: str,
        run: Callable[[dict[str, Any]], str],
        form: type[ActionForm] = ActionForm,
        obj: Model | None = None,
        initial: dict[str, Any] | None = None,
        choices: Choices | None = None,
        submit: str = "Save",
        danger: bool = False,
        intro: str = "",
    ) -> HttpResponse:
        """Show a form; when it comes back valid, run an action and go back to the object, or to the list.

        Args:
            request: the request.
            title: what is about to be done.
            run: calls one action with the form's values and returns the sentence that reports it.
            form: asks for the values.
            obj: what the button belongs to.
            initial: the form's first values.
            choices: of the form's choice fields.
            submit: words of the button that does it.
            danger: whether that button is red.
            intro: a sentence before the form.
        """
        if not self.is_for(request):
            raise Http404
        data = {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}
        bound = form(**data, initial=initial, choices=choices)
        if bound.is_bound and bound.is_valid():
            try:
                said = run(bound.cleaned_data)
            except DomainError as refusal:
                bound.refuse(refusal)
            else:
                messages.success(request, said)
                return HttpResponseRedirect(self.address(obj))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "form": bound,
            "object": obj,
            "intro": intro,
            "submit": submit,
            "variant": "danger" if danger else "primary",
            "back": self.address(obj),
            "media": self.media + bound.media,
        }
        return TemplateResponse(request, "admin/action_page.html", context)


class LogAdmin(OwnAdmin):
    """An append-only log: no count of its rows, newest first."""

    paginator = InfinitePaginator
    show_full_result_count = False


class OwnInline(unfold_admin.TabularInline):  # type: ignore[misc]  # unfold ships no types
    """Rows of an object's page, read-only; whoever sees the page sees them."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Show the rows."""
        return True

    def has_add_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Refuse the form that writes without an action."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Refuse the form that writes without an action."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Refuse deletion; Django would ask the database for permissions that nobody is given."""
        return False


def person_of(request: HttpRequest) -> User:
    """Return who asks; the site has let nobody else in."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user
