"""The sandbox's clock: over the API, on its page, from the command line, and in several processes."""
