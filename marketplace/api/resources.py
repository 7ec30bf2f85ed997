"""What the catalogue answers."""

from drf_spectacular.utils import extend_schema_field

from marketplace.models import BrandMember, Product, StockMovement, User
from marketplace.queries.people import Roles, roles_of
from marketplace.rest import fields
from marketplace.rest.serializers import Resource


class UserOut(Resource):
    """A person, as others see one."""

    object = fields.Object("user")
    id = fields.Id("usr")
    username = fields.Text()
    display_name = fields.Text(source="shown_name")


class BrandRoleOut(Resource):
    """A brand that a person acts for."""

    brand = fields.Id("brd", source="brand_id")
    name = fields.Text(source="brand.name")
    role = fields.Choice(choices=BrandMember.Role.values)


class RolesOut(Resource):
    """What a person is to the marketplace."""

    brands = BrandRoleOut(many=True)
    streamer = fields.Id("str", allow_null=True, help_text="The streamer that the person is.")
    moderates = fields.ListOf(child=fields.Id("str"), help_text="Streamers whose chat the person moderates.")
    staff = fields.Boolean(help_text="Whether the person runs the platform.")

    def get_attribute(self, instance: User) -> Roles:
        """Return the roles of a person; they follow from rows elsewhere."""
        return roles_of(instance)


class MeOut(UserOut):
    """The person who asks."""

    email = fields.Text()
    created_at = fields.Timestamp(source="date_joined")
    roles = RolesOut()


class BrandOut(Resource):
    """A seller."""

    object = fields.Object("brand")
    id = fields.Id("brd")
    name = fields.Text()
    slug = fields.Text()
    description = fields.Text()
    country = fields.Text(help_text="ISO 3166-1 alpha-2, where it ships from; may be empty.")
    created_at = fields.Timestamp()


class MemberOut(Resource):
    """A person who acts for a brand."""

    object = fields.Object("brand_member")
    brand = fields.Id("brd", source="brand_id")
    user = UserOut()
    role = fields.Choice(choices=BrandMember.Role.values)


class MembersOut(Resource):
    """Everybody who acts for a brand, by name."""

    object = fields.Object("list")
    data = MemberOut(many=True)  # type: ignore[assignment]  # the metaclass takes fields off the class
    has_more = fields.Boolean()


class CategoryOut(Resource):
    """A shelf of the catalogue."""

    object = fields.Object("category")
    slug = fields.Text()
    name = fields.Text()
    fee_bp = fields.Integer(help_text="Platform fee in basis points of what the buyer paid.")


class CategoriesOut(Resource):
    """All shelves of the catalogue, by slug."""

    object = fields.Object("list")
    data = CategoryOut(many=True)  # type: ignore[assignment]  # as above
    has_more = fields.Boolean()


class PictureOut(Resource):
    """A picture of a product."""

    object = fields.Object("picture")
    id = fields.Id("pic")
    url = fields.Text(source="file.url")
    alt = fields.Text(help_text="What it shows, for those who cannot see it.")


class VariantOut(Resource):
    """One thing that can be bought."""

    object = fields.Object("variant")
    id = fields.Id("var")
    product = fields.Id("prd", source="product_id")
    brand = fields.Id("brd", source="brand_id")
    sku = fields.Text()
    title = fields.Text(help_text="What sets it apart; may be empty.")
    price = fields.MoneyField(help_text="List price; a session has its own.")
    weight_grams = fields.Integer()
    active = fields.Boolean()


@extend_schema_field({"oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/CategoryOut"}]})
class ExpandableCategory(fields.Expandable):
    """A category: its slug, or all of it when expanded."""


class ProductOut(Resource):
    """What a brand sells; what is bought is one of its variants."""

    object = fields.Object("product")
    id = fields.Id("prd")
    brand = fields.Expandable(BrandOut, "brd")
    category = ExpandableCategory(CategoryOut, "")
    title = fields.Text()
    description = fields.Text()
    return_policy = fields.Choice(choices=Product.ReturnPolicy.values)
    perishable = fields.Boolean()
    state = fields.Choice(choices=Product.State.values)
    pictures = PictureOut(many=True, help_text="The first is the cover.")
    variants = fields.ExpandableList(VariantOut)
    created_at = fields.Timestamp()
    updated_at = fields.Timestamp()


class ProductPictureOut(PictureOut):
    """A picture with its product."""

    product = fields.Id("prd", source="product_id")


class StockOut(Resource):
    """How many units of a variant there are."""

    object = fields.Object("stock")
    id = fields.Id("stk")
    variant = fields.Id("var", source="variant_id")
    on_hand = fields.Integer(help_text="Units on the shelf.")
    held = fields.Integer(help_text="Of those, held for orders not yet shipped.")
    available = fields.Integer(help_text="What can still be sold.")


class MovementOut(Resource):
    """One change of a stock level; their sum is the level."""

    object = fields.Object("stock_movement")
    id = fields.Id("mov")
    kind = fields.Choice(choices=StockMovement.Kind.values)
    on_hand = fields.Integer(source="on_hand_delta", help_text="Change of the units on the shelf.")
    held = fields.Integer(source="held_delta", help_text="Change of the units held.")
    reference = fields.Text(help_text="The order, session or note that moved the units.")
    at = fields.Timestamp()


class ImportOut(Resource):
    """What an import did; in a dry run, what it would do."""

    object = fields.Object("catalogue_import")
    dry_run = fields.Boolean()
    rows = fields.Integer()
    products_created = fields.Integer()
    products_updated = fields.Integer()
    variants_created = fields.Integer()
    variants_updated = fields.Integer()
    stock_changed = fields.Integer(help_text="Stock levels that differed from the file's count.")
