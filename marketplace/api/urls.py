"""Addresses of accounts and the catalogue, below ``/api/v1/``."""

from django.urls import path

from marketplace.api import accounts, brands, catalogue_files, products, variants
from marketplace.rest.paths import register_ids

register_ids("brd", "usr", "prd", "var", "pic")

urlpatterns = [
    path("accounts", accounts.Accounts.as_view(), name="accounts"),
    path("session", accounts.BrowserSession.as_view(), name="browser-session"),
    path("me", accounts.OwnProfile.as_view(), name="me"),
    path("brands", brands.Brands.as_view(), name="brands"),
    path("brands/<brd:brand_id>", brands.OneBrand.as_view(), name="brand"),
    path("brands/<brd:brand_id>/members", brands.Members.as_view(), name="brand-members"),
    path("brands/<brd:brand_id>/members/<usr:user_id>", brands.OneMember.as_view(), name="brand-member"),
    path(
        "brands/<brd:brand_id>/catalogue/imports",
        catalogue_files.CatalogueImports.as_view(),
        name="catalogue-imports",
    ),
    path(
        "brands/<brd:brand_id>/catalogue/export",
        catalogue_files.CatalogueExport.as_view(),
        name="catalogue-export",
    ),
    path("categories", brands.Categories.as_view(), name="categories"),
    path("categories/<slug:slug>", brands.OneCategory.as_view(), name="category"),
    path("products", products.Products.as_view(), name="products"),
    path("products/<prd:product_id>", products.OneProduct.as_view(), name="product"),
    path("products/<prd:product_id>/publish", products.Publication.as_view(), name="product-publish"),
    path("products/<prd:product_id>/archive", products.Archival.as_view(), name="product-archive"),
    path("products/<prd:product_id>/variants", variants.ProductVariants.as_view(), name="variants"),
    path("products/<prd:product_id>/pictures", products.Pictures.as_view(), name="pictures"),
    path(
        "products/<prd:product_id>/pictures/order",
        products.PictureSequence.as_view(),
        name="picture-order",
    ),
    path("pictures/<pic:picture_id>", products.OnePicture.as_view(), name="picture"),
    path("variants/<var:variant_id>", variants.OneVariant.as_view(), name="variant"),
    path("variants/<var:variant_id>/activate", variants.Activation.as_view(), name="variant-activate"),
    path("variants/<var:variant_id>/deactivate", variants.Deactivation.as_view(), name="variant-deactivate"),
    path("variants/<var:variant_id>/stock", variants.Stock.as_view(), name="stock"),
    path("variants/<var:variant_id>/stock/restock", variants.Restocking.as_view(), name="restock"),
    path("variants/<var:variant_id>/stock/correct", variants.Counting.as_view(), name="stock-correct"),
    path("variants/<var:variant_id>/stock/movements", variants.Movements.as_view(), name="movements"),
]
