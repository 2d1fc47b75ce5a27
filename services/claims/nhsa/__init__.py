"""The HIS interface of the national insurance platform: an adapter in front of visits and settlements.

It translates, keeps one outcome for every message id, and decides nothing about money.
"""
