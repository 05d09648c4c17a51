"""The public names of Lucid 0.3.10's `optvis` with their signatures, which the docs and the tests go through.

Command: python tests/visualize/make_names_of_lucid.py FOLDER, where FOLDER is the package `lucid` of version 0.3.10.
Reads its source alone; writes values/lucid_names.txt beside this file.
"""

import ast
import sys
from pathlib import Path

LOGGER = "log"  # of single modules, for nobody else
TARGET = Path(__file__).parent / "values" / "lucid_names.txt"


def public_names(tree):
    """What a module defines at its top, without what it imports."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, f"({ast.unparse(node.args)})"
        elif isinstance(node, ast.ClassDef):
            yield node.name, ""
        elif isinstance(node, ast.Assign):
            yield from ((target.id, "") for target in node.targets)


def main(folder):
    root = Path(folder) / "optvis"
    names = {}
    for path in sorted(root.rglob("*.py")):
        package = path.relative_to(root).parts[0].removesuffix(".py")
        for name, signature in public_names(ast.parse(path.read_text(encoding="utf-8"))):
            if not name.startswith("_") and name != LOGGER:
                names[f"{package}.{name}"] = signature
    TARGET.write_text("".join(f"{name}{signature}\n" for name, signature in sorted(names.items())))


if __name__ == "__main__":
    main(sys.argv[1])
