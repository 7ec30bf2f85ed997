"""What can be done about refunds: one function, one transaction each."""
