"""Refusals of the reports."""

from shared.problems import ProblemSpec

UNKNOWN_FIGURE = ProblemSpec(
    "claims.unknown_figure",
    422,
    zh="报表中没有指标 {figure}，可用的有：{known}",
    en="The reports have no figure {figure}; known are: {known}",
)
UNKNOWN_LINE = ProblemSpec(
    "claims.unknown_report_line",
    422,
    zh="报表中没有行 {line}，可用的有：{known}",
    en="The reports have no line {line}; known are: {known}",
)
UNKNOWN_GROUP = ProblemSpec(
    "claims.unknown_report_group",
    422,
    zh="报表中没有人群 {group}，可用的有：{known}",
    en="The reports have no group {group}; known are: {known}",
)
NO_ROWS_BEHIND = ProblemSpec(
    "claims.no_rows_behind",
    422,
    zh="指标“{figure}”不由结算明细构成，没有可下钻的明细",
    en="No settlements are behind the figure {figure}",
)
