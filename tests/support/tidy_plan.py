# SPDX-License-Identifier: Apache-2.0
"""tidy_plan.py DATABASE OUT: reads names of sources and headers from standard input, one per line,
relative to the current directory. Prints the files that clang-tidy must read to check them, the most
important first. Writes OUT: a compile database of only these files, without the options that only
another compiler or a build needs (precompiled headers, unity sources, sanitizers)."""

import json
import os
import re
import shlex
import sys

SOURCES_OF_A_HEADER_MAX = 2
ROOMS = ("server/", "client/", "tests/")
TAKES_A_VALUE = ("-D", "-I", "-U", "-isystem", "-iquote", "-idirafter")
KEPT = TAKES_A_VALUE + ("-std=", "-W")
NOT_KEPT = ("-Werror", "-Winvalid-pch", "-Wp,", "-Wl,")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def includes(path):
    with open(path, encoding="utf-8") as file:
        return INCLUDE.findall(file.read())


def flags_of(entry):
    """Returns the flags of a compile command that change the meaning of the source."""
    words = entry.get("arguments") or shlex.split(entry["command"])
    kept = []
    for word, following in zip(words, words[1:] + [""]):
        if word in TAKES_A_VALUE:
            kept += [word, following]
        elif word.startswith(KEPT) and not word.startswith(NOT_KEPT):
            kept.append(word)
    return kept


class Database:
    """Compile commands of the sources of this checkout, by relative name."""

    def __init__(self, path):
        self.root = os.path.realpath(".") + "/"
        self.entries = {}
        with open(path, encoding="utf-8") as file:
            for entry in json.load(file):
                source = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
                # A unity source includes the real sources.
                is_unity = "/Unity/unity_" in source and os.path.exists(source)
                for name in includes(source) if is_unity else [source]:
                    name = os.path.realpath(name).removeprefix(self.root)
                    if name.startswith(ROOMS):
                        self.entries.setdefault(name, entry)

    def entry(self, name):
        """Returns the command of the source, or of a source in the nearest folder."""
        if name in self.entries:
            return self.entries[name]
        nearest = max(sorted(self.entries), key=lambda known: len(os.path.commonprefix([known, name])))
        return self.entries[nearest]

    def resolve(self, name, include):
        """Returns the file of this checkout that #include "include" in `name` refers to, or None."""
        folders = [os.path.dirname(name)]
        for flag in flags_of(self.entry(name)):
            if flag.startswith("-I"):
                folders.append(os.path.realpath(flag[2:]).removeprefix(self.root))
        for folder in folders:
            path = os.path.normpath(os.path.join(folder, include))
            if os.path.exists(path):
                return path
        return None


class Includers:
    """The files that include a header."""

    def __init__(self, database, headers):
        self.by_header = {}
        for name in sorted(set(database.entries) | set(headers)):
            for include in includes(name) if os.path.exists(name) else []:
                self.by_header.setdefault(database.resolve(name, include), []).append(name)

    def sources(self, header):
        """Returns some sources that include the header, its own first. If no source includes it
        directly, returns those that include it through other headers."""
        seen, found, wave = {header}, [], [header]
        while wave and not found:
            wave = sorted({name for at in wave for name in self.by_header.get(at, [])} - seen)
            seen.update(wave)
            found = [name for name in wave if name.endswith(".cc")]
        stem = os.path.splitext(os.path.basename(header))[0]
        own = {header.removesuffix(".h") + ".cc": 0}
        found.sort(key=lambda name: (own.get(name, 1), not os.path.basename(name).startswith(stem), name))
        return found[:SOURCES_OF_A_HEADER_MAX]


def plan(database, names, headers):
    """Returns changed sources first, then sources that include changed headers. Within each group
    the rooms are in the order of ROOMS."""
    def by_room(name):
        return next(at for at, room in enumerate(ROOMS) if name.startswith(room)), name

    planned = sorted((name for name in names if name.endswith(".cc")), key=by_room)
    includers = Includers(database, headers)
    for header in sorted((name for name in names if name.endswith(".h")), key=by_room):
        sources = includers.sources(header) or [header]
        # A source that is read anyway checks the header too.
        if not set(sources) & set(planned):
            planned += sources
    return planned


def main():
    database_path, out_path = sys.argv[1:]
    names = [name for name in sys.stdin.read().split("\n") if name.startswith(ROOMS)]
    database = Database(database_path)
    if not database.entries:
        sys.exit(f"tidy: {database_path} has no source of this checkout; configure that build again")
    headers = os.popen("git ls-files --cached --others --exclude-standard '*.h'").read().split("\n")[:-1]
    planned = plan(database, names, headers)
    with open(out_path, "w", encoding="utf-8") as out:
        json.dump([{"directory": database.entry(name)["directory"],
                    "file": os.path.abspath(name),
                    "arguments": ["clang++", "-xc++", *flags_of(database.entry(name)),
                                  "-Wno-unknown-warning-option",
                                  "-Wno-pragma-once-outside-header", "-Wthread-safety",
                                  "-c", os.path.abspath(name)]} for name in planned], out)
    print("".join(name + "\n" for name in planned), end="")


main()
