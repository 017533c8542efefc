"""What the figures become: a table in the terminal, a page of the documentation, its charts."""
