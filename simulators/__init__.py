"""Simulated meters that speak real protocols over real lines, and write down what they truly did."""
