"""The faults: rows of the TOML files in this folder."""

import dataclasses
import pathlib
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@dataclasses.dataclass(frozen=True)
class Mutant:
    area: str
    name: str
    file: str
    old: str
    new: str
    unit: tuple = ()
    # Suites of these targets that are too slow to be run for each fault.
    skip: tuple = ()
    simulate: bool = False
    tests: tuple = ()
    survives: str = ""

    @property
    def title(self):
        return f"{self.area}: {self.name}"

    def problems(self, root=ROOT):
        """What is wrong with the row itself."""
        path = root / self.file
        text = path.read_text() if path.exists() else ""
        if text.count(self.old) != 1:
            yield f"{self.title}: the old text stands {text.count(self.old)} times in {self.file}"
        if self.old == self.new:
            yield f"{self.title}: the new text is the old one"
        for test in self.tests:
            name, _, function = test.partition("::")
            place = root / "Tests" / name
            if not place.exists() or (function and f"def {function}(" not in place.read_text()):
                yield f"{self.title}: there is no Tests/{test}"
        for target in self.unit:
            if not (root / "Tests" / target).is_dir():
                yield f"{self.title}: there is no Tests/{target}"
        if not (self.unit or self.tests):
            yield f"{self.title}: no test is named that should notice it"


def rows():
    found = []
    for path in sorted(HERE.glob("*.toml")):
        table = tomllib.loads(path.read_text())
        for row in table["mutant"]:
            row.setdefault("unit", table.get("unit", []))
            row["skip"] = table.get("skip", [])
            found.append(Mutant(
                area=path.stem, simulate=table.get("simulate", False),
                **{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}))
    return found
