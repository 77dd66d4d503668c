"""Where a model comes from: a function of a file, a saved file, a function or a model object."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from twinproof.base.errors import shown
from twinproof.base.styles import STYLES
from twinproof.proof.errors import CannotTellError, ModelError

SAVED = (".keras", ".h5", ".hdf5")
# Functions with these names in the module of a model define what the user did not: the data, the inputs of the models,
# and the arguments of `compile`.
BATCH, INPUTS, COMPILING = "batch", "inputs", "compiling"


@dataclass(frozen=True)
class Source:
    """A named source of a model."""

    name: str
    make: Callable[[], Any]
    module: ModuleType | None = None
    has_values: bool = False  # such as a saved model or a model object

    def build(self) -> keras.Model:
        """Return the model.

        Raises
        ------
        ModelError
            If the code that makes it raises.
        CannotTellError
            If the code makes something else.
        """
        try:
            model = self.make()
        except (KeyboardInterrupt, CannotTellError):
            raise
        except BaseException as error:  # Also exceptions that end a process, such as that of sys.exit.
            raise ModelError(self.name, error) from error
        if not isinstance(model, keras.Model):
            hint = ""
            if isinstance(model, keras.layers.Layer):
                hint = ", and this is a layer"
            elif "tf_keras" in (one.__module__.partition(".")[0] for one in type(model).__mro__):
                hint = "; this model is from tf_keras, which is a separate package"
            elif model is None:
                hint = "; was its `return` forgotten?"
            raise CannotTellError(f"{self.name} returned {_kind(model)}; it must return a Keras model{hint}")
        return model


def sources(texts: list[str]) -> list[Source]:
    """Return the models with these names; a single file stands for all styles that it defines.

    Raises
    ------
    CannotTellError
        If a text names nothing, or a single file has fewer than two styles.
    """
    if len(texts) > 1:
        # Import modules first: they may register the classes that a saved model needs.
        order = sorted(range(len(texts)), key=lambda index: _is_saved(texts[index]))
        found = {index: source(texts[index]) for index in order}
        return [found[index] for index in range(len(texts))]
    text = texts[0]
    if ":" in Path(text).name or _is_saved(text):
        raise CannotTellError(f"{text}: that is one model; name another one to compare it with")
    module = load_module(text)
    there = [style for style in STYLES if callable(getattr(module, style, None))]
    if len(there) < 2:
        raise CannotTellError(
            f"{text}: name two of its functions, such as {text}:{(_functions(module) or ['build'])[0]}, or define "
            f"two styles in it: functions named {', '.join(STYLES)}. It has {', '.join(_functions(module)) or 'none'}"
        )
    return [source(f"{text}:{style}") for style in sorted(there, key="functional".__ne__)]


def source(given: Any) -> Source:
    """Return the source of a model: "FILE.py:FUNCTION", a saved file, a function without arguments, or a model.

    Raises
    ------
    CannotTellError
        If it is none of these, or there is no such file or function.
    """
    if isinstance(given, keras.Model):
        return Source(given.name, lambda: given, has_values=True)
    if callable(given):
        _require_no_arguments(given, getattr(given, "__qualname__", repr(given)))
        return Source(_function_name(given), given, sys.modules.get(getattr(given, "__module__", "")))
    text = str(given)
    if _is_saved(text):
        if not Path(text).exists():
            raise CannotTellError(f"{text}: no such file")
        return Source(text, lambda: keras.models.load_model(text), has_values=True)
    module, function = load_function(text)
    _require_no_arguments(function, text)
    return Source(text, function, module)


def load_function(text: str) -> tuple[ModuleType, Callable[..., Any]]:
    """Return the function that "FILE.py:FUNCTION" or "package.module:FUNCTION" names, and its module.

    Raises
    ------
    CannotTellError
        If there is no such file or function.
    """
    file, _, name = text.rpartition(":")
    if not file and Path(text).is_file() and text.endswith(".py"):
        there = _functions(load_module(text)) or ["build"]
        raise CannotTellError(f"{text}: name a function of it, such as {text}:{there[0]}; it has {', '.join(there)}")
    if not file:
        raise CannotTellError(
            f"{text}: not a model; allowed: FILE.py:FUNCTION, package.module:FUNCTION, a saved {', '.join(SAVED)}"
        )
    module = load_module(file)
    function: Any = module
    for part in name.split("."):
        function = getattr(function, part, None)
    if isinstance(function, keras.Model):
        return module, lambda: function
    if not callable(function):
        if function is not None:
            raise CannotTellError(f"{text}: that is {_kind(function)}; name a function without arguments, or a model")
        functions = _functions(module)
        close = difflib.get_close_matches(name, functions, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise CannotTellError(
            f"{text}: {file} has no function {shown(name)}; {hint}It has {', '.join(functions) or 'none'}"
        )
    return module, function


def load_module(file: str) -> ModuleType:
    """Import a file, or a module by its dotted name; a file can import modules next to it and its own package.

    Raises
    ------
    CannotTellError
        If there is no such file or module.
    ModelError
        If it raises.
    """
    path = Path(file)
    if not path.is_file() and path.suffix != ".py" and "/" not in file:
        return _import(file, file)
    if not path.is_file():
        raise CannotTellError(f"{file}: {'this is a folder' if path.is_dir() else 'no such file'}")
    path = path.resolve()
    root, parts = path.parent, [path.stem]
    while (root / "__init__.py").is_file():
        root, parts = root.parent, [root.name, *parts]
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    name = ".".join(parts)
    present = sys.modules.get(name)
    if present is not None and getattr(present, "__file__", None) == str(path):
        return present
    if len(parts) > 1:
        return _import(name, file)
    # A unique name, so that two files with the same name, or one named like a library, stay separate.
    name = f"twinproof_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CannotTellError(f"{file}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    arguments, sys.argv = sys.argv, [str(path)]  # A script that parses arguments must not see those of twinproof.
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        del sys.modules[name]
        raise ModelError(f"importing {file}", error) from error
    finally:
        sys.argv = arguments
    return module


def _import(name: str, file: str) -> ModuleType:
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise CannotTellError(f"{file}: no such file, and no module of that name") from None
        raise ModelError(f"importing {file}", error) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ModelError(f"importing {file}", error) from error


def _is_saved(text: str) -> bool:
    path = Path(text)
    return path.suffix in SAVED or (path / "saved_model.pb").is_file()


def _function_name(function: Callable[..., Any]) -> str:
    name = getattr(function, "__qualname__", None) or getattr(getattr(function, "func", None), "__qualname__", "")
    return str(name).rpartition("<locals>.")[2] or repr(function)


def needed_arguments(function: Callable[..., Any]) -> list[str]:
    """Return the arguments of a function that have no default."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # Some functions written in C have none.
        return []
    return [
        one.name
        for one in parameters
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]


def _require_no_arguments(function: Callable[..., Any], name: str) -> None:
    needed = needed_arguments(function)
    if needed:
        raise CannotTellError(
            f"{name} needs the argument{'s' * (len(needed) > 1)} {', '.join(needed)}, but is called without any: give "
            "defaults, or write a function that calls it"
        )


def _functions(module: ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and getattr(value, "__module__", None) == module.__name__
    ]


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__module__}.{type(value).__qualname__}"
