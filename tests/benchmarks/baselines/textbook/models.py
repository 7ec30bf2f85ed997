"""A product with a counter, and orders."""

from django.db import models


class Product(models.Model):
    """What is sold, and how many of it are left."""

    title = models.CharField(max_length=100)
    price = models.IntegerField()
    stock = models.IntegerField()

    class Meta:
        app_label = "textbook"

    def __str__(self) -> str:
        """Return the title."""
        return self.title


class Order(models.Model):
    """One purchase."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    buyer = models.CharField(max_length=40)
    quantity = models.PositiveIntegerField()
    amount = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "textbook"

    def __str__(self) -> str:
        """Return who bought."""
        return self.buyer
