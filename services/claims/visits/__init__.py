"""Open visits (就诊): admission without deposit, charges in parts, holds on the payers until the end."""
