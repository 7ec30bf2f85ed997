"""Pure Python that knows nothing of the marketplace: money, clock, ids, bulk writes, threads, processes."""
