"""What all API views share: input, answers, problems, pages, idempotency, tokens, limits, documentation."""
