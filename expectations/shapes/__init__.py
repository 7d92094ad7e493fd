"""Expectations that several datasets share, by what they are about: the contract, figures, bounds."""
