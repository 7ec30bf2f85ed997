"""The marketplace's own bank in a box: it sends money to brands, streamers and agencies.

It has a table of its own and knows nothing of statements. Like a real one it fails, answers late, answers
twice, or not at all: ``orders.payments.bank.desk`` says for which amounts.
"""
