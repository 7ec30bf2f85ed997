"""The way to the payment company: a port, its HTTP client, its signed messages, and a company in a box.

Nothing here knows an order: the application says what to charge and under which reference, and hears what
became of it.
"""
