"""Accounts with versions, and those who change them, in both flavours."""
