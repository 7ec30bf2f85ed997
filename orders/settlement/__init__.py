"""Settlement: who gets which part of a sale, when, and what they give back when goods come back.

A line is settled once its return window is over and nothing holds it. Money then leaves escrow for the
payables of brand, streamer and agency and for the marketplace's revenue, by the terms on the line.
"""
