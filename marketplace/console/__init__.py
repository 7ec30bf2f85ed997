"""The page that a streamer runs a show from, inside the admin. It composes the apps and owns no data."""
