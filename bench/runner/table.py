"""Prints results for people, as a table that documents can hold (Markdown)."""

HEAD = ("workload", "figure", "floor", "gather", "EchoStream", "range", "ratio")


def number(value):
    """Three significant digits."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e6:
        return "%.3g M" % (value / 1e6)
    if size >= 1000:
        return "{:,.0f}".format(round(value, -1 if size < 10000 else -2))
    if size >= 100:
        return "%.0f" % value
    return "%.1f" % value if size >= 10 else "%.3g" % value


def cells(name, figure):
    targets = figure["targets"]

    def median(*names):
        found = next((targets[n]["median"] for n in names if n in targets), None)
        return "" if found is None else number(found)

    ours = targets.get("echostream")
    span = "%s - %s" % (number(ours["min"]), number(ours["max"])) if ours["runs"] > 1 else ""
    unit = "" if figure["unit"] == "/s" else " (%s)" % figure["unit"]
    return (name, figure["figure"] + unit, median("plain", "healthz", "small"), median("gather"),
            median("echostream"), span, number(figure["ratio"]) if "ratio" in figure else "")


def lines(results):
    rows = [cells(result["name"], figure) for result in results for figure in result["figures"]]
    widths = [max(len(row[i]) for row in [HEAD] + rows) for i in range(len(HEAD))]

    def line(row):
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"

    yield line(HEAD)
    yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    last = None
    for row in rows:
        yield line(("" if row[0] == last else row[0],) + row[1:])
        last = row[0]


def faults(results):
    for result in results:
        for target, found in result["faults"].items():
            yield "%s, %s: %s" % (result["name"], target, ", ".join(
                "%s %d" % pair for pair in sorted(found.items())))


def shares(results):
    """The CPU of EchoStream's programs, as shares of one core."""
    for result in results:
        if result["cpuShares"]:
            yield "%s: %s" % (result["name"], ", ".join("%s %.0f %%" % (
                name, 100 * sorted(runs)[len(runs) // 2])
                for name, runs in result["cpuShares"].items()))
