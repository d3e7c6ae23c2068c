"""Badges on paper: layouts, fonts for every script, cards and sheets. The registry prints lists, a kiosk one badge."""
