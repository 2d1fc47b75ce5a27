"""Periodic subsidies (奖扶, 特扶, 低保 …): programmes as data, runs, back-pay when a standard changes."""
