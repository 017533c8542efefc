"""The schemas that pgrepo ships: generated packages, and what SQL cannot say by hand."""
