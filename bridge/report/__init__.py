"""The report: one HTML file in which an engineer sees every decision of a mix, and can check it."""

from bridge.report.data import ReportData
from bridge.report.writer import render_report, write_report

__all__ = ["ReportData", "render_report", "write_report"]
