from riskscreen.jit import compile_kernel


def test_a_kernel_runs_where_it_cannot_be_kept_on_disk():
    """A function without a file of its own has nowhere to be kept."""
    names = {}
    exec("def twice(n):\n    return 2 * n", names)
    assert compile_kernel(names["twice"])(21) == 42
