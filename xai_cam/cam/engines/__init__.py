"""Engines run a model for the methods: each answers the `questions`; `making` picks one."""
