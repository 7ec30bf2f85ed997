"""What viewers see in a browser: lobby, room, checkout, orders, replays. Composes apps, owns no data."""
