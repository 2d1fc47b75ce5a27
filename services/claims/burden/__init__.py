"""The year's own payment of people and households, against thresholds that the policy pack states."""
