"""Write values/param.npz: what Lucid 0.3.10 makes of the cases of `param_cases`, image and gradient.

And values/param_names.json: the public names of `lucid.optvis.param` and its modules, with the parameters of functions.

Run in tests/visualize by Python 3.7 with lucid==0.3.10, tensorflow==1.15.5, numpy==1.19.5:
`python make_values_of_param.py`; a minute.
"""

import inspect
import json
import sys

import numpy as np
import tensorflow as tf
from lucid.optvis import param
from param_cases import CASES, numbers


def run(name):
    """The image of a case, and the gradient of its sum, weighted, by each variable."""
    with tf.Graph().as_default(), tf.Session() as session:
        image = CASES[name](param, tf)
        variables = tf.global_variables()
        operations = tf.get_default_graph().get_operations()
        draws = [op.outputs[0] for op in operations if op.type == "RandomStandardNormal"]
        given = variables or draws
        session.run(tf.global_variables_initializer())
        *values, weights = numbers(name, [one.shape.as_list() for one in given] + [image.shape.as_list()])
        for variable, value in zip(variables, values):  # noqa: B905 - Python 3.7
            variable.load(value, session)
        feed = {} if variables else dict(zip(draws, values))  # noqa: B905
        gradients = tf.gradients(tf.reduce_sum(image * weights), variables) if variables else []
        return session.run([image, *gradients], feed)


def names():
    """The names of each module, and how a function's parameters and their defaults are spelled."""
    found = {}
    for path, module in sorted(sys.modules.items()):
        if path.startswith("lucid.optvis.param") and module is not None:
            for name, value in vars(module).items():
                is_own = module is param or inspect.getmodule(value) in (None, module)
                is_decorated = path.endswith("unit_balls") and name.startswith("constrain")
                if (is_own or is_decorated) and not name.startswith("_") and not inspect.ismodule(value):
                    found[(path + "." + name)[len("lucid.optvis.param.") :]] = spelled(value)
    return found


def spelled(value):
    """As `test_param.parameters` spells them."""
    if not callable(value):
        return None
    parameters = inspect.signature(value).parameters.values()
    return [str(one).split("=<")[0] for one in parameters]


def main():
    """Write the files."""
    with open("values/param_names.json", "w") as file:
        json.dump(names(), file, indent=1, sort_keys=True)
        file.write("\n")
    values = {}
    for name in CASES:
        image, *gradients = run(name)
        values[name] = image
        for index, gradient in enumerate(gradients):
            # Of a large one, every 16th entry along each axis is enough.
            values[f"{name}/{index}"] = gradient[..., ::16, ::16] if gradient.size > 10000 else gradient
    np.savez_compressed("values/param.npz", **values)


if __name__ == "__main__":
    main()
