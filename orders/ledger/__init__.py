"""The ledger: double entry, append-only, whole minor units.

It knows money, ids and time, nothing of orders: kinds of transfers and subjects are words that its callers
choose. A positive amount is a credit, a negative one a debit; the entries of a transfer sum to zero.
"""
