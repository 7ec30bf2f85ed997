"""What all API views share: requests in, answers and problems out, pages, idempotency, tokens, limits, documentation."""
