"""The shape of the code: small files, no engine in the harness, no cycles between modules."""

import ast
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {"sdzero_bench": "sdzero_bench", "backends": "sdzero_backends", "tasks": "sdzero_tasks"}
ENGINES = {"accelerate", "vllm", "deepspeed"}


def modules() -> dict[str, Path]:
    found = {}
    for folder, package in PACKAGES.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            found[".".join([package, *(part for part in parts if part != "__init__")])] = path
    return found


MODULES = modules()


def imports(path: Path) -> set[str]:
    """Every imported name, at any depth of the file, but for those only a type checker sees."""
    names: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text()))
    return names


def test_no_cycle_between_modules() -> None:
    graph = {name: imports(path) & set(MODULES) - {name} for name, path in MODULES.items()}
    assert sum(map(len, graph.values())) > 100  # the reading of imports works
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_harness_imports_no_engine() -> None:
    for name, path in MODULES.items():
        if name.startswith("sdzero_bench"):
            roots = {imported.partition(".")[0] for imported in imports(path)}
            assert not roots & (ENGINES | {"sdzero_backends"}), name


def test_engines_know_no_method() -> None:
    for name, path in MODULES.items():
        if name.startswith("sdzero_backends"):
            assert not any(imported.startswith("sdzero_bench.methods") for imported in imports(path)), name


def test_methods_read_and_write_no_files() -> None:
    for name, path in MODULES.items():
        if name.startswith("sdzero_bench.methods"):
            roots = {imported.partition(".")[0] for imported in imports(path)}
            assert not roots & {"os", "io", "pathlib", "json", "pyarrow", "pandas", "shutil"}, name


def test_every_package_is_installed() -> None:
    """The list in pyproject.toml: an editable install works without it, a wheel does not."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    packages = {name.rpartition(".")[0] or name for name, path in MODULES.items() if path.name != "__init__.py"}
    packages |= {name for name, path in MODULES.items() if path.name == "__init__.py"}
    assert set(listed) == packages | {"sdzero_results"}  # no code in it


def test_no_file_above_400_lines() -> None:
    for path in [*MODULES.values(), *(ROOT / "tests").rglob("*.py")]:
        assert len(path.read_text().splitlines()) <= 400, path
