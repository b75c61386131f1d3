#!/usr/bin/env python3
"""Checks that no global name of ours is also a name of a library in the same process.

    tests/lint/symbols.py BUILD

The dynamic linker looks for a name in the program first. If a program exported a function with the
name json_string_value(), a library that calls jansson's function of this name would call ours. So all
global names of ours are hidden, and no program exports one. A name of ours may also not be the name
of a function in a library that the program loads, because the static linker would bind our calls of
the library's function to ours.
"""
import json
import os
import re
import subprocess
import sys

ENTRIES = ('main',)  # visible, because the C library calls it
# Programs that replace a function of a library on purpose: a test, to count the calls, and push-server,
# to overwrite memory that it frees (push-server/env/heap_wipe.c).
MEANT = {'tests/unit/test_push_idle_timers': {'lws_dll2_add_sorted'},
         'push-server/echostream-push': {'free', 'realloc'}}
LIBRARY = re.compile(r'(/\S+) \(0x')  # the kernel's vdso has no path


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compiled(build):
    """The objects of the present targets. The folder may still have objects of removed targets."""
    with open(os.path.join(build, 'compile_commands.json')) as f:
        paths = sorted({os.path.join(build, command['output']) for command in json.load(f)})
    return [path for path in paths if os.path.exists(path)]


def is_program(path):
    if not os.path.exists(path):
        return False
    with open(path, 'rb') as f:
        return f.read(4) == b'\x7fELF'


def global_names(objects):
    """{object: {name that it defines for other objects: visibility}}"""
    names, path = {path: {} for path in objects}, objects[0]
    for line in run('readelf', '-sW', *objects).splitlines():
        if line.startswith('File: '):
            path = line[6:]
            continue
        words = line.split()
        if len(words) == 8 and words[4] == 'GLOBAL' and words[6] != 'UND':
            names[path][words[7]] = words[5]
    return names


exports = {}


def exported(path):
    """Names that a library or a program exports to others in its process."""
    if path not in exports:
        found = set()
        for line in run('nm', '-D', '--defined-only', path).splitlines():
            kind, name = line.split()[-2:]
            if kind != 'A':  # A: the name of a symbol version
                found.add(name.partition('@')[0])
        exports[path] = found
    return exports[path]


def rule(name, findings):
    for finding in sorted(findings):
        print('    ' + finding)
    print(('not ok ' if findings else 'ok ') + name)


def main(build):
    objects = compiled(build)
    # meson keeps the objects of PROGRAM in PROGRAM.p, and of LIBRARY.a in LIBRARY.a.p.
    targets = {os.path.dirname(path)[:-len('.p')] for path in objects}
    programs = sorted(path for path in targets if is_program(path))
    rule('there are programs to check',
         [] if programs else [build + ' has no built program'])
    if not programs:
        return
    names = global_names(objects)
    for path in objects:
        for name in MEANT.get(os.path.relpath(os.path.dirname(path), build)[:-len('.p')], ()):
            names[path].pop(name, None)
    rule('every global name of ours is hidden from the dynamic linker',
         {f'{os.path.relpath(path, build)} shows {name}' for path in objects
          for name, visibility in names[path].items()
          if visibility != 'HIDDEN' and name not in ENTRIES})
    own = {path + '.p': set() for path in programs}
    common = set()
    for path in objects:
        own.get(os.path.dirname(path), common).update(names[path])
    exporting, meeting = set(), set()
    for path in programs:
        ours = common | own[path + '.p']
        short = os.path.relpath(path, build)
        exporting |= {f'{short} exports {name}' for name in ours & exported(path)}
        for library in LIBRARY.findall(run('ldd', path)):
            meeting |= {f'{name} is ours and also in {os.path.basename(library)}'
                        for name in ours & exported(library)}
    rule('no program exports a name of ours', exporting)
    rule('no name of ours is in a library that a program loads', meeting)


if __name__ == '__main__':
    main(sys.argv[1].rstrip('/'))
