"""Texts of LightGBM models, written by hand or changed, with sizes that fit them."""

import re


def tree_text(names, *trees, infos=None):
    """A whole model's text; each of *trees* has the fields that a test cares about."""
    names = names.split()
    header = (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
        f"max_feature_idx={len(names) - 1}\nobjective=binary sigmoid:1\n"
        f"feature_names={' '.join(names)}\n"
        f"feature_infos={infos or ' '.join(['[-inf:inf]'] * len(names))}\n"
        "tree_sizes=\n\n"
    )
    parts = [f"Tree={n}\n{_fields(**tree)}\n\n\n" for n, tree in enumerate(trees)]
    return resized(header + "".join(parts) + "end of trees\n")


def _fields(*, leaf_value, cat_boundaries="", cat_threshold="", **own):
    leaves = len(leaf_value.split())
    nodes, zeros = leaves - 1, " ".join("0" * (leaves - 1))
    sets = max(len(cat_boundaries.split()) - 1, 0)
    fields = {
        "num_leaves": leaves,
        "num_cat": sets,
        "split_feature": zeros,
        "split_gain": zeros,
        "threshold": zeros,
        "decision_type": zeros,
        "left_child": "",
        "right_child": "",
        "leaf_value": leaf_value,
        "leaf_weight": " ".join("1" * leaves) if nodes else "",
        "leaf_count": "30",
        "internal_value": zeros,
        "internal_weight": zeros,
        "internal_count": "",
        **({"cat_boundaries": cat_boundaries} if sets else {}),
        **({"cat_threshold": cat_threshold} if sets else {}),
        "is_linear": 0,
        "shrinkage": 1,
    }
    assert set(own) <= set(fields)
    return "\n".join(f"{name}={value}" for name, value in (fields | own).items())


def resized(text):
    """*text* with the ``tree_sizes`` that its trees have."""
    body = text.partition("\n\n")[2].partition("end of trees")[0]
    parts = re.split(r"(?=^Tree=)", body, flags=re.MULTILINE)
    sizes = " ".join(str(len(part)) for part in parts if part)
    return re.sub(r"^tree_sizes=.*$", f"tree_sizes={sizes}", text, flags=re.MULTILINE)
