"""The edits of one line each that a good test notices."""

import collections
import re

Edit = collections.namedtuple("Edit", "path line kind old new")

COMPARISONS = (
    ("comparison", r" <= ", " < "),
    ("comparison", r" >= ", " > "),
    ("comparison", r" < ", " <= "),
    ("comparison", r" > ", " >= "),
)
# (kind, pattern, replacement); every match outside of comments and texts is an edit.
C_EDITS = COMPARISONS + (
    ("comparison", r" == ", " != "),
    ("comparison", r" != ", " == "),
    ("condition", r" && ", " || "),
    ("condition", r" \|\| ", " && "),
    ("condition", r"(?<=[( ])!(?=[a-z_(])", ""),
    ("off by one", r" \+ 1\b", ""),
    ("off by one", r" - 1\b", ""),
    ("check dropped", r"^(\t+(?:\} else )?)if \((.*)\)( \{)?$", r"\1if (0 && (\2))\3"),
    ("call dropped", r"^(\t+)TRY\((.*)\);$", r"\1(void)0;"),
    ("call dropped", r"^(\t+)[a-z_0-9]+\([^;]*\);$", r"\1(void)0;"),
    ("answer turned", r"^(\t+)return true;$", r"\1return false;"),
    ("answer turned", r"^(\t+)return false;$", r"\1return true;"),
)
SQL_EDITS = COMPARISONS + (
    ("comparison", r" <> ", " = "),
    ("comparison", r"(\b(?:IF|AND|OR|WHEN|WHERE|ON) [a-z_.]+) = ", r"\1 <> "),
    ("condition", r" IS NULL\b", " IS NOT NULL"),
    ("condition", r" IS NOT NULL\b", " IS NULL"),
    ("condition", r"\bIF NOT (?!EXISTS)", "IF "),
    ("off by one", r" \+ 1\b", ""),
    ("off by one", r" - 1\b", ""),
    ("check dropped", r"^(\t+)(IF|ELSIF) (.*) THEN$", r"\1\2 false AND (\3) THEN"),
    ("check dropped", r" AND [a-z_.]+ (?:=|<>|<|>) [a-z_.0-9]+(?=[ ;)]|$)", ""),
    ("check dropped", r"^\t+AND [^()]*(?:\([^()]*\)[^()]*)*(?=;?$)", ""),
    ("call dropped", r"^\tPERFORM [^;]*;$", ""),
)
# Lines that no test is asked to notice: comments, assertions, logs, and the freeing of
# memory, whose lack is the business of the sanitizers.
C_QUIET = re.compile(r"\s*(/\*|\*|//|#|CHECK\(|log_|([a-z_0-9]+_)?free\(|[a-z_0-9]+_fini\()")
SQL_QUIET = re.compile(r"\s*(--|COMMENT |DROP |RAISE NOTICE)")
C_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"' r"|'(?:[^'\\]|\\.)*'|/\*.*?(?:\*/|$)|//.*$")
C_COMMENT = re.compile(r"'(?:[^'\\]|\\.)*'|/\*.*?(?:\*/|$)|//.*$")
SQL_TEXT = re.compile(r"'(?:[^']|'')*'|--.*$")


def blank(texts, line):
    """The line with its texts and comments blanked out, so that no pattern matches there."""
    return texts.sub(lambda m: "\x01" * len(m[0]), line)


def of_line(line, texts, table):
    """(kind, new line) of each edit of the table that fits the line outside of texts."""
    plain = blank(texts, line)
    for kind, pattern, new in table:
        compiled = re.compile(pattern)
        for m in compiled.finditer(plain):
            # the same place in the line itself, whose texts are whole
            here = compiled.match(line, m.start())
            if here is not None and here.end() == m.end():
                yield kind, line[:m.start()] + here.expand(new) + line[m.end():]


def of_c(path, text):
    # the statements of the stores stand in texts
    statements = COMPARISONS if path.startswith("shared/store/") else ()
    for number, line in enumerate(text.split("\n"), 1):
        if C_QUIET.match(line):
            continue
        for kind, new in of_line(line, C_TEXT, C_EDITS):
            yield Edit(path, number, kind, line, new)
        if '"' not in line:
            continue
        outside = [new for _, new in of_line(line, C_TEXT, statements)]
        for kind, new in of_line(line, C_COMMENT, statements):
            if new not in outside:
                yield Edit(path, number, kind, line, new)


def of_sql(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("-- migrate:down"):
            return  # nothing but a development database ever goes down
        if SQL_QUIET.match(line):
            continue
        for kind, new in of_line(line, SQL_TEXT, SQL_EDITS):
            yield Edit(path, number, kind, line, new)


def of_file(path, text):
    """All edits of a file, in the order of its lines; none twice."""
    return list(dict.fromkeys((of_sql if path.endswith(".sql") else of_c)(path, text)))
