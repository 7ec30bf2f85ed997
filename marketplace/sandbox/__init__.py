"""What exists in sandbox mode only: simulated people, and the audit over the API."""
