"""Layouts for touch surfaces, and the addresses by which they speak with mixbridge."""
