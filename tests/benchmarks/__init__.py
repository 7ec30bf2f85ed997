"""Speed and size, measured against real servers and compared with baselines in the same run."""
