"""Measure how quickly a stranger finds her way in the source, and write the table.

    python docs/figures.py                 # print the figures
    python docs/figures.py --list once     # what stands behind one of them
    python docs/figures.py --write         # write docs/explanation/house-figures.md
    python docs/figures.py --calls SITE    # what training and scoring call how often

A code line holds a token that is neither comment nor docstring; everything else is
counted on the syntax tree, so that no figure depends on how the code is formatted.
"""

import argparse
import ast
import io
import re
import sys
import threading
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FrameType

ROOT = Path(__file__).parents[1]

# A function's first word counts as a verb when it stands here: bare imperatives, and
# is, has, to and from, with which predicates and conversions begin. What is mostly a
# noun in our functions is left out (state, code, model, label, sample, mean).
VERBS = frozenset(
    """
    abbreviate accept add adjust admit aggregate align allow amend anonymise append
    apply apportion arrange ask assemble assert assign attach backtest blend block
    bootstrap break bridge build calibrate call capitalise carve categorise censor
    change check choose clamp classify clean clear clip close coarsen coerce
    collapse collect combine commit compare compile compose compute concat
    concatenate configure confirm connect consume contain contract convert copy
    correct count cover create cross cut decide declare decode decompose deduplicate
    define delete deliver depend derive describe design detect determine digest
    disable discard disclose divide download draw drop embed enable encode end
    enforce enrich ensure enter enumerate escape estimate evaluate examine exclude
    execute exit expand expect explain export extend extract fail fetch fill filter
    find finish fit flag flatten fold follow forbid force forget format freeze from
    gather generate give go grow guard guess handle has hash have hide hold identify
    ignore impute include index infer inherit init initialise insert inspect install
    integrate interpolate interpret intersect invert is isolate iterate join judge
    keep know lay lead learn leave limit link list load locate lock log look lower
    make map mark mask match measure meet mend merge mirror mix move must name need
    nest normalise note number omit open order pad paint parse partition pass patch
    pause permit permute pick place plot poll predict prefer prepare print process
    profile project promote propagate propose protect prove provide prune
    pseudonymise publish pull push put quantify quarantine quote raise rank read
    rebuild recalibrate recode record recover redact reduce refer refill refit
    refuse register regroup regularise reject release remember remove rename render
    repeat replace report represent request require resample reserve reset reshape
    resolve restore restrict return reuse reveal reverse review rewrite roll root
    rotate round route run save say scale scan score search seed select send
    separate serialise serve set shift show shrink shuffle sign simplify simulate
    skip smooth solve sort spell split spread stack standardise start stay stop
    store stratify strip subset substitute subtract suggest sum summarise supply
    suppress swap sweep synthesise take tell test think tidy tie to train transform
    translate transpose treat trim trust try tune turn unite unlock unpack unwind
    update upload use validate verify visit wait walk warn weigh widen wind
    winsorise withdraw wrap write yield zip
    """.split()
)
# Alone, or before "of", these are nouns: number_of, shift, end.
NOUNS_TOO = frozenset(
    """
    block change cover design digest end estimate forecast index limit list mark match
    measure name note number order place plot rank record report request return score
    search shift sign scale spread start step test use
    """.split()
)

# Terms that every data scientist searches for: code or documents should hold each.
TERMS = (
    "regularis",
    "hyperparameter",
    "cross-valid",
    "cross-fit",
    "out-of-fold",
    "early stopping",
    "hold-out|held-out|test set",
    "rolling origin|rolling-origin",
    "ablation",
    "multiplicity",
    "out-of-distribution",
    "monotone constraint",
    "label noise|label-noise",
    "censored",
    "competing event|competing risk",
    "false positive",
    "recalibration",
    "multi-state",
    "disclosure control",
    "ridge",
)
SKIPPED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
# A word of prose: no part of a path, a key, a name or a pattern.
_WORD = re.compile(r"(?<![\w./\\\[])[A-Za-zæøåÆØÅ]{2,}(?![\w./])")
Function = ast.FunctionDef | ast.AsyncFunctionDef
PAGE = "docs/explanation/house-figures.md"
HEAD = [
    "# What makes a stranger slow, counted",
    "",
    "Written by `python docs/figures.py --write`; the script says how each is counted.",
    "*22 November* is the same script on the last commit of that day. What was built",
    "since is counted too: six targets, deadlines, signed approvals, the service,",
    "Spark, reading any delivery, pseudonyms, writing safely. So four aims, set for",
    "the tree before all that, are not met: code lines, what `riskscreen score`",
    "imports, private functions named once, modules in training. What a score imports",
    "is what it can reach: each form that a delivery may come in, one case as JSON,",
    "the store, and the half of MLflow's registry that fetches a model; what only",
    "trains, approves or looks up stands apart. The functions are mostly steps of five",
    "lines or more.",
    "",
    "| figure | 22 November | where it should land | now |",
    "|---|---|---|---|",
]
ROOMS_HEAD = """
## What each room costs

A capability has a room or two, so its room's size is what it cost. All of src, with
the synthetic municipality: {total} code lines, where 26,000 were hoped for. The rooms
repeat little of one another; they are many, and each keeps what a delivery, a law or
a page asked for as a function of its own.

| room | code lines | modules | what it is |
|---|---:|---:|---|
"""
BEFORE = {
    "code lines of src, without the synthetic municipality": "17,239",
    "modules of it": "161",
    "the longest module": "332 (cli.py)",
    "what `riskscreen score` imports": "8,335 lines in 81 modules",
    "what training imports": "13,416 lines in 131 modules",
    "functions": "1,266",
    "functions whose name begins with a verb": "18% (226)",
    "private functions named in one place only, of all functions": "40% (511)",
    "public names with two homes or more, commands aside": "23",
    "file names that stand in two rooms or more": "16",
    "terms of the field that no search finds": "13 of 20",
    "comment lines per code line": "0.4%",
    "dataclasses": "166",
    "modules in training itself": "21",
    "modules in its rooms, beside the studies": "0",
    "words of the README": "2,675",
    "asserts on a sentence of five words or more": "99",
    "pages of documentation": "0",
}
AIM = {
    "code lines of src, without the synthetic municipality": "≤ 16,000",
    "what `riskscreen score` imports": "≤ 6,500 lines",
    "functions whose name begins with a verb": "≥ 55 %",
    "private functions named in one place only, of all functions": "≤ 15 %",
    "public names with two homes or more, commands aside": "≤ 5",
    "modules in training itself": "≤ 10, with its rooms",
    "the longest module": "≤ 400",
    "words of the README": "≤ 700",
    "comment lines per code line": "3-14 % elsewhere",
    "terms of the field that no search finds": "0",
}


def find_modules(root: Path) -> list[Path]:
    """Return the modules of the package, without the synthetic municipality."""
    package = root / "src/riskscreen"
    return sorted(
        path
        for path in package.rglob("*.py")
        if "synthetic" not in path.relative_to(package).parts
    )


@cache
def parse(path: Path) -> ast.Module:
    """Return the syntax tree of *path*."""
    return ast.parse(path.read_text("utf-8"))


@cache
def count_lines(path: Path) -> tuple[int, int]:
    """Return the code lines and the comment lines of *path*.

    A comment that only silences a linter or a type checker is none.
    """
    docstrings: set[int] = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(
            node, clean=False
        ):
            first = node.body[0]
            docstrings |= set(range(first.lineno, (first.end_lineno or 0) + 1))
    code: set[int] = set()
    comments = 0
    for token in tokenize.generate_tokens(
        io.StringIO(path.read_text("utf-8")).readline
    ):
        if token.type == tokenize.COMMENT:
            comments += not re.match(r"#\s*(noqa|type:|pragma|fmt:)", token.string)
        elif token.type not in SKIPPED:
            code |= set(range(token.start[0], token.end[0] + 1))
    return len(code - docstrings), comments


def list_functions(path: Path) -> Iterator[Function]:
    """Yield every function and method of *path* that is named by its writer.

    Properties are nouns and double-underscored methods are Python's: both are left out.
    """
    for node in ast.walk(parse(path)):
        if isinstance(node, Function) and not (
            node.name.startswith("__") or any(map(_is_property, node.decorator_list))
        ):
            yield node


def _is_property(decorator: ast.expr) -> bool:
    name = decorator.attr if isinstance(decorator, ast.Attribute) else decorator
    return (name.id if isinstance(name, ast.Name) else name) in {
        "property",
        "cached_property",
        "setter",
    }


def begins_with_verb(name: str) -> bool:
    """Return whether *name* begins with a verb in the imperative.

    >>> begins_with_verb("_fit_logistic"), begins_with_verb("fitted_logistic")
    (True, False)
    """
    first, *rest = name.strip("_").split("_")
    return first in VERBS and not (
        rest[:1] == ["of"] or (not rest and first in NOUNS_TOO)
    )


def close_over_imports(root: Path, command: str, fallback: str) -> dict[Path, str]:
    """Return the modules that *command* imports, each with who imports it first.

    Of the module of ``cli`` that has the command there counts what stands at its head,
    in the command, and in the functions that the command calls there; of every other
    module each import does, wherever it stands: an import within a function is no
    smaller closure. Where there is no such command, the module *fallback* is where to
    start.
    """
    source = root / "src"
    found: dict[Path, str] = {}
    parts: list[ast.AST] = []
    fronts = [source / "riskscreen/__init__.py", source / "riskscreen/cli/__init__.py"]
    for cli in (*source.glob("riskscreen/cli.py"), *source.glob("riskscreen/cli/*.py")):
        functions = {n.name: n for n in parse(cli).body if isinstance(n, Function)}
        if command in functions:
            head = [n for n in parse(cli).body if not isinstance(n, Function)]
            parts = [*head, *_follow_calls(functions, command)]
            found[cli] = "the command line"
    parts = parts or [parse(root / fallback)]
    pending = [(name, command) for part in parts for name in list_imports(part)]
    while pending:
        name, importer = pending.pop(0)
        for path in _find_files(source, name):
            if path in found:
                continue
            found[path] = importer
            # The fronts offer load_model and every command to whoever asks.
            if path not in fronts:
                pending += [(n, shorten(path)) for n in list_imports(parse(path))]
    return found


def _follow_calls(functions: dict[str, Function], first: str) -> list[Function]:
    """Return *first* and the *functions* that it names, and that those name."""
    waiting, seen = [first], dict[str, Function]()
    while waiting:
        name = waiting.pop()
        if name in functions and name not in seen:
            seen[name] = functions[name]
            names = (n for n in ast.walk(functions[name]) if isinstance(n, ast.Name))
            waiting += [n.id for n in names]
    return list(seen.values())


def list_imports(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names that *tree* imports, but for those of a type checker."""
    for node in _walk_at_run_time(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _walk_at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    children = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        children = iter(node.orelse)
    for child in children:
        yield from _walk_at_run_time(child)


def _find_files(source: Path, name: str) -> Iterator[Path]:
    """Yield the module of *name*, or the one that holds it, and those above it."""
    words = name.split(".")
    if not words[0].startswith("riskscreen"):
        return
    for length in range(1, len(words) + 1):
        stem = source.joinpath(*words[:length])
        for path in (stem / "__init__.py", stem.with_suffix(".py")):
            if path.is_file():
                yield path


def find_called_once(modules: list[Path]) -> list[str]:
    """Return the private functions that are named exactly once, as ``file: name``.

    A name is private to its module, so it is looked for there.
    """
    once = []
    for path in modules:
        named = Counter(
            node.id if isinstance(node, ast.Name) else node.attr
            for node in ast.walk(parse(path))
            if isinstance(node, ast.Name | ast.Attribute)
        )
        once += [
            f"{path.name}: {f.name}"
            for f in list_functions(path)
            if f.name.startswith("_") and named[f.name] == 1
        ]
    return once


def find_homes(modules: list[Path]) -> dict[str, list[str]]:
    """Return the public functions and classes that two or more modules define.

    A command's function must be named as the command is, so it is no home of its own.
    """
    homes: dict[str, set[str]] = defaultdict(set)
    for path in (p for p in modules if "cli" not in (p.stem, p.parent.name)):
        for node in parse(path).body:
            if isinstance(node, Function | ast.ClassDef) and node.name[0] != "_":
                homes[node.name].add(shorten(path))
    return {n: sorted(paths) for n, paths in sorted(homes.items()) if len(paths) > 1}


def shorten(path: Path) -> str:
    """Return *path* as it stands within the package."""
    return path.as_posix().split("src/riskscreen/")[-1]


def find_unsearchable(root: Path) -> list[str]:
    """Return the field's terms that neither code nor documents hold."""
    documents = [root / "README.md", *root.glob("docs/**/*.md")]
    paths = [*find_modules(root), *root.glob("models/*.toml"), *documents]
    texts = [p.read_text("utf-8").lower() for p in paths if p.is_file()]
    # Code says cross_validate, prose cross-validation.
    whole = re.sub(r"[_\s-]+", " ", "\n".join(texts))
    return [
        term
        for term in TERMS
        if not any(word.replace("-", " ") in whole for word in term.split("|"))
    ]


def list_sentences(root: Path) -> list[str]:
    """Return the asserts of the tests that stand on a text of five words or more.

    A line each, with its place and the first such text.
    """
    found = []
    for path in sorted(root.glob("tests/**/*.py")):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Assert):
                asserted: ast.expr = node.test
            elif isinstance(node, ast.keyword) and node.arg == "match":
                asserted = node.value
            else:
                continue
            texts = (n.value for n in ast.walk(asserted) if isinstance(n, ast.Constant))
            said = (t for t in texts if isinstance(t, str) and is_sentence(t))
            if sentence := next(said, None):
                place = f"{path.relative_to(root)}:{asserted.lineno}"
                found.append(f"{place}: {sentence!r}")
    return found


def is_sentence(text: str) -> bool:
    """Return whether *text* has five words of prose.

    >>> is_sentence("no decision may rest on"), is_sentence("out/a_b/c.csv or --by x")
    (True, False)
    """
    return len(_WORD.findall(text)) >= 5


def count_dataclasses(modules: list[Path]) -> int:
    """Return how many classes of *modules* are dataclasses."""
    return sum(
        any("dataclass" in ast.unparse(d) for d in node.decorator_list)
        for path in modules
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ClassDef)
    )


def count_pages(root: Path) -> int:
    """Count the pages of documentation that people write: what is made is no page."""
    return sum(p.parent.name != "made" for p in root.glob("docs/**/*.md"))


def measure(root: Path) -> dict[str, str]:
    """Return each figure of the tree at *root*, ready to print."""
    modules = find_modules(root)
    functions = [f for path in modules for f in list_functions(path)]
    once = find_called_once(modules)
    stems = Counter(p.stem for p in modules if p.stem != "__init__")
    code, comments = (sum(c) for c in zip(*map(count_lines, modules), strict=True))
    longest = max(modules, key=lambda p: count_lines(p)[0])
    training = list((root / "src/riskscreen/training").rglob("[!_]*.py"))
    alone = [p for p in training if p.parent.name == "training"]
    others = [p for p in training if p.parent.name != "studies"]
    readme = (root / "README.md").read_text("utf-8")
    return {
        "code lines of src, without the synthetic municipality": f"{code:,}",
        "modules of it": f"{len(modules)}",
        "the longest module": f"{count_lines(longest)[0]} ({shorten(longest)})",
        "what `riskscreen score` imports": _add_up(find_score_imports(root)),
        "what training imports": _add_up(find_train_imports(root)),
        "functions": f"{len(functions):,}",
        "functions whose name begins with a verb": _share(
            sum(begins_with_verb(f.name) for f in functions), len(functions)
        ),
        "private functions named in one place only, of all functions": _share(
            len(once), len(functions)
        ),
        "public names with two homes or more, commands aside": (
            f"{len(find_homes(modules))}"
        ),
        "file names that stand in two rooms or more": (
            f"{sum(n > 1 for n in stems.values())}"
        ),
        "terms of the field that no search finds": (
            f"{len(find_unsearchable(root))} of {len(TERMS)}"
        ),
        "comment lines per code line": f"{comments / code:.1%}",
        "dataclasses": f"{count_dataclasses(modules)}",
        "modules in training itself": f"{len(alone)}",
        "modules in its rooms, beside the studies": f"{len(others) - len(alone)}",
        "words of the README": f"{len(readme.split()):,}",
        "asserts on a sentence of five words or more": f"{len(list_sentences(root))}",
        "pages of documentation": f"{count_pages(root)}",
    }


def list_rooms(root: Path) -> list[tuple[str, int, int, str]]:
    """Return each room of src, largest first: name, code lines, modules, what it is.

    What it is is the first sentence of its docstring; the modules that lie in no room
    are one line together.
    """
    source = root / "src"
    rooms: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).parts
        inside = parts[0] == "riskscreen" and len(parts) > 2
        rooms["/".join(parts[: 1 + inside])].append(path)
    listed = []
    for name, paths in rooms.items():
        head = ast.get_docstring(parse(source / name / "__init__.py")) or ""
        told = "what lies in no room" if name == "riskscreen" else head.split("\n")[0]
        listed.append(
            (name, sum(count_lines(path)[0] for path in paths), len(paths), told)
        )
    return sorted(listed, key=lambda room: -room[1])


def find_score_imports(root: Path) -> dict[Path, str]:
    """Return the modules of src that ``riskscreen score`` imports."""
    return close_over_imports(root, "score", "pipelines/score.py")


def find_train_imports(root: Path) -> dict[Path, str]:
    """Return the modules of src that a training imports."""
    return close_over_imports(root, "train", "pipelines/train.py")


def _add_up(paths: Iterable[Path]) -> str:
    paths = list(paths)
    lines = sum(count_lines(path)[0] for path in paths)
    return f"{lines:,} lines in {len(paths)} modules"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%} ({part})"


def list_behind(root: Path, figure: str) -> list[str]:
    """Return what stands behind one figure, a line each."""
    modules = find_modules(root)
    if figure == "once":
        return find_called_once(modules)
    if figure == "homes":
        return [f"{n}: {', '.join(p)}" for n, p in find_homes(modules).items()]
    if figure == "sentences":
        return list_sentences(root)
    if figure == "terms":
        return find_unsearchable(root)
    if figure == "score":
        return [
            f"{count_lines(path)[0]:4} {shorten(path)} (first for {importer})"
            for path, importer in find_score_imports(root).items()
        ]
    return [
        f"{shorten(path)}: {f.name}"
        for path in modules
        for f in list_functions(path)
        if not begins_with_verb(f.name)
    ]


def count_calls(site: Path, target: str) -> dict[str, int]:
    """Return how often one training, and then a scoring, call what should run seldom.

    Of this checkout alone, and of *site*, a site's folder: `out/site` of the demo. Of
    the scoring counts what is called while a part is scored (``count_part_calls``).
    """
    from riskscreen.clock import read_clock
    from riskscreen.features.build import build_features
    from riskscreen.history.index import index_spells
    from riskscreen.outcomes.derive import derive_outcomes
    from riskscreen.readers.site import read_site
    from riskscreen.scoring.batch import Delivery, score_files
    from riskscreen.spec import SHIPPED_MODELS, read_specification
    from riskscreen.training import evaluate_model, prepare, train

    spec = read_specification(SHIPPED_MODELS / f"{target}.toml")
    read = read_site(site)
    watched = [f.__code__ for f in (index_spells, derive_outcomes, build_features)]
    with watch_calls(watched) as calls:
        dataset = prepare(spec, read)
        result = train(dataset)
        evaluate_model(result, dataset)
    delivered = Delivery(read.intake(target), read.history(), read.extract_date)
    with TemporaryDirectory() as folder:
        out = Path(folder) / "scores"
        scoring = count_part_calls(
            lambda: score_files(
                result.model, delivered, out=out, scored_at=read_clock().isoformat()
            )
        )
    return {code.co_name: times for code, times in calls.items()} | scoring


def count_part_calls(score: Callable[[], object]) -> dict[str, int]:
    """Return how many parts *score* scores, and how often it builds a part's matrix."""
    from riskscreen.model.estimators.design import Design
    from riskscreen.scoring.scorer import Scorer

    part, columns = Scorer.score.__code__, Design.fill_columns.__code__
    with watch_calls([part, columns], within={columns: part}) as calls:
        score()
    return {
        "parts scored": calls[part],
        "design matrices built for them": calls[columns],
    }


@contextmanager
def watch_calls(
    functions: Iterable[CodeType], *, within: Mapping[CodeType, CodeType] | None = None
) -> Iterator[Counter[CodeType]]:
    """Count the calls of *functions*, given by their code, in the block.

    Of one that stands in *within* only the calls that its function there leads to.
    """
    counts = Counter(dict.fromkeys(functions, 0))
    leads = within or {}

    def note_call(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code in counts:
            counts[code] += code not in leads or _is_called_by(frame, leads[code])

    threading.setprofile(note_call)
    sys.setprofile(note_call)
    try:
        yield counts
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _is_called_by(frame: FrameType | None, function: CodeType) -> bool:
    while frame is not None and frame.f_code is not function:
        frame = frame.f_back
    return frame is not None


def write_page(figures: dict[str, str], rooms: list[tuple[str, int, int, str]]) -> str:
    """Return the page: each figure before, the aim, and now; and the rooms by size."""
    rows = [
        f"| {name} | {BEFORE[name]} | {AIM.get(name, '–')} | {now} |"
        for name, now in figures.items()
    ]
    sizes = [f"| `{name}` | {n:,} | {m} | {told} |" for name, n, m, told in rooms]
    total = sum(lines for _, lines, _, _ in rooms)
    return "\n".join(
        [*HEAD, *rows, ROOMS_HEAD.format(total=f"{total:,}").rstrip("\n"), *sizes, ""]
    )


def main() -> None:
    """Print the figures, what stands behind one, or write the page."""
    parser = argparse.ArgumentParser(description="What makes a stranger slow.")
    parser.add_argument("--tree", type=Path, default=ROOT, help="another checkout")
    parser.add_argument(
        "--list", choices=["once", "nouns", "homes", "terms", "score", "sentences"]
    )
    parser.add_argument("--calls", type=Path, metavar="SITE", help="a site's folder")
    parser.add_argument("--target", default="long_benefit", help="of the training")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE}")
    given = parser.parse_args()
    if given.calls:
        calls = count_calls(given.calls, given.target)
        print(*(f"{name}: {times}" for name, times in calls.items()), sep="\n")
        return
    if given.list:
        print(*list_behind(given.tree, given.list), sep="\n")
        return
    figures = measure(given.tree)
    if given.write:
        (ROOT / PAGE).write_text(write_page(figures, list_rooms(given.tree)), "utf-8")
    width = max(map(len, figures))
    print(*(f"{name:{width}}  {now}" for name, now in figures.items()), sep="\n")


if __name__ == "__main__":
    main()
