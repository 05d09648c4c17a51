"""Write the attributes that TensorFlow 1.15 knows of each harmless op.

Run it with a Python that has tensorflow 1.15.5 (Python 3.7), from the repository:

    /path/to/lucid/bin/python benchmarks/make_op_table.py

It reads the ops from the source of artlucid, which it cannot import, and writes
``artlucid/export/tensorflow_1_15.json``. Only a change of the harmless ops calls for another run.
"""

import ast
import json
from pathlib import Path

import tensorflow as tf
from tensorflow.python.framework import op_def_registry

REPOSITORY = Path(__file__).resolve().parent.parent
OPS = REPOSITORY / "artlucid" / "models" / "weights" / "_harmless.py"
TABLE = REPOSITORY / "artlucid" / "export" / "tensorflow_1_15.json"


def harmless_ops():
    for statement in ast.parse(OPS.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and statement.targets[0].id == "HARMLESS":
            return sorted(ast.literal_eval(statement.value.args[0]))
    raise SystemExit(f"{OPS} has no table HARMLESS.")


def allowed(attribute):
    """The values that an attribute may have, or None for any."""
    values = attribute.allowed_values.list
    if values.type:
        return sorted(tf.dtypes.as_dtype(value).name for value in values.type)
    return sorted(value.decode() for value in values.s) or None


def main():
    definitions = op_def_registry.get_registered_ops()
    ops = {}
    for op in harmless_ops():
        if definitions[op].is_stateful:
            raise SystemExit(f"{op} has state and is not harmless.")
        ops[op] = {attribute.name: allowed(attribute) for attribute in definitions[op].attr}
    head = {"tensorflow": tf.__version__, "producer": tf.version.GRAPH_DEF_VERSION}
    rows = ",\n".join(f"  {json.dumps(op)}: {json.dumps(ops[op], sort_keys=True)}" for op in ops)
    # A line an op.
    TABLE.write_text(f'{json.dumps(head, indent=1)[:-2]},\n "ops": {{\n{rows}\n }}\n}}\n', encoding="utf-8")
    print(f"{TABLE}: {len(ops)} ops of TensorFlow {tf.__version__}.")


if __name__ == "__main__":
    main()
