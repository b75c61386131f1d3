"""The edits: each changes one line so that a good test fails."""

import collections
import re

Edit = collections.namedtuple("Edit", "path line kind old new")

COMPARISONS = (
    ("comparison", r" <= ", " < "),
    ("comparison", r" >= ", " > "),
    ("comparison", r" < ", " <= "),
    ("comparison", r" > ", " >= "),
)
# (kind, pattern, replacement). Every match outside of comments and string literals is an edit.
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
    ("return inverted", r"^(\t+)return true;$", r"\1return false;"),
    ("return inverted", r"^(\t+)return false;$", r"\1return true;"),
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
# Lines without edits: comments, assertions, logs, and calls that free memory, because the sanitizers
# find leaks.
C_QUIET = re.compile(r"\s*(/\*|\*|//|#|CHECK\(|log_|([a-z_0-9]+_)?free\(|[a-z_0-9]+_fini\()")
SQL_QUIET = re.compile(r"\s*(--|COMMENT |DROP |RAISE NOTICE)")
C_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"' r"|'(?:[^'\\]|\\.)*'|/\*.*?(?:\*/|$)|//.*$")
C_COMMENT = re.compile(r"'(?:[^'\\]|\\.)*'|/\*.*?(?:\*/|$)|//.*$")
SQL_TEXT = re.compile(r"'(?:[^']|'')*'|--.*$")


def blank(texts, line):
    """The line with string literals and comments blanked out, so that no pattern matches there."""
    return texts.sub(lambda m: "\x01" * len(m[0]), line)


def line_edits(line, texts, table):
    """(kind, new line) of each edit of the table that matches outside of string literals."""
    plain = blank(texts, line)
    for kind, pattern, new in table:
        compiled = re.compile(pattern)
        for m in compiled.finditer(plain):
            # Match again at this place of the real line, whose string literals are not blanked out.
            here = compiled.match(line, m.start())
            if here is not None and here.end() == m.end():
                yield kind, line[:m.start()] + here.expand(new) + line[m.end():]


def c_edits(path, text):
    # The stores have their SQL in string literals.
    statements = COMPARISONS if path.startswith("shared/store/") else ()
    for number, line in enumerate(text.split("\n"), 1):
        if C_QUIET.match(line):
            continue
        for kind, new in line_edits(line, C_TEXT, C_EDITS):
            yield Edit(path, number, kind, line, new)
        if '"' not in line:
            continue
        outside = [new for _, new in line_edits(line, C_TEXT, statements)]
        for kind, new in line_edits(line, C_COMMENT, statements):
            if new not in outside:
                yield Edit(path, number, kind, line, new)


def sql_edits(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("-- migrate:down"):
            return  # production never runs the down part
        if SQL_QUIET.match(line):
            continue
        for kind, new in line_edits(line, SQL_TEXT, SQL_EDITS):
            yield Edit(path, number, kind, line, new)


def of_file(path, text):
    """All edits of a file, in the order of its lines, without repeats."""
    return list(dict.fromkeys((sql_edits if path.endswith(".sql") else c_edits)(path, text)))
