"""A copy of the tree with its own build folder. The checkout is never written."""

import collections
import fcntl
import filecmp
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

import bounded

Program = collections.namedtuple("Program", "name suite command workdir env timeout")
UNIT_NAME = re.compile(r"DW_AT_name\s+:.*?(\S+\.c)\s*$", re.M)
SUITES = ("unit", "contract", "store")
BUILD_S = 900


def tracked(root):
    """The files that git tracks, or would track after `git add`."""
    out = subprocess.run(["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"],
                         check=True, capture_output=True, text=True).stdout
    return sorted({f for f in out.split("\0") if f and os.path.isfile(os.path.join(root, f))})


class Files:
    """The files of a tree, and their texts."""

    def __init__(self, root, place):
        self.place, self.files, self.texts = place, tracked(root), {}

    def read(self, path):
        """The text without an edit. Call it before the first edit of the file; later calls use that text."""
        if path not in self.texts:
            with open(os.path.join(self.place, path), encoding="utf-8") as f:
                self.texts[path] = f.read()
        return self.texts[path]


class Tree(Files):
    def __init__(self, root, folder):
        super().__init__(root, os.path.join(folder, "tree"))
        self.root, self.folder = root, folder
        self.tree, self.build = self.place, os.path.join(folder, "build")
        self.log = os.path.join(folder, "log")
        os.makedirs(self.tree, exist_ok=True)
        self.lock = open(os.path.join(folder, "lock"), "w", encoding="ascii")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("another run works in %s" % folder)
        self.bring_up_to_date()
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            self.must(["meson", "setup", "-Dwerror=false", self.build, self.tree])
        self.build_all()
        self.stripped = {}
        self.objects = self.read_objects()
        self.programs = list(self.read_programs())
        self.linked = self.read_linked()

    def must(self, command):
        code, output = bounded.run(command, self.log, BUILD_S, bounded=False)
        if code != 0:
            sys.exit("%s\n%s: exit %s" % (output[-4000:], " ".join(command), code))
        return output

    def build_all(self):
        self.must(["ninja", "-C", self.build])

    def bring_up_to_date(self):
        wanted = set(self.files)
        for folder, _, names in os.walk(self.tree):
            for name in names:
                if os.path.relpath(os.path.join(folder, name), self.tree) not in wanted:
                    os.unlink(os.path.join(folder, name))
        for name in wanted:
            ours, copy = os.path.join(self.root, name), os.path.join(self.tree, name)
            if not os.path.exists(copy) or not filecmp.cmp(ours, copy, shallow=False):
                os.makedirs(os.path.dirname(copy), exist_ok=True)
                shutil.copyfile(ours, copy)
            shutil.copymode(ours, copy)

    def relative(self, path):
        return os.path.relpath(os.path.normpath(os.path.join(self.build, path)), self.tree)

    def read_objects(self):
        """{source: [object]}; a source in several targets has several objects."""
        found = collections.defaultdict(list)
        with open(os.path.join(self.build, "compile_commands.json"), encoding="utf-8") as f:
            for one in json.load(f):
                found[self.relative(one["file"])].append(one["output"])
        return found

    def read_programs(self):
        out = subprocess.run(["meson", "introspect", self.build, "--tests"], check=True,
                             capture_output=True, text=True).stdout
        for one in json.loads(out):
            for suite in one["suite"]:
                if suite.split(":")[-1] in SUITES:
                    yield Program(one["name"], suite.split(":")[-1], one["cmd"],
                                  one["workdir"], one["env"], one["timeout"])

    def read_linked(self):
        """{source: [Program]}, from the debugging information of the programs. A linker takes only the
        objects of a library that a program needs, so the build files would name too many."""
        found = collections.defaultdict(list)
        for program in self.programs:
            out = subprocess.run(["readelf", "--debug-dump=info", "--dwarf-depth=1",
                                  program.command[0]], check=True, capture_output=True,
                                 text=True).stdout
            for source in {self.relative(name) for name in UNIT_NAME.findall(out)}:
                found[source].append(program)
        return found

    def write(self, path, text):
        with open(os.path.join(self.tree, path), "w", encoding="utf-8") as f:
            f.write(text)

    def make(self, targets):
        """Builds the targets; False when the build fails."""
        return bounded.run(["ninja", "-C", self.build, "-j1"] + targets, self.log, BUILD_S,
                           bounded=False)[0] == 0

    def link(self, programs):
        return self.make([os.path.relpath(p.command[0], self.build) for p in programs])

    def content(self, path):
        """A digest of the source's objects, without debugging information, which has line numbers."""
        digest = hashlib.sha256()
        for name in self.objects[path]:
            bare = os.path.join(self.folder, "bare.o")
            subprocess.run(["strip", "-g", "-o", bare, os.path.join(self.build, name)],
                           check=True)
            with open(bare, "rb") as f:
                digest.update(f.read())
        return digest.hexdigest()

    def compile(self, edit):
        """Applies the edit; returns "" when other code results, else the reason to skip the edit."""
        path = edit.path
        if path not in self.stripped:
            if not self.make(self.objects[path]):
                sys.exit("%s does not compile without an edit" % path)
            self.stripped[path] = self.content(path)
        self.edit(edit)
        if not self.make(self.objects[path]):
            return "did not compile"
        return "made no difference" if self.content(path) == self.stripped[path] else ""

    def edit(self, edit):
        lines = self.read(edit.path).split("\n")
        lines[edit.line - 1] = edit.new
        self.write(edit.path, "\n".join(lines))

    def restore(self, edit):
        self.write(edit.path, self.read(edit.path))
