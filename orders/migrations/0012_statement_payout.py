"""A statement knows the payout that has its money; those that are on their way learn theirs by their times."""

import django.db.models.deletion
from django.db import migrations, models


def find_those_on_their_way(apps, _schema_editor):
    statements = apps.get_model("orders", "Statement").objects.filter(state__in=["closed", "failed"])
    for payout in apps.get_model("orders", "Payout").objects.filter(state="sent"):
        own = statements.filter(owner=payout.owner, currency=payout.currency)
        own.filter(created_at__lte=payout.sent_at).update(payout=payout)


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_line_by_agency")]

    operations = [
        migrations.AddField(
            model_name="statement",
            name="payout",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The one that has, or had at its last try, the statement's money in it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="orders.payout",
            ),
        ),
        migrations.RunPython(find_those_on_their_way, migrations.RunPython.noop),
    ]
