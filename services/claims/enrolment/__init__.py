"""Waiting periods after late or broken enrolment (待遇等待期, 国办发〔2024〕38号), from the history."""
