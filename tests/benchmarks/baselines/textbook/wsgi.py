"""What gunicorn serves; ``python -m`` this module makes the tables and one product."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()


def main() -> None:
    """Make the tables and a product with more units than any run asks for."""
    from django.core.management import call_command

    from tests.benchmarks.baselines.textbook.models import Product

    call_command("migrate", run_syncdb=True, verbosity=0)
    Product.objects.create(id=1, title="Tea", price=3990, stock=100_000_000)


if __name__ == "__main__":
    main()
