"""Simulated shows: a host and a crowd that use the public API and sockets like anybody else."""
