"""Groups that hold all rows of their customers: counted row by row, and customers and fraud cases as a whole."""
