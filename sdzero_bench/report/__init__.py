"""One HTML file of several runs: tables, pictures, samples, token rewards, budgets, settings. Needs no network."""
