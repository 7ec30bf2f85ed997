"""What can be done with orders: one action, one transaction."""
