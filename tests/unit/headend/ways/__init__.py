"""Tests of many ways to one meter."""
