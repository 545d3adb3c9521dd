"""One HTML file of several runs: tables, pictures, every sample, token rewards, budgets, settings. Needs no network."""
