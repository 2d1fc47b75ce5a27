"""Files that offices send: CSV, XLSX and NDJSON as tables of texts, whatever a spreadsheet made of them."""
