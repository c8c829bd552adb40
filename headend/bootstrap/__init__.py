"""Puts the parts together: the only package that picks adapters. Nothing starts before it is entered or run."""
