"""The paper's tables, with our runs beside them."""
