import json
import subprocess
import sys

import pytest

from riskscreen.jit import compile_kernel
from tests import small_site
from tests.live.asking import QUESTION

PROGRAM = """
import json
import sys
from pathlib import Path
from riskscreen.jit import interpret_kernels
if sys.argv[3] == "interpreted":
    interpret_kernels()
from riskscreen.scoring.approved_model import open_approved
model = open_approved(Path(sys.argv[1]))
question = json.loads(sys.argv[2])
answer = model.score_one(question["case"], question["history"])
print(answer.model_dump_json(exclude={"scored_at"}))
print("numba" in sys.modules, file=sys.stderr)
"""


def test_a_kernel_runs_where_it_cannot_be_kept_on_disk():
    """A function without a file of its own has nowhere to be kept."""
    names = {}
    exec("def twice(n):\n    return 2 * n", names)
    assert compile_kernel(names["twice"])(21) == 42


@pytest.mark.slow
def test_interpreted_and_compiled_kernels_give_a_case_the_same_bits(tmp_path):
    """Every digit of an answer, and one of the two ways without numba."""
    folder = small_site.approved_folder(tmp_path / "m", "lightgbm")

    def ask(way):
        words = [sys.executable, "-c", PROGRAM, str(folder), json.dumps(QUESTION), way]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        return done.stdout, done.stderr.splitlines()[-1]

    compiled, interpreted = ask("compiled"), ask("interpreted")
    assert compiled[0] == interpreted[0]
    assert json.loads(compiled[0])["status"] == "scored"
    assert (compiled[1], interpreted[1]) == ("True", "False")
