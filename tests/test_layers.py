"""Every module stands in a layer, and imports only what its layer may."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import artlucid

PACKAGE = Path(artlucid.__file__).parent

LAYERS = {
    "__init__": 0,
    "_channel": 0,
    "_chatter": 0,
    "_markdown": 0,
    "_comparison": 1,
    "_terminal": 0,
    "architectures": 0,
    "errors": 0,
    "files": 0,
    "recipes": 0,
    "activations": 1,
    "reference": 0,
    "_picture_folders": 1,
    "_locks": 1,
    "_saved_tables": 1,
    "_validation": 1,
    "datasets": 1,
    "metrics": 1,
    "runs": 1,
    "_forgotten": 2,
    "_workers": 2,
    "environment": 2,
    "export": 2,
    "inputs": 2,
    "models": 2,
    "visualize": 2,
    "compare": 3,
    "evaluate": 3,
    "finetune": 3,
    "demo": 4,
    "figures": 4,
    "info": 4,
    "report": 4,
    "reproduce": 4,
    "tables": 4,
    "cli": 5,
}

# Packages of a module that stand higher than the module itself.
HIGHER = {
    "activations/_extraction": 2,  # a cache is read without the networks that it was made with
}

# What each layer adds to those below it; the standard library is open to all.
LIBRARIES = {
    0: set(),
    1: {"filelock", "h5py", "imagehash", "numpy", "pandas", "PIL", "scipy", "sklearn"},
    2: {"google", "keras", "tensorflow"},
    3: {"tqdm"},
    4: set(),
    5: {"typer"},
}

# Matplotlib belongs to figures alone.
MATPLOTLIB = (
    "_boxes",
    "_cka_by_layer",
    "_contact_sheet",
    "_entropy_by_layer",
    "_grid",
    "_key",
    "_layer_panels",
    "_maximal_images",
    "_objective_curves",
    "_optimized_images",
    "_overlap_against_visual_change",
    "_overlap_by_layer",
    "_pixels",
    "_save",
    "_sheet",
    "_snapshots",
    "_text",
    "_top_image_grid",
)

# What single files use beyond that.
ALSO_USES = {
    "_workers/_process.py": {"distributed"},  # imported where it is needed, for it is an extra
    "_workers/_scheduler.py": {"distributed"},
    "activations/_extraction/_dask.py": {"tqdm"},
    "activations/_extraction/_extract.py": {"tqdm"},  # a pass over many images takes minutes, and says how many
    "visualize/_jobs.py": {"tqdm"},  # thousands of steps take minutes, and say how many
    "datasets/_each_image.py": {"tqdm"},  # looking at every image takes minutes, and says how many
    **{f"figures/{name}.py": {"matplotlib"} for name in MATPLOTLIB},
    "report/_write.py": {"jinja2"},
    "datasets/_spreadsheet.py": {"openpyxl"},  # the form in which Paintings was published
}

# These are written in Keras alone …
KERAS_ALONE = {"finetune", "models"}

# … but for these files, which need TensorFlow itself.
NEEDS_TENSORFLOW = {
    "finetune/_devices.py": "the strategy for several devices is TensorFlow's",
    "finetune/_logs.py": "the errors of TensorBoard's writer are TensorFlow's",
    "models/graphs/_layer.py": "a GraphDef is imported into the graph that TensorFlow is building",
    "models/graphs/_program.py": "GraphDef is TensorFlow's own format",
    "finetune/_watched.py": "that a step of a graph hands arrays to Python is TensorFlow's",
    "models/weights/_graph_nodes.py": "GraphDef is TensorFlow's own format",
    "models/weights/_harmless.py": "GraphDef is TensorFlow's own format",
}

# The command line starts without what only its commands need: outside functions it imports nothing above this layer.
CLI_STARTS_WITH = 0

FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def module_of(file: str) -> str:
    """The first level below artlucid: ``models/_load.py`` belongs to ``models``."""
    return file.split("/")[0].removesuffix(".py")


def imported_by(file: str, nodes: Iterator[ast.AST]) -> set[str]:
    """The dotted names that import statements name; relative ones are resolved."""
    package = ["artlucid", *file.split("/")[:-1]]
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{origin}.{alias.name}" for alias in node.names} if origin == "artlucid" else {origin}
    return names


def own_module(name: str) -> str:
    """The module of artlucid that a dotted name is in; what is not a module is an attribute of ``__init__``."""
    first = name.split(".")[1] if "." in name else "__init__"
    return first if (PACKAGE / first).is_dir() or (PACKAGE / f"{first}.py").is_file() else "__init__"


def layer_of(file: str) -> int:
    """The layer of a file, or of a module whose dots are slashes."""
    higher = [layer for package, layer in HIGHER.items() if f"{file}/".startswith(f"{package}/")]
    return max([LAYERS[module_of(file)], *higher])


def too_high(names: set[str], layer: int) -> set[str]:
    libraries = set(sys.stdlib_module_names).union(*(LIBRARIES[level] for level in range(layer + 1)))
    own = {name for name in names if name.split(".")[0] == "artlucid"}
    return {name for name in own if layer_of_name(name) > layer} | {
        name for name in names - own if name.split(".")[0] not in libraries
    }


def layer_of_name(name: str) -> int:
    """The layer of what a dotted name imports."""
    return layer_of("/".join([own_module(name), *name.split(".")[2:]]))


def tree(file: str) -> ast.Module:
    return ast.parse((PACKAGE / file).read_text(encoding="utf-8"))


def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from outside_functions(child)


def test_every_module_is_registered():
    assert {module_of(file) for file in FILES} <= set(LAYERS), "Give each new module a layer in LAYERS."


@pytest.mark.parametrize("file", FILES)
def test_imports_stay_below(file):
    layer = layer_of(file)
    found = too_high(imported_by(file, ast.walk(tree(file))), layer)
    names = {name for name in found if name.split(".")[0] not in ALSO_USES.get(file, set())}
    assert not names, f"artlucid/{file} is in layer {layer} and must not import {sorted(names)}."


@pytest.mark.parametrize("file", [file for file in FILES if module_of(file) in KERAS_ALONE])
def test_tensorflow_only_where_named(file):
    names = {name.split(".")[0] for name in imported_by(file, ast.walk(tree(file)))}
    assert ("tensorflow" in names) == (file in NEEDS_TENSORFLOW), "Write it in Keras, or name it in NEEDS_TENSORFLOW."


def test_figures_do_without_tensorflow():
    code = "import sys; import artlucid.figures; sys.exit(bool({'tensorflow', 'matplotlib.pyplot'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_exceptions_exist():
    assert {*ALSO_USES, *NEEDS_TENSORFLOW} <= set(FILES)


@pytest.mark.parametrize("file", [file for file in FILES if module_of(file) == "cli"])
def test_command_line_imports_inside_its_functions(file):
    names = too_high(imported_by(file, outside_functions(tree(file))), CLI_STARTS_WITH)
    names = {name for name in names if name != "typer" and not name.startswith("artlucid.cli")}
    assert not names, f"artlucid/{file} must import {sorted(names)} inside the functions that need them."


@pytest.mark.parametrize("statement", ["import artlucid", "from artlucid import architectures, errors, recipes"])
def test_imports_without_tensorflow(statement):
    code = f"{statement}; import sys; print(sorted({{'keras', 'numpy', 'tensorflow'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
