"""Validation rules, one file each; `headend.rules.book` lists them."""
