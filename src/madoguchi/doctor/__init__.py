"""`madoguchi doctor`: looks, changes nothing, and says what to do."""

from madoguchi.doctor.examine import examine
from madoguchi.doctor.finding import Finding, report

__all__ = ["Finding", "examine", "report"]
