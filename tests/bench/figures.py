# SPDX-License-Identifier: Apache-2.0
"""figures.py [--json FILE] [--html FILE] FIGURES...: writes the figures of several programs as one
table, one JSON file, and one page with bars. FIGURES are JSON files {key: {median, min, max, unit,
limit}}."""

import argparse
import html
import json
import sys

# Targets: (at least, ambition). A greater figure is better, except for the figures in
# LESS_IS_BETTER.
TARGETS = {
    "ingest_bulk_ratio_to_raw": (0.20, 0.40),
    "ingest_single_row_tx": (200e3, 350e3),
    "ingest_with_subscriber": (500e3, 1e6),
    "catchup_ratio_to_raw_grpc": (0.5, 0.7),
    "fanout_100_deliveries_s": (4e6, 8e6),
    "latency_durable_p50_us": (1000, 500),
    "latency_durable_p99_us": (4000, 2000),
    "latency_relaxed_p50_us": (400, 200),
    "latency_relaxed_p99_us": (None, 1000),
    "latency_after_idle_p99_us": (5000, 1000),
    "rss_peak_mib": (256, 160),
    "rss_big_transaction_mib": (256, 160),
    "disk_ratio_to_binlog": (0.6, 0.3),
    "snapshot_rows_s": (200e3, 400e3),
    "cpu_s_per_million_ingested": (2.0, 1.3),
    "cpu_s_per_million_delivered": (0.5, 0.25),
    "restart_to_first_change_s": (3, 1),
}
LESS_IS_BETTER = ("latency_", "rss_", "disk_", "cpu_", "restart_")


def verdict(key, value):
    """Compares a figure with its target. Empty if it has none."""
    if key not in TARGETS:
        return ""
    least, ambition = TARGETS[key]
    sign = -1 if key.startswith(LESS_IS_BETTER) else 1
    if sign * value >= sign * ambition:
        return "ambition"
    if least is None:
        return ""
    return "met" if sign * value >= sign * least else "MISSED"


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def rows(figures):
    for key, figure in sorted(figures.items()):
        least, ambition = TARGETS.get(key, (None, None))
        yield key, figure, least, ambition, verdict(key, figure["median"])


def print_table(figures):
    line = "{:<40} {:>12} {:>12} {:>12} {:>12}  {:<10} {:>9} {:>9}  {}"
    print(line.format("", "median", "min", "max", "limit", "unit", "at least", "ambition", ""))
    for key, figure, least, ambition, says in rows(figures):
        of_target = [number(t) if t is not None else "" for t in (least, ambition)]
        limit = number(figure["limit"]) if figure["limit"] else ""
        values = [number(figure[name]) for name in ("median", "min", "max")]
        print(line.format(key, *values, limit, figure["unit"], *of_target, says).rstrip())


STYLE = """body { font: 14px/1.5 sans-serif; margin: 2em auto; max-width: 62em; color: #222 }
table { border-collapse: collapse; width: 100% } td, th { padding: .25em .6em; text-align: right }
td:first-child, th:first-child { text-align: left; font-family: monospace }
tr { border-bottom: 1px solid #ddd } .MISSED { color: #b00020; font-weight: bold }"""


def bar(figure, least, ambition):
    """Draws the figure from its minimum to its maximum, with the limit and the targets as lines, all
    on one scale from zero."""
    marks = [(figure["limit"], "#555")] if figure["limit"] else []
    targets = ((least, "#d08000"), (ambition, "#2a8f3c"))
    marks += [(value, color) for value, color in targets if value]
    full = max([figure["max"]] + [value for value, _ in marks]) or 1
    x = lambda value: 300 * value / full
    shapes = [f'<rect width="{x(figure["median"]):.1f}" y="3" height="12" fill="#4472a8"/>',
              f'<rect x="{x(figure["min"]):.1f}" y="8" height="2" fill="#122" '
              f'width="{max(1, x(figure["max"]) - x(figure["min"])):.1f}"/>']
    shapes += [f'<rect x="{x(value):.1f}" width="2" height="18" fill="{color}"/>'
               for value, color in marks]
    return f'<svg width="304" height="18">{"".join(shapes)}</svg>'


def page(figures):
    body = []
    for key, figure, least, ambition, says in rows(figures):
        cells = [html.escape(key), f'{number(figure["median"])} {html.escape(figure["unit"])}',
                 number(figure["limit"]) if figure["limit"] else "",
                 number(least) if least else "", f'<span class="{says}">{says}</span>',
                 bar(figure, least, ambition)]
        body.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Millrace: figures</title>'
            f"<style>{STYLE}</style><h1>Millrace and the limits of the machine</h1>"
            "<p>Blue: median; thin line: minimum to maximum; grey: limit of the machine in the "
            "same run; orange: target; green: ambition.</p>"
            "<table><tr><th>figure</th><th>median</th><th>limit</th><th>target</th><th></th>"
            f'<th></th></tr>{"".join(body)}</table></html>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json")
    parser.add_argument("--html")
    parser.add_argument("figures", nargs="+")
    options = parser.parse_args()
    figures = {}
    for path in options.figures:
        with open(path, encoding="utf-8") as file:
            figures.update(json.load(file))
    print_table(figures)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=2, sort_keys=True)
            file.write("\n")
    if options.html:
        with open(options.html, "w", encoding="utf-8") as file:
            file.write(page(figures))


if __name__ == "__main__":
    sys.exit(main())
